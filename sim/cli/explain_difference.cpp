#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "sim/cli/explain_view.hpp"
#include "sim/cli/figures.hpp"
#include "sim/run/explain/difference.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;
using run::Mechanism;
using run::RecordedRun;

SimTime value_of(const RecordedRun& run, const std::string& metric) {
  SimTime all;
  for (const run::Amounts& a : run.find(metric)->amounts) all += a.time();
  return all;
}

std::vector<Mechanism> mechanisms(const RecordedRun& a, const RecordedRun& b,
                                  const std::string& metric) {
  return run::difference_of(a.times, *a.find(metric), b.times, *b.find(metric));
}

std::string signed_time(SimTime t) {
  return (t.value > 0 ? "+" : "") + human(static_cast<double>(t.value), Unit::ns);
}

std::string each(std::int64_t ps) { return human(static_cast<double>(ps) / 1000, Unit::ns); }

/// "133,694,464 more contiguity_check at 68.3 ns each (2.00 times as many)".
std::string count_text(const Mechanism& m) {
  const std::int64_t more = m.units_b - m.units_a;
  std::string out = fmt::format(
      "{} {} {} at {} each", human(static_cast<double>(std::abs(more)), Unit::one),
      more > 0 ? "more" : "fewer", m.name, each(m.units_a != 0 ? m.each_a_ps : m.each_b_ps));
  if (m.units_a == 0) return out + " (none before)";
  if (m.units_b == 0) return out + " (none left)";
  return out + fmt::format(" ({:.2f} times as many)",
                           static_cast<double>(m.units_b) / static_cast<double>(m.units_a));
}

std::string mechanism_text(const Mechanism& m) {
  const std::string change = fmt::format("{} instead of {}", each(m.each_b_ps), each(m.each_a_ps));
  switch (m.kind) {
    case Mechanism::Kind::count:
      return count_text(m);
    case Mechanism::Kind::price:
      return fmt::format("{}: {} of CPU time each", m.name, change);
    case Mechanism::Kind::latency:
      return fmt::format("{}: each waits {} for memory", m.name, change);
    case Mechanism::Kind::contention:
      return fmt::format("{}: others' traffic at controllers and links", m.name);
    case Mechanism::Kind::wait:
      return fmt::format(
          "{}: {} instead of {}", m.name,
          human(static_cast<double>(m.units_b) * static_cast<double>(m.each_b_ps) / 1000, Unit::ns),
          human(static_cast<double>(m.units_a) * static_cast<double>(m.each_a_ps) / 1000,
                Unit::ns));
  }
  return {};
}

/// Who did not reach the metric, a line each.
std::string not_reached(const RecordedRun& a, const RecordedRun& b, const std::string& metric) {
  std::string out;
  for (const auto& [name, run] : {std::pair{"A", &a}, std::pair{"B", &b}})
    if (run->find(metric) == nullptr)
      out += fmt::format("{} ({}, {}) did not reach {}: {}{}\n", name, run->study,
                         placement_text(run->placement), metric, run->outcome,
                         run->reason.empty() ? "" : " (" + run->reason + ")");
  return out;
}

std::string run_text(const RecordedRun& run) {
  return fmt::format("{}, {}, seed {}", run.study, placement_text(run.placement), run.seed);
}

}  // namespace

std::string difference_text(const RecordedRun& a, const RecordedRun& b, const std::string& metric) {
  if (const std::string who = not_reached(a, b, metric); !who.empty()) return who;
  const SimTime from = value_of(a, metric);
  const SimTime to = value_of(b, metric);
  std::string out =
      fmt::format("A: {}\nB: {}\n\n{}: {} -> {}, {}\n", run_text(a), run_text(b), metric,
                  human(static_cast<double>(from.value), Unit::ns),
                  human(static_cast<double>(to.value), Unit::ns), signed_time(to - from));
  // Mechanisms that do not show at the precision of the largest are told together.
  const auto all = mechanisms(a, b, metric);
  SimTime small;
  std::size_t count = 0;
  for (const Mechanism& m : all) {
    if (std::abs(m.time.value) * 1000 < std::abs(all.front().time.value)) {
      small += m.time;
      ++count;
      continue;
    }
    out += fmt::format("  {:>10}  {:<8} {}\n", signed_time(m.time), m.phase, mechanism_text(m));
  }
  if (count > 0)
    out += fmt::format("  {:>10}  {} smaller mechanism{}\n", signed_time(small), count,
                       count == 1 ? "" : "s");
  return out;
}

std::string difference_json(const RecordedRun& a, const RecordedRun& b, const std::string& metric) {
  ordered_json out{{"schema", "mhpsim-explain-difference/1"}};
  for (const auto& [key, run] : {std::pair{"a", &a}, std::pair{"b", &b}}) {
    out[key] = {{"scenario", run->study}, {"placement", run->placement}};
    if (const auto note = placement_note(run->placement); !note.empty()) out[key]["note"] = note;
    if (!run->kernel_note.empty()) out[key]["kernel_note"] = run->kernel_note;
    out[key]["seed"] = run->seed;
    out[key]["outcome"] = run->outcome;
    out[key]["reason"] = run->reason;
    out[key]["value"] = nullptr;
    if (run->find(metric) != nullptr) out[key]["value"] = value_of(*run, metric).value;
  }
  out["metric"] = metric;
  out["difference"] = nullptr;
  out["mechanisms"] = ordered_json::array();
  if (a.find(metric) == nullptr || b.find(metric) == nullptr) return out.dump(2) + "\n";
  out["difference"] = (value_of(b, metric) - value_of(a, metric)).value;
  for (const Mechanism& m : mechanisms(a, b, metric))
    out["mechanisms"].push_back({{"kind", run::mechanism_name(m.kind)},
                                 {"phase", m.phase},
                                 {"name", m.name},
                                 {"time", m.time.value},
                                 {"units_a", m.units_a},
                                 {"units_b", m.units_b},
                                 {"each_a_ps", m.each_a_ps},
                                 {"each_b_ps", m.each_b_ps}});
  return out.dump(2) + "\n";
}

}  // namespace mhp::cli
