#include "analysis/validation/host/sampling.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace mhp::host {

namespace {

constexpr double kMostAway = 0.03;
/// Not counted as away: the first look at the clocks may have to fetch their code from memory.
constexpr double kClocksNs = 5000;
constexpr int kLeastRounds = 3;
/// Undisturbed pieces that are enough for a median, and how often a phase is repeated for them.
constexpr std::size_t kEnoughPieces = 5;
constexpr int kMostTries = 4;

double clock_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// A thread that does pieces until the object goes.
class Competitor {
 public:
  Competitor(const Host& host, Beside work)
      : work_(std::move(work)), thread_([this, &host] { loop(host); }) {
    while (!working_) std::this_thread::yield();
    if (pthread_getcpuclockid(thread_.native_handle(), &clock_) != 0)
      clock_ = CLOCK_MONOTONIC;  // then it counts as never away
  }
  Competitor(const Competitor&) = delete;
  Competitor& operator=(const Competitor&) = delete;
  ~Competitor() {
    stop_ = true;
    thread_.join();
  }
  double cpu_ns() const { return clock_ns(clock_); }
  bool pinned() const { return pinned_; }

 private:
  void loop(const Host& host) {
    pinned_ = host.pin(work_.cpu);
    for (work_.piece(); !stop_; work_.piece()) working_ = true;
    working_ = true;
  }

  Beside work_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> working_{false};
  std::atomic<bool> pinned_{false};
  clockid_t clock_{};
  std::thread thread_;
};

/// The median of a phase's pieces, nanoseconds a unit, and whether they were undisturbed.
struct PhaseTimes {
  double ns = 0;
  bool quiet = true;
};

using Competitors = std::vector<std::unique_ptr<Competitor>>;

/// CPU times of the threads and the wall clock, read together.
struct Clocks {
  double wall;
  double own;
  std::vector<double> others;

  explicit Clocks(const Competitors& beside)
      : wall(clock_ns(CLOCK_MONOTONIC)), own(clock_ns(CLOCK_THREAD_CPUTIME_ID)) {
    for (const auto& c : beside) others.push_back(c->cpu_ns());
  }
  /// Whether a thread was away from its processor for long since `before`.
  bool disturbed_since(const Clocks& before) const {
    const double least = (wall - before.wall) * (1 - kMostAway) - kClocksNs;
    if (own - before.own < least) return true;
    for (std::size_t i = 0; i < others.size(); ++i)
      if (others[i] - before.others[i] < least) return true;
    return false;
  }
};

/// Times a phase; if too few pieces were undisturbed it goes on for a while.
PhaseTimes time_phase(Phase& phase, const Competitors& beside, Series& series) {
  if (phase.prepare) phase.prepare();
  std::vector<double> quiet;
  std::vector<double> all;
  const int most = phase.pieces == 1 ? 1 : phase.pieces * kMostTries;
  for (int i = 0; i < most; ++i) {
    if (i >= phase.pieces && quiet.size() >= kEnoughPieces) break;
    if (phase.ahead) phase.ahead();
    const Clocks before(beside);
    const double start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    const std::int64_t units = phase.piece();
    const double each = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / static_cast<double>(units);
    all.push_back(each);
    if (!Clocks(beside).disturbed_since(before)) quiet.push_back(each);
  }
  series.samples += static_cast<std::int64_t>(all.size());
  series.disturbed += static_cast<std::int64_t>(all.size() - quiet.size());
  return {quantile(quiet.empty() ? all : quiet, 0.5), !quiet.empty()};
}

/// One repetition; returns whether its threads were pinned.
bool repeat(const Host& host, Bench& bench) {
  Competitors beside;
  for (const Beside& b : bench.beside) beside.push_back(std::make_unique<Competitor>(host, b));
  double sum = 0;
  bool quiet = true;
  for (Phase& phase : bench.phases) {
    const PhaseTimes t = time_phase(phase, beside, *bench.series);
    sum += t.ns;
    quiet = quiet && t.quiet;
  }
  (quiet ? bench.series->repetitions : bench.series->disturbed_repetitions).push_back(sum);
  bool pinned = true;
  for (const auto& c : beside) pinned = pinned && c->pinned();
  return pinned;
}

}  // namespace

bool run_rounds(const Host& host, unsigned cpu, std::vector<Bench>& benches, double seconds,
                const Progress& progress) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  bool pinned = host.pin(cpu);
  // The next round takes about as long as those so far.
  for (int round = 0; round < kLeastRounds || passed() * (round + 1) / round < seconds; ++round) {
    progress(fmt::format("round {}: {:.1f} of {:.1f} s", round + 1, passed(), seconds));
    for (Bench& bench : benches) pinned = repeat(host, bench) && pinned;
  }
  host.unpin();
  for (Bench& bench : benches) {
    Series& s = *bench.series;
    if (s.repetitions.empty()) std::swap(s.repetitions, s.disturbed_repetitions);
  }
  return pinned;
}

}  // namespace mhp::host
