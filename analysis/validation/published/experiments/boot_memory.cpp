// Whether what is asked of a machine's boot memory is there, once the boot memmap lies in it, and
// as far as struct pages are initialised.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/rests_on.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::published {

namespace {

struct BootParams {
  std::int64_t gigantic_pages = 0;
  Bytes demand;
  Bytes initialised_per_node{0};
  Bytes reserved_memory{0};
};

ParamSet<BootParams> boot_params() {
  using P = BootParams;
  ParamSet<P> set;
  set.add("gigantic_pages", &P::gigantic_pages,
          {.doc = "1 GiB pages asked for, in equal parts of every node", .min = 0})
      .add("demand", &P::demand,
           {.doc = "memory that the kernel asks for, page by page", .min = Bytes{0}})
      .add("initialised_per_node", &P::initialised_per_node,
           {.doc = "memory of each node whose struct pages are initialised by then; 0: all",
            .min = Bytes{0}})
      .add("reserved_memory", &P::reserved_memory,
           {.doc = "boot memory of the first node that the kernel keeps", .min = Bytes{0}})
      .subtable("machine")
      .subtable("costs")
      .subtable("set");
  return set;
}

/// Leaves of each node's free memory only the first part.
void defer(kernel::BootState& boot, PageCount initialised) {
  std::vector<PageCount> left(boot.nodes.size(), initialised);
  for (kernel::BootZone& zone : boot.zones) {
    PageCount& room = left[zone.node.index()];
    PageCount kept;
    for (PfnRange& r : zone.free) {
      r.end = std::min(r.end, r.start + room);
      room -= r.pages();
      kept += r.pages();
    }
    std::erase_if(zone.free, [](const PfnRange& r) { return r.empty(); });
    zone.managed = kept;
  }
}

Measured run_boot(Value table, Diagnostics& errors) {
  SetUp set_up = read_set_up(table, errors);
  BootParams p;
  boot_params().read(table, p, errors, &set_up.used);
  if (!errors.empty()) return {};
  kernel::KernelConfig config;
  config.reserved_memory = p.reserved_memory;
  const machine::Topology topology(set_up.machine);
  kernel::BootState boot = kernel::boot(machine::describe(set_up.machine, topology), config);
  if (p.initialised_per_node.value > 0) defer(boot, pages_of(p.initialised_per_node));
  kernel::Mm mm(boot, config, {});
  kernel::Hugetlb hugetlb(mm);
  const auto nodes = static_cast<std::int64_t>(mm.nodes());
  std::int64_t got = 0;
  for (std::int64_t n = 0; n < nodes; ++n)
    got += hugetlb.set_nr_hugepages(NodeId{static_cast<std::int32_t>(n)}, Bytes{kGiB},
                                    p.gigantic_pages / nodes, mm.nobody());
  const auto rests = rests_on(set_up.used, 0, set_up.machine.core, set_up.costs);
  if (got < p.gigantic_pages)
    return {static_cast<double>(got), false, "enomem", rests, set_up.kernel_note};
  const PageCount wanted = pages_of(p.demand);
  PageCount taken;
  while (taken < wanted &&
         mm.alloc_pages({.node = NodeId{0}, .order = kernel::kPageblockOrder}, mm.nobody()))
    taken += PageCount{kernel::kPageblockPages};
  return {static_cast<double>(bytes_of(taken).value), false, taken < wanted ? "oom" : "ok", rests,
          set_up.kernel_note};
}

}  // namespace

void register_experiment_boot_memory(ExperimentRegistry& registry) {
  registry.add({"boot_memory", "a demand on boot memory: is there enough?",
                [](std::string_view prefix) { return boot_params().describe(prefix); }, run_boot});
}

}  // namespace mhp::published
