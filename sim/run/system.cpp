#include "sim/run/system.hpp"

#include "sim/config/kernel_config.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::run {

namespace {

kernel::KernelConfig with_placement(kernel::KernelConfig config, const std::string& placement) {
  if (!placement.empty()) config.memmap_placement = placement;
  return config;
}

std::int64_t udev_workers(const config::Scenario& scenario) {
  return scenario.udev.children_max > 0 ? scenario.udev.children_max
                                        : config::udev_children_max(scenario.machine);
}

}  // namespace

System::System(const config::Scenario& of, const std::string& placement)
    : TimedMachine(of.machine, of.costs, of.kernel.struct_page_size),
      scenario(of),
      config(with_placement(config::kernel_config(of), placement)),
      boot(kernel::boot(machine::describe(of.machine, topology), config, of.architecture)),
      mm(boot, config, of.profile),
      hotplug(mm, boot, config),
      triggers(engine, mm),
      udev(engine, udev_workers(of)) {
  for (const kernel::MemcgConfig& c : of.cgroups) mm.reclaim().memcgs().create(c);
}

}  // namespace mhp::run
