#include "sim/cli/command/verify/captures_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;
using validation::CaptureReport;
using validation::CheckClass;
using validation::ClassCount;
using validation::Fault;
using validation::NoiseKind;
using validation::Verdict;

constexpr std::array kVerdicts{Verdict::exact, Verdict::partly, Verdict::missed, Verdict::broken};

/// The sum over captures whose names begin with the same letter, or over all.
struct Sum {
  std::int64_t captures = 0;
  std::array<std::int64_t, kVerdicts.size()> verdicts{};
  ClassCount exact;
  ClassCount noise;
  ClassCount chance;
  std::array<std::int64_t, validation::kNoiseKinds> worst{};

  void add(const CaptureReport& r) {
    ++captures;
    ++verdicts[static_cast<std::size_t>(r.verdict())];
    for (auto [sum, one] : {std::pair{&exact, &r.exact}, std::pair{&noise, &r.noise},
                            std::pair{&chance, &r.chance}}) {
      sum->checks += one->checks;
      sum->passed += one->passed;
    }
    // What is known to miss says nothing of how far the rest is off.
    if (r.verdict() != Verdict::exact) return;
    for (std::size_t k = 0; k < worst.size(); ++k) worst[k] = std::max(worst[k], r.worst[k]);
  }
  std::int64_t of(Verdict v) const { return verdicts[static_cast<std::size_t>(v)]; }
  std::int64_t worst_of(NoiseKind k) const { return worst[static_cast<std::size_t>(k)]; }
};

Sum sum_of(const std::vector<Replayed>& captures) {
  Sum all;
  for (const Replayed& c : captures) all.add(c.report);
  return all;
}

using Counts = std::map<std::string, std::int64_t>;

Counts summed(const std::vector<Replayed>& captures, Counts CaptureReport::*counts) {
  Counts out;
  for (const Replayed& c : captures)
    for (const auto& [what, count] : c.report.*counts) out[what] += count;
  return out;
}

/// Kernels that are replayed by the profile of an older one.
std::map<std::pair<std::string, std::string>, std::int64_t> profiles(
    const std::vector<Replayed>& captures) {
  std::map<std::pair<std::string, std::string>, std::int64_t> out;
  for (const Replayed& c : captures)
    if (!c.report.profile.empty()) ++out[{c.report.kernel, c.report.profile}];
  return out;
}

std::string text(const Fault& f) {
  return f.label.empty() ? f.what : fmt::format("step {} ({}): {}", f.step, f.label, f.what);
}

void print_row(const std::string& name, const Sum& s) {
  fmt::print(
      "{:<38} {:>5} {:>6} {:>6} {:>6} {:>8}/{:<8} {:>6}/{:<6} {:>5} {:>5} {:>5} {:>3}/{:<3}\n",
      name, s.of(Verdict::exact), s.of(Verdict::partly), s.of(Verdict::missed),
      s.of(Verdict::broken), s.exact.passed, s.exact.checks, s.noise.passed, s.noise.checks,
      s.worst_of(NoiseKind::free_pages), s.worst_of(NoiseKind::drift), s.worst_of(NoiseKind::slab),
      s.chance.passed, s.chance.checks);
}

void print_rows(const std::vector<Replayed>& captures) {
  constexpr std::size_t kMostNamed = 8;
  std::map<std::string, Sum> families;
  for (const Replayed& c : captures)
    families[captures.size() > kMostNamed ? c.report.name.substr(0, 1) + "-*" : c.report.name].add(
        c.report);
  fmt::print("{:<38} {:>5} {:>6} {:>6} {:>6} {:>17} {:>13} {:>5} {:>5} {:>5} {:>7}\n", "captures",
             "exact", "partly", "missed", "broken", "exact checks", "noise", "free", "drift",
             "slab", "chance");
  for (const auto& [name, sum] : families) print_row(name, sum);
  if (families.size() > 1) print_row("all", sum_of(captures));
}

void print_mismatches(const std::vector<Replayed>& captures, std::size_t show) {
  std::size_t shown = 0;
  std::size_t left_out = 0;
  for (const Replayed& c : captures) {
    if (c.known && c.as_expected()) continue;
    for (const auto& m : c.report.mismatches) {
      if (show != 0 && shown++ >= show)
        ++left_out;
      else
        fmt::print("{} step {} ({}): {}: kernel {}, model {}\n", m.capture, m.step, m.label,
                   m.quantity, m.expected, m.got);
    }
  }
  if (left_out > 0) fmt::print("... and {} more (--show 0 prints all)\n", left_out);
}

ordered_json counts_json(const Counts& counts) {
  ordered_json out = ordered_json::array();
  for (const auto& [what, count] : counts) out.push_back({{"quantity", what}, {"count", count}});
  return out;
}

ordered_json not_exact_json(const std::vector<Replayed>& captures) {
  ordered_json out = ordered_json::array();
  for (const Replayed& c : captures) {
    if (c.report.verdict() == Verdict::exact && c.as_expected()) continue;
    ordered_json gaps = ordered_json::array();
    for (const Fault& g : c.report.gaps) gaps.push_back(text(g));
    out.push_back({{"capture", c.report.name},
                   {"file", c.file},
                   {"kernel", c.report.kernel},
                   {"profile", c.report.profile},
                   {"verdict", validation::word_of(c.report.verdict())},
                   {"known", c.known.has_value()},
                   {"as_expected", c.as_expected()},
                   {"reason", c.reason()},
                   {"mismatches", c.report.mismatches.size()},
                   {"gaps", std::move(gaps)}});
  }
  return out;
}

ordered_json mismatches_json(const std::vector<Replayed>& captures) {
  ordered_json out = ordered_json::array();
  for (const Replayed& c : captures)
    for (const auto& m : c.report.mismatches)
      out.push_back({{"capture", m.capture},
                     {"step", m.step},
                     {"label", m.label},
                     {"class", m.check_class == CheckClass::exact ? "exact" : "noise"},
                     {"quantity", m.quantity},
                     {"expected", m.expected},
                     {"got", m.got}});
  return out;
}

ordered_json chances_json(const std::vector<Replayed>& captures) {
  ordered_json out = ordered_json::array();
  for (const Replayed& r : captures)
    for (const auto& c : r.report.chances)
      out.push_back({{"capture", c.capture},
                     {"step", c.step},
                     {"label", c.label},
                     {"quantity", c.quantity},
                     {"expected", c.expected},
                     {"got", c.got},
                     {"reason", c.reason}});
  return out;
}

}  // namespace

bool Replayed::as_expected() const {
  return report.verdict() == (known ? known->verdict : Verdict::exact);
}

std::string Replayed::reason() const {
  if (report.fault) return text(*report.fault);
  if (known && as_expected()) return known->reason;
  if (known && report.verdict() == Verdict::exact)
    return fmt::format("it is exact, and named in {} as one that is not",
                       validation::kKnownMissesFile);
  if (!report.mismatches.empty()) {
    const auto& m = report.mismatches.front();
    return fmt::format("step {} ({}): {}: kernel {}, model {}", m.step, m.label, m.quantity,
                       m.expected, m.got);
  }
  return report.gaps.empty() ? "" : text(report.gaps.front());
}

void print_captures(const std::vector<Replayed>& captures, std::size_t show) {
  print_rows(captures);
  print_mismatches(captures, show);
  const Sum all = sum_of(captures);
  fmt::print("\n{} exact, {} partly verified, {} missed", all.of(Verdict::exact),
             all.of(Verdict::partly), all.of(Verdict::missed));
  if (all.of(Verdict::broken) > 0) fmt::print(", {} not as captures are", all.of(Verdict::broken));
  fmt::print("\n");
  for (const Replayed& c : captures)
    if (c.report.verdict() != Verdict::exact || !c.as_expected())
      fmt::print("{} {}{}: {}\n", validation::word_of(c.report.verdict()), c.report.name,
                 c.known && c.as_expected() ? ", as known" : "", c.reason());
  fmt::print(
      "\n{} checks, {} mismatches. Worst deviations of what is exact, in pages: free, of a zone's "
      "free pages\nbetween two snapshots (at most {}); drift, since the first (at most {}); slab, "
      "of an "
      "operation (at most {} and\n{} per mille). chance: outcomes in which model and recording "
      "happen to agree, of those that hang\non stray allocations; not scored, each with its reason "
      "(--json).\n",
      all.exact.checks + all.noise.checks,
      all.exact.checks + all.noise.checks - all.exact.passed - all.noise.passed,
      validation::kNoiseBound, validation::kDriftBound, validation::kSlabBound,
      validation::kSlabBoundPermille);
  for (const auto& [names, count] : profiles(captures))
    if (names.first != names.second)
      fmt::print("replayed by the profile of {}: {} recordings of {}\n", names.second, count,
                 names.first);
  for (const auto& [what, count] : summed(captures, &CaptureReport::inputs))
    fmt::print("taken from the recordings: {} ({} times)\n", what, count);
  for (const auto& [what, count] : summed(captures, &CaptureReport::unmodelled))
    fmt::print("not modelled: {} ({} times)\n", what, count);
}

void print_captures_json(const std::vector<Replayed>& captures, const std::string& kernel_note) {
  const Sum all = sum_of(captures);
  ordered_json out;
  out["schema"] = "mhpsim-verify/1";
  if (!kernel_note.empty()) out["kernel_note"] = kernel_note;
  out["captures"] = all.captures;
  for (const Verdict v : kVerdicts) out[validation::word_of(v)] = all.of(v);
  out["as_expected"] = std::all_of(captures.begin(), captures.end(),
                                   [](const Replayed& c) { return c.as_expected(); });
  out["not_exact"] = not_exact_json(captures);
  out["checks"] = all.exact.checks + all.noise.checks;
  out["passed"] = all.exact.passed + all.noise.passed;
  out["by_class"]["exact"] = {{"checks", all.exact.checks}, {"passed", all.exact.passed}};
  out["by_class"]["noise"] = {{"checks", all.noise.checks},
                              {"passed", all.noise.passed},
                              {"bound", validation::kNoiseBound},
                              {"worst", all.worst_of(NoiseKind::free_pages)},
                              {"drift_bound", validation::kDriftBound},
                              {"drift_worst", all.worst_of(NoiseKind::drift)},
                              {"slab_bound", validation::kSlabBound},
                              {"slab_bound_permille", validation::kSlabBoundPermille},
                              {"slab_worst", all.worst_of(NoiseKind::slab)}};
  out["chance"] = all.chance.checks;
  out["chance_outcomes"] = chances_json(captures);
  out["profiles"] = ordered_json::array();
  for (const auto& [names, count] : profiles(captures))
    out["profiles"].push_back(
        {{"kernel", names.first}, {"profile", names.second}, {"captures", count}});
  out["inputs"] = counts_json(summed(captures, &CaptureReport::inputs));
  out["unmodelled"] = counts_json(summed(captures, &CaptureReport::unmodelled));
  out["mismatches"] = mismatches_json(captures);
  fmt::print("{}\n", out.dump(2));
}

}  // namespace mhp::cli
