#include "sim/cli/run_progress.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "sim/cli/figures.hpp"
#include "sim/run/heartbeat.hpp"

namespace mhp::cli {

namespace {

using std::chrono::steady_clock;

constexpr double kQuiet = 2;          // seconds of a run that nobody waits for
constexpr double kLong = 3600;        // seconds of a run that somebody should know of
constexpr double kEnoughToTell = 30;  // seconds after which a pace is one
constexpr std::chrono::milliseconds kRefresh{200};

std::string duration(double seconds) {
  if (seconds >= 2 * 3600) return fmt::format("{:.0f} h", seconds / 3600);
  return seconds >= 120 ? fmt::format("{:.0f} min", seconds / 60)
                        : fmt::format("{:.0f} s", seconds);
}

std::string simulated(SimTime time) { return human(static_cast<double>(time.value), Unit::ns); }

bool takes_half_of_memory(double& gigabytes) {
  rusage used = {};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return false;
  const double has =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  const double takes = static_cast<double>(used.ru_maxrss) * 1024;
  gigabytes = takes / static_cast<double>(kGiB);
  return has > 0 && takes > has / 2;
}

}  // namespace

double RunPace::share() const {
  if (end.value <= 0 || now >= end) return 0;
  return static_cast<double>(now.value) / static_cast<double>(end.value);
}

double RunPace::seconds_left() const { return share() > 0 ? seconds / share() - seconds : 0; }

std::string RunPace::text() const {
  std::string out = simulated(now);
  if (share() > 0) out += fmt::format(" of {} ({:.0f} %)", simulated(end), 100 * share());
  out += fmt::format(" simulated, {} events", events);
  if (planned > 0) out += fmt::format(", {} of {} blocks online", online, planned);
  if (seconds_left() > 0) out += fmt::format(", {} left", duration(seconds_left()));
  return out;
}

SimTime planned_end(const config::Scenario& scenario) {
  if (scenario.run.until.value > 0) return scenario.run.until;
  // In doubles: what a scenario plans may lie beyond the time that can be counted.
  double last = 0;
  for (const config::Hotplug& h : scenario.hotplug)
    last =
        std::max(last, static_cast<double>(h.params.at.value) +
                           static_cast<double>(h.params.every.value) *
                               static_cast<double>(std::max<std::int64_t>(h.params.count, 1) - 1));
  last += static_cast<double>(scenario.run.settle.value);
  constexpr double kMost = 9e18;
  return SimTime{static_cast<std::int64_t>(std::min(last, kMost))};
}

RunProgress::RunProgress(const config::Scenario& scenario, bool wanted)
    : line_(wanted), start_(steady_clock::now()), shown_(start_) {
  pace_.end = planned_end(scenario);
}

run::RunResult RunProgress::simulate(const config::Scenario& scenario, run::RunOptions options) {
  options.progress = [this](std::int64_t online, std::int64_t planned, SimTime) {
    pace_.online = online;
    pace_.planned = planned;
  };
  return run::simulate(scenario, options, {}, [this](std::int64_t events, SimTime now) {
    pace_.events = events;
    pace_.now = now;
    look();
  });
}

void RunProgress::look() {
  const auto now = steady_clock::now();
  pace_.seconds = std::chrono::duration<double>(now - start_).count();
  if (pace_.seconds < kQuiet || now - shown_ < kRefresh) return;
  shown_ = now;
  line_.show(pace_.text());
  if (!told_time_ && pace_.seconds >= kEnoughToTell && pace_.seconds_left() > kLong) {
    told_time_ = true;
    note(fmt::format("this run will take about {}: {}; a shorter until ends it earlier",
                     duration(pace_.seconds + pace_.seconds_left()), pace_.text()));
  }
  if (double gigabytes = 0; !told_memory_ && takes_half_of_memory(gigabytes)) {
    told_memory_ = true;
    note(fmt::format("this run takes {:.1f} GiB, more than half of this machine's memory",
                     gigabytes));
  }
}

void RunProgress::note(const std::string& text) {
  line_.show("");
  fmt::print(stderr, "note: {}\n", text);
}

}  // namespace mhp::cli
