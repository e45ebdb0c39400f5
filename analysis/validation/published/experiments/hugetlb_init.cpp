// Huge pages that are reserved at boot: the time until all threads are done.
#include "sim/kernel/boot/hugetlb_init.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "analysis/validation/published/timed.hpp"
#include "sim/run/timed_machine.hpp"

namespace mhp::published {

namespace {

/// Rounds over the nodes that a thread's share is simulated in, if it has as many pages.
constexpr std::int64_t kRounds = 512;

struct HugetlbParams {
  std::int64_t pages = 0;
  Bytes size{kGiB};
  std::int64_t threads_per_node = 0;
};

ParamSet<HugetlbParams> hugetlb_params() {
  using P = HugetlbParams;
  ParamSet<P> set;
  set.add("pages", &P::pages,
          {.doc = "huge pages, evenly over the nodes", .required = true, .min = 1})
      .add("size", &P::size,
           {.doc = "of a huge page: 2MiB or 1GiB", .min = Bytes{2 * kMiB}, .max = Bytes{kGiB}})
      .add("threads_per_node", &P::threads_per_node,
           {.doc = "threads for each node, on its processors; 0: one thread for all, on node 0",
            .min = 0,
            .max = 8192})
      .subtable("machine")
      .subtable("costs")
      .subtable("set");
  return set;
}

Measured run_hugetlb(Value table, Diagnostics& errors) {
  SetUp set_up = read_set_up(table, errors);
  HugetlbParams p;
  hugetlb_params().read(table, p, errors, &set_up.used);
  if (errors.empty() && p.size != Bytes{2 * kMiB} && p.size != Bytes{kGiB})
    errors.push_back({table.where, "no huge pages of that size", "size is 2MiB or 1GiB"});
  if (!errors.empty()) return {};
  const auto nodes = static_cast<std::int64_t>(set_up.machine.nodes.size());
  const std::int64_t threads = p.threads_per_node == 0 ? 1 : nodes * p.threads_per_node;
  kernel::HugetlbInit::Work work{
      .pages = PageCount{p.pages}, .size = p.size, .nodes = nodes, .threads = threads};
  work.grain = std::max(work.grain, PageCount{p.pages / (kRounds * nodes * threads)});
  kernel::HugetlbInit init(work);
  run::TimedMachine machine(set_up.machine, set_up.costs);
  std::vector<std::unique_ptr<run::TimedHost>> hosts;
  for (std::int64_t i = 0; i < threads; ++i)
    hosts.push_back(machine.make_host(NodeId{static_cast<std::int32_t>(i % nodes)}));
  for (const auto& host : hosts) machine.engine.spawn(init.thread(*host));
  return timed(machine, set_up);
}

}  // namespace

void register_experiment_hugetlb_init(ExperimentRegistry& registry) {
  registry.add({"hugetlb_init", "threads prepare the huge pages that are reserved at boot",
                [](std::string_view prefix) { return hugetlb_params().describe(prefix); },
                run_hugetlb});
}

}  // namespace mhp::published
