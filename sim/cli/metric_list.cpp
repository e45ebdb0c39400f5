#include "sim/cli/metric_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/run/result/metric/record.hpp"
#include "workloads/model.hpp"

namespace mhp::cli {

namespace {

/// A metric, or a figure of a workload under the name of a workload without one, or of a cgroup.
struct Entry {
  FigureRecord what;
  std::string name;
  run::MetricPhase phase;
};

/// What several workloads or only one of them report, or every cgroup.
struct Section {
  std::string workload;  ///< empty: every run
  std::vector<Entry> entries;
};

template <class Figures>
std::vector<Entry> entries_of(const Figures& figures, const char* owner = "workload") {
  std::vector<Entry> out;
  for (const FigureRecord& f : figures)
    out.push_back({f, fmt::format("{}_{}", owner, f.name), run::MetricPhase::run});
  return out;
}

/// The metrics of every run, then what every workload reports, then what single ones add, then what
/// every cgroup does.
std::vector<Section> sections() {
  std::vector<Section> out{{"", {}}};
  for (const run::MetricRecord& m : run::metric_records())
    out.front().entries.push_back({m, std::string(m.name), m.phase});
  const auto& kinds = workloads::workloads().entries();
  std::vector<FigureRecord> common = kinds.begin()->second.figures();
  const auto has = [](const std::vector<FigureRecord>& list, const FigureRecord& f) {
    return std::any_of(list.begin(), list.end(),
                       [&](const FigureRecord& x) { return x.name == f.name; });
  };
  for (const auto& [kind, model] : kinds) {
    const auto own = model.figures();
    std::erase_if(common, [&](const FigureRecord& f) { return !has(own, f); });
  }
  out.push_back({"every workload", entries_of(common)});
  for (const auto& [kind, model] : kinds) {
    auto own = model.figures();
    std::erase_if(own, [&](const FigureRecord& f) { return has(common, f); });
    if (!own.empty()) out.push_back({kind, entries_of(own)});
  }
  out.push_back({"every cgroup", entries_of(run::cgroup_figures(), "cgroup_NAME")});
  return out;
}

std::string null_text(const Entry& e) { return fmt::format("null when: {}", e.what.null_when); }

}  // namespace

void list_metrics(bool json) {
  auto out = nlohmann::ordered_json::array();
  for (const Section& s : sections()) {
    if (!json && !s.workload.empty()) fmt::print("\nOf {}:\n", s.workload);
    for (const Entry& e : s.entries) {
      const FigureRecord& f = e.what;
      out.push_back({{"name", e.name},
                     {"phase", word(e.phase)},
                     {"unit", word(f.unit)},
                     {"better", word(f.better)},
                     {"definition", f.definition},
                     {"null_when", f.null_when},
                     {"workload", s.workload}});
      if (json) continue;
      fmt::print("{} ({}, {}{})\n    {}\n", e.name, word(e.phase), word(f.unit),
                 f.better == Better::none ? "" : fmt::format(", {} is better", word(f.better)),
                 f.definition);
      if (f.null_when != FigureRecord{}.null_when) fmt::print("    {}\n", null_text(e));
    }
  }
  if (json) fmt::print("{}\n", out.dump(2));
}

void list_metrics_as_markdown() {
  for (const Section& s : sections()) {
    if (!s.workload.empty()) {
      std::string title = s.workload;
      if (title.starts_with("every")) title.front() = 'E';
      fmt::print("\n### {}\n\n", title);
    }
    fmt::print(
        "| name | phase | unit | better | definition | null when |\n|---|---|---|---|---|---|\n");
    for (const Entry& e : s.entries) {
      const FigureRecord& f = e.what;
      const auto page = f.see.substr(0, f.see.find('#'));
      fmt::print("| `{}` | {} | {} | {} | {}{} | {} |\n", e.name, word(e.phase), word(f.unit),
                 word(f.better), f.definition,
                 f.see.empty() ? "" : fmt::format(" ([{}]({}))", page, f.see), f.null_when);
    }
  }
}

}  // namespace mhp::cli
