#include "sim/run/system.hpp"

#include "sim/config/kernel_config.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/run/residents.hpp"

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

kernel::BootState state_of(const config::Scenario& scenario, const machine::Description& machine,
                           const kernel::KernelConfig& config) {
  return scenario.found ? kernel::boot(*scenario.found, machine, config, scenario.architecture)
                        : kernel::boot(machine, config, scenario.architecture);
}

}  // namespace

System::System(const config::Scenario& of, const std::string& placement)
    : TimedMachine(of.machine, of.costs, of.kernel.struct_page_size),
      scenario(of),
      config(with_placement(config::kernel_config(of), placement)),
      boot(state_of(of, machine::describe(of.machine, topology), config)),
      mm(boot, config, of.profile),
      hotplug(mm, boot, config),
      residents(of.found ? residents_of(*of.found, boot, mm) : Residents{}),
      triggers(engine, mm),
      udev(engine, udev_workers(of)) {
  if (of.found) kernel::set_pageblock_types(*of.found, boot, mm);
  for (const kernel::MemcgConfig& c : of.cgroups) mm.reclaim().memcgs().create(c);
}

}  // namespace mhp::run
