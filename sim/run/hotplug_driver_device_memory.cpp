// Namespaces of persistent memory: pmem_attach_disk (drivers/nvdimm/pmem.c) and dev_dax_probe
// (drivers/dax/device.c) of Linux 6.12. No device_hotplug_lock is taken.
#include "sim/kernel/hotplug/nd_pfn.hpp"
#include "sim/run/hotplug_driver.hpp"

namespace mhp::run {

namespace {

/// The node itself, or if it is not online the nearest that is (numa_map_to_online_node).
NodeId online_node(const System& system, NodeId wanted) {
  NodeId best = wanted;
  int nearest = -1;
  for (std::size_t n = 0; n < system.mm.nodes(); ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    if (!system.mm.node(node).online) continue;
    if (node == wanted) return node;
    const int distance = system.boot.distance[wanted.index()][n];
    if (nearest >= 0 && distance >= nearest) continue;
    nearest = distance;
    best = node;
  }
  return best;
}

}  // namespace

Task<void> HotplugDriver::add_device_memory(Device& d) {
  const config::HotplugParams& p = d.spec->params;
  co_await pass_stages(d, true);
  Operation op = operation(d, Operation::Kind::add);
  op.submitted = d.notified;
  log_.begin(Phase::add, op, d.meanwhile);
  const kernel::Geometry& g = system_.mm.geometry();
  kernel::NdPfn layout;
  kernel::OpResult result = kernel::nd_pfn_init(d.region, p.map, p.align, g, layout);
  if (result.status == kernel::Status::ok) {
    kernel::DevPagemap pagemap{.node = online_node(system_, p.node),
                               .target_node = p.node,
                               .cpu_node = p.cpu_node,
                               .range = layout.range};
    if (p.map == kernel::NamespaceMap::dev) {
      pagemap.altmap = true;
      pagemap.reserve = layout.reserve;
      pagemap.free = layout.data_start - layout.reserve;
    }
    if (d.adder->device_memory == kernel::DeviceMemory::mapped &&
        kernel::has_compound_devmaps(system_.mm.profile()))
      pagemap.compound = g.pages_of(p.align);
    auto remapped = co_await system_.hotplug.memremap_pages(*d.host, pagemap);
    result = std::move(remapped);
  }
  d.answer = result.status;
  finish(d, std::move(op), result);
  d.added = true;
  system_.engine.spawn(unplug(d));
}

Task<void> HotplugDriver::remove_device_memory(Device& d) {
  const config::HotplugParams& p = d.spec->params;
  if (!p.unplug || d.answer != kernel::Status::ok) co_return co_await device_done();
  co_await pause(d, d.meanwhile, Spent::unplug_after, p.unplug_after);
  log_.unplug_begins(system_.engine.now());
  Operation op = operation(d, Operation::Kind::remove);
  log_.begin(Phase::remove, op, d.meanwhile);
  const auto gone = co_await system_.hotplug.memunmap_pages(*d.host, d.region);
  finish(d, std::move(op), gone);
  if (gone.status == kernel::Status::ok) log_.removed(d.region.pages());
  system_.triggers.left(*d.spec);
  co_await device_done();
}

}  // namespace mhp::run
