#include "sim/report/sentences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "sim/core/units.hpp"
#include "sim/report/run_parts.hpp"
#include "sim/run/explain/difference.hpp"
#include "sim/run/explain/resting.hpp"
#include "sim/run/result/metric/record.hpp"

namespace mhp::report {

namespace {

std::string bytes_for_people(double value) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t u = 0;
  for (; std::abs(value) >= 1024 && u + 1 < kUnits.size(); ++u) value /= 1024;
  return fmt::format("{:.4g} {}", value, kUnits[u]);
}

std::string count_for_people(double value) {
  std::string digits = fmt::format("{:.0f}", std::abs(value));
  for (std::ptrdiff_t i = std::ssize(digits) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return (value < 0 ? "-" : "") + digits;
}

std::string time(SimTime t) { return for_people(static_cast<double>(t.value), "ns"); }

std::string reason_text(const RunInput& run) {
  return run.run.reason.empty() ? run.run.outcome
                                : fmt::format("{}: {}", run.run.outcome, run.run.reason);
}

/// The worst run of a column is told: the first that is not ok, else the first.
const RunInput& told(const Inputs& in, const std::string& column) {
  const auto runs = in.of(column);
  const auto it = std::find_if(runs.begin(), runs.end(),
                               [](const RunInput* r) { return r->run.outcome != "ok"; });
  return it == runs.end() ? *runs.front() : **it;
}

/// How sure a difference is.
std::string chance_text(const study::Difference& d, std::size_t pairs, const std::string& unit) {
  if (!d.significant) return " (one run each, so nothing is known of chance)";
  if (*d.significant)
    return fmt::format(", in {} pairs of replicates more than chance (95 %)", pairs);
  return fmt::format("; in {} pairs of replicates that may be chance (95 % interval {} to {})",
                     pairs, for_people(*d.abs.lo, unit), for_people(*d.abs.hi, unit));
}

void speed(const Inputs& in, const TableRow& row, std::vector<std::string>& out) {
  const std::string& base = in.columns.front();
  const std::string unit(word(row.figure.unit));
  if (in.columns.size() == 1) {
    if (row.values[0])
      out.push_back(fmt::format("With {} all memory is usable {} after it was announced.", base,
                                for_people(row.values[0]->centre(), unit)));
    return;
  }
  for (std::size_t i = 1; i < in.columns.size(); ++i) {
    const std::string& column = in.columns[i];
    if (!row.values[i] && !row.values[0]) continue;
    if (!row.values[i] || !row.values[0]) {
      out.push_back(
          fmt::format("With {} all memory is usable after {}; with {} it never is.",
                      row.values[i] ? column : base,
                      for_people((row.values[i] ? row.values[i] : row.values[0])->centre(), unit),
                      row.values[i] ? base : column));
      continue;
    }
    const auto& d = row.against[i];
    const std::string both = fmt::format("With {} all memory is usable after {}, with {} after {}",
                                         column, for_people(row.values[i]->centre(), unit), base,
                                         for_people(row.values[0]->centre(), unit));
    if (!d || d->abs.centre() == 0) {
      out.push_back(both + ": no difference.");
      continue;
    }
    out.push_back(
        fmt::format("{}: {}{} {}{}.", both, for_people(std::abs(d->abs.centre()), unit),
                    d->rel ? fmt::format(" ({:.1f} %)", 100 * std::abs(*d->rel)) : "",
                    d->abs.centre() > 0 ? "later" : "sooner",
                    chance_text(*d, std::min(in.of(column).size(), in.of(base).size()), unit)));
  }
}

void failures(const Inputs& in, std::vector<std::string>& out) {
  for (const std::string& column : in.columns)
    if (const RunInput& run = told(in, column); run.run.outcome != "ok")
      out.push_back(fmt::format("{} ends with {}.", column, reason_text(run)));
}

/// What memory each column takes, where they differ.
void memory(const Inputs& in, const std::vector<TableRow>& table, std::vector<std::string>& out) {
  const auto page = static_cast<double>(page_bytes(in.runs.front()));
  const auto tell = [&](const char* metric, const char* what) {
    const TableRow* row = find_row(table, metric);
    if (row == nullptr || row->all_zero()) return;
    const bool pages = row->figure.unit == Unit::page;
    if (pages && page == 0) return;
    std::vector<std::string> parts;
    std::set<double> values;
    for (std::size_t i = 0; i < in.columns.size(); ++i) {
      if (!row->values[i]) continue;
      values.insert(row->values[i]->centre());
      parts.push_back(fmt::format("{} with {}",
                                  bytes_for_people(row->values[i]->centre() * (pages ? page : 1)),
                                  in.columns[i]));
    }
    if (parts.empty() || (in.columns.size() > 1 && values.size() < 2)) return;
    out.push_back(fmt::format("{}: {}.", what, fmt::join(parts, ", ")));
  };
  tell("memmap_pages_boot", "Memory that the memmap took from what was there before");
  tell("free_pages_min", "Least free memory of the kernel zones on the way");
}

std::string step_text(const run::Mechanism& m) {
  using K = run::Mechanism::Kind;
  const bool more = m.time.value > 0;
  switch (m.kind) {
    case K::count:
      return fmt::format("{} {} {} in {}",
                         count_for_people(std::abs(static_cast<double>(m.units_b - m.units_a))),
                         m.units_b > m.units_a ? "more" : "fewer", m.name, m.phase);
    case K::price:
      return fmt::format("{} {} in {}", more ? "dearer" : "cheaper", m.name, m.phase);
    case K::latency:
      return fmt::format("{} waits for memory of {} in {}", more ? "longer" : "shorter", m.name,
                         m.phase);
    case K::contention:
      return fmt::format("{} traffic of others during {} in {}", more ? "more" : "less", m.name,
                         m.phase);
    case K::wait:
      return fmt::format("a {} {} in {}", more ? "longer" : "shorter", m.name, m.phase);
  }
  return {};
}

/// The largest reason of each difference.
void why(const Inputs& in, const std::string& metric, std::vector<std::string>& out) {
  const RunInput& a = *in.of(in.columns.front()).front();
  const run::TimeOf* of_a = a.run.find(metric);
  for (std::size_t i = 1; i < in.columns.size() && of_a != nullptr; ++i) {
    const RunInput& b = *in.of(in.columns[i]).front();
    const run::TimeOf* of_b = b.run.find(metric);
    if (of_b == nullptr) continue;
    const auto steps = run::difference_of(a.run.times, *of_a, b.run.times, *of_b);
    if (steps.empty()) continue;
    out.push_back(fmt::format("The largest reason why {} differs from {}: {} ({}{}).", b.column,
                              a.column, step_text(steps.front()),
                              steps.front().time.value > 0 ? "+" : "", time(steps.front().time)));
  }
}

void rests(const Inputs& in, const std::string& metric, std::vector<std::string>& out) {
  std::vector<std::string> parts;
  for (const std::string& column : in.columns) {
    const RunInput& run = *in.of(column).front();
    const run::TimeOf* of = run.run.find(metric);
    if (of == nullptr) continue;
    const auto resting =
        run::resting_of(run.run.times.rows, of->amounts, run::Constants(run.run.used));
    if (resting.time.value == 0) continue;
    parts.push_back(fmt::format("{:.0f} % on assumed and {:.0f} % on fitted constants{}",
                                100 * resting.share("assumed"), 100 * resting.share("fitted"),
                                in.columns.size() > 1 ? " with " + column : ""));
  }
  if (!parts.empty())
    out.push_back(fmt::format("How sure that time is: it rests {}.", fmt::join(parts, ", ")));
}

}  // namespace

std::string for_people(double value, const std::string& unit) {
  if (unit == "ns") return format_time(SimTime{static_cast<std::int64_t>(std::llround(value))});
  if (unit == "byte") return bytes_for_people(value);
  return count_for_people(value);
}

std::vector<std::string> answer_of_runs(const Inputs& in, const std::vector<TableRow>& table) {
  std::vector<std::string> out;
  const std::string headline(run::headline_metric());
  if (const TableRow* row = find_row(table, headline)) speed(in, *row, out);
  failures(in, out);
  memory(in, table, out);
  why(in, headline, out);
  rests(in, headline, out);
  if (out.empty()) out.emplace_back("No memory was brought online.");
  return out;
}

}  // namespace mhp::report
