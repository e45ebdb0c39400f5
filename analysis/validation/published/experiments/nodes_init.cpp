// The memmaps of all nodes of a machine, at once or one after the other: when each was done.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/passes.hpp"
#include "analysis/validation/published/rests_on.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "sim/core/words.hpp"
#include "sim/run/boot_memmap.hpp"

namespace mhp::published {

namespace {

enum class Of : std::uint8_t { last, first, largest_gap, unevenness };
constexpr std::array<Word, 4> words_of(Of) {
  return {{{"last", "the time of the last node"},
           {"first", "the time of the first node"},
           {"largest_gap",
            "the longest time between one node and the next, as a share of that between the first "
            "and the last"},
           {"unevenness",
            "how far the share of nodes that are done is from that of the time between the first "
            "and the last that has passed, at most (Kolmogorov and Smirnov)"}}};
}

struct NodesParams {
  std::int64_t threads = 1;
  std::int64_t pages = 0;
  std::vector<std::string> passes;
  bool free_to_buddy = true;
  Of of = Of::last;
};

ParamSet<NodesParams> nodes_params() {
  using P = NodesParams;
  ParamSet<P> set;
  set.add("threads", &P::threads,
          {.doc = "threads of each node, on its processors, all nodes at once; 0: a single one on "
                  "the first node, one node after the other",
           .min = 0,
           .max = 65'536})
      .add("pages", &P::pages, {.doc = "struct pages of each node", .required = true, .min = 1})
      .add("passes", &P::passes, {.doc = kPassesDoc})
      .add("free_to_buddy", &P::free_to_buddy,
           {.doc = "blocks of the largest order are given to the page allocator, under the lock of "
                   "their zone, and counted"})
      .add("of", &P::of, {.doc = "what is asked of the nodes' times"})
      .subtable("machine")
      .subtable("kernel")
      .subtable("costs")
      .subtable("set");
  return set;
}

/// Of the times of all nodes.
double asked(Of of, std::vector<SimTime> times) {
  std::sort(times.begin(), times.end());
  const auto first = static_cast<double>(times.front().value);
  const auto last = static_cast<double>(times.back().value);
  if (of == Of::first) return first;
  if (of == Of::last) return last;
  if (last == first) return 0;
  double gap = 0;
  double apart = 0;
  const auto nodes = static_cast<double>(times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto at = static_cast<double>(times[i].value);
    if (i > 0) gap = std::max(gap, at - static_cast<double>(times[i - 1].value));
    const double passed = (at - first) / (last - first);
    const auto before = static_cast<double>(i);
    apart = std::max({apart, passed - before / nodes, (before + 1) / nodes - passed});
  }
  return of == Of::largest_gap ? gap / (last - first) : apart;
}

Measured run_nodes(Value table, Diagnostics& errors) {
  SetUp set_up = read_set_up(table, errors);
  NodesParams p;
  nodes_params().read(table, p, errors, &set_up.used);
  const std::vector<kernel::Pass> passes =
      read_passes(p.passes, set_up.profile, table.where, errors);
  if (!errors.empty()) return {};
  const run::InitTime sum = in_turn(
      passes, {.pages = PageCount{p.pages}, .threads = p.threads, .to_buddy = p.free_to_buddy},
      [&](const kernel::MemmapInit::Work& work) {
        return run::nodes_init_time(set_up.machine, set_up.costs, work);
      });
  return {asked(p.of, sum.each), p.of == Of::last || p.of == Of::first, "ok",
          rests_on(set_up.used, sum.spent, set_up.machine.core, set_up.costs), set_up.kernel_note};
}

}  // namespace

void register_experiment_nodes_init(ExperimentRegistry& registry) {
  registry.add({"nodes_init", "threads pass over the struct pages of every node",
                [](std::string_view prefix) { return nodes_params().describe(prefix); },
                run_nodes});
}

}  // namespace mhp::published
