#include "sim/observed/unsaid.hpp"

#include <algorithm>

namespace mhp::observed {

std::vector<Remark> unsaid(const Observed& o) {
  std::vector<Remark> out;
  const auto none_of_zones = [&](auto&& has) {
    return std::none_of(o.zones.begin(), o.zones.end(), has);
  };
  const auto any_of_nodes = [&](auto&& has) {
    return std::any_of(o.nodes.begin(), o.nodes.end(), has);
  };
  if (o.kernel_release.empty()) out.push_back({"kernel", "6.12"});
  if (o.architecture.empty()) out.push_back({"architecture", "x86-64"});
  if (!any_of_nodes([](const Node& n) { return n.cpu_count || !n.cpus.empty(); }) &&
      !o.processors.count)
    out.push_back({"processors", "one, on node 0"});
  if (o.nodes.size() > 1 && !any_of_nodes([](const Node& n) { return !n.distance.empty(); }))
    out.push_back({"distances of nodes", "10 to itself, 20 to others"});
  if (none_of_zones([](const Zone& z) { return z.present || z.managed; })) {
    out.push_back({"state of memory", "as after a boot: free, but for the boot memmap"});
  } else {
    if (none_of_zones([](const Zone& z) { return z.start_pfn.has_value(); }))
      out.push_back({"where zones lie", "one behind the other, Normal from 4 GiB on"});
    if (none_of_zones([](const Zone& z) { return z.free_blocks || !z.free_blocks_of.empty(); }))
      out.push_back({"how free memory is cut", "into the largest blocks"});
    if (none_of_zones([](const Zone& z) { return !z.pageblocks.empty(); }))
      out.push_back(
          {"types of pageblocks", "movable, but for those in which less than a pageblock is free"});
    if (o.system_ram.empty()) out.push_back({"where memory lies", "all that zones span"});
  }
  if (!o.block_size) out.push_back({"size of memory blocks", "as the kernel chooses"});
  if (o.cmdline.empty()) out.push_back({"options of the boot", "none"});
  out.push_back({"speed of cores, memory and links",
                 o.processors.model.empty()
                     ? "as Cascade Lake: the processor is not known"
                     : "as the family of its processor, where that is known"});
  return out;
}

}  // namespace mhp::observed
