#include "analysis/validation/pressure/compare.hpp"

#include <algorithm>
#include <set>

#include "analysis/validation/pressure/counters.hpp"
#include "analysis/validation/pressure/model.hpp"
#include "sim/config/kernel_profiles.hpp"

namespace mhp::pressure {

namespace {

/// Why counters of /proc/vmstat are not compared, by how their names begin.
constexpr struct {
  std::string_view begins;
  const char* reason;
} kReasons[] = {
    {"workingset_", "refaults are compared, what they activate is not"},
    {"pgrotated", "pages that reclaim finds first once they are written are not counted"},
    {"pgactivate", "follows from the sizes of the lists, which are compared"},
    {"pgdeactivate", "follows from the sizes of the lists, which are compared"},
    {"pgrefill", "follows from the sizes of the lists, which are compared"},
    {"pageoutrun", "a round of kswapd is as long as the emulation lets it be"},
    {"compact_", "how far the scanners of compaction go is not compared, but what comes of it"},
    {"pgmigrate_fail", "pages that somebody holds for a moment are not modelled"},
    {"pgscan_", "the sum over kswapd and tasks is compared"},
    {"nr_slab", "slab of files, nodes of the page cache among it, is not modelled"},
    {"nr_page_table",
     "page tables of all processes together: the model has those of the scripts alone"},
    {"nr_kernel_stack", "stacks of all tasks together: the model has those of the scripts alone"},
    {"nr_isolated", "a moment's value"},
    {"htlb_", "the pool is compared"},
};

bool is_compared(const std::string& name) {
  static const std::set<std::string> more{"nr_free_pages", "nr_inactive_anon", "nr_active_anon",
                                          "nr_inactive_file", "nr_active_file"};
  const auto all = counters();
  return more.contains(name) || name.starts_with("allocstall_") ||
         std::any_of(all.begin(), all.end(), [&](const Counter& c) { return name == c.name; });
}

/// Counters that rise or fall between snapshots, and are not compared.
void count_others(const Recording& recording, Comparison& out) {
  const Snapshot* last = nullptr;
  std::int64_t snapshots = 0;
  std::map<std::string, std::int64_t> changed;
  for (const Step& s : recording.script()) {
    if (!s.snapshot) continue;
    if (last != nullptr && ++snapshots > 1)
      for (const auto& [name, value] : s.snapshot->vmstat)
        if (!is_compared(name) && value != last->counter(name)) ++changed[name];
    last = &*s.snapshot;
  }
  for (const auto& [name, count] : changed)
    for (const auto& [begins, reason] : kReasons)
      if (name.starts_with(begins)) {
        out.unmodelled.push_back({name, reason, count});
        break;
      }
}

/// Quantities that hang on the emulation's speed are told; outcomes are compared all the same.
bool scored(const Plan& plan, const Quantity& q) {
  return plan.comparable || q.kind == Kind::outcome || q.class_name == "memmap leaves";
}

}  // namespace

std::int64_t Comparison::outside() const {
  return std::count_if(quantities.begin(), quantities.end(),
                       [](const Compared& c) { return !c.inside; });
}

Result<Comparison> compare(const Recording& recording, const Spread& spread,
                           const std::string& configs) {
  auto plan = plan_of(recording, configs);
  if (!plan) return tl::unexpected<Diagnostics>(plan.error());
  const auto scenario = scenario_of(*plan, recording);
  if (!scenario) return tl::unexpected<Diagnostics>(scenario.error());
  const Story story = model_story(recording, *plan, *scenario, plan->left_out);
  std::map<std::string, double> model;
  for (const Quantity& q : quantities_of(recording, story, true)) model[q.name] = q.value;

  Comparison out{.name = recording.name, .kernel_note = config::kernel_note(scenario->profile)};
  std::int64_t by_speed = 0;
  for (const Recorded& r : recorded_quantities(recording)) {
    const auto found = model.find(r.quantity.name);
    if (!scored(*plan, r.quantity)) {
      ++by_speed;
    } else if (found == model.end()) {
      out.unmodelled.push_back(
          {r.quantity.name, "the model does not say", static_cast<std::int64_t>(r.runs.size())});
    } else {
      const Band band = spread.band(r);
      out.quantities.push_back({r.quantity.name, r.quantity.kind, r.runs, found->second, band,
                                band.holds(found->second)});
    }
  }
  if (by_speed > 0)
    out.unmodelled.push_back({"all but outcomes",
                              "hangs on the speed of the emulation, which no machine has",
                              by_speed});
  for (LeftOut& l : plan->left_out)
    out.unmodelled.push_back({std::move(l.what), std::move(l.reason), 1});
  count_others(recording, out);
  return out;
}

}  // namespace mhp::pressure
