#include "sim/run/result/snapshot.hpp"

#include <algorithm>

namespace mhp::run {

Sample sample_of(const kernel::Mm& mm, SimTime now) {
  Sample s{now, {}};
  for (std::size_t n = 0; n < mm.nodes(); ++n) {
    for (const auto& z : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones) {
      s.zones.push_back({z.free_pages().value, z.spanned_pages.value, z.present_pages.value,
                         z.managed_pages.value, z.watermark.min.value, z.watermark.low.value,
                         z.watermark.high.value, z.watermark_boost.value, z.pcp_pages().value,
                         kernel::free_blocks_of(z.buddy)});
    }
  }
  return s;
}

std::vector<BlockState> block_states(const kernel::MemoryHotplug& hotplug, kernel::Mm& mm,
                                     const std::vector<PfnRange>& ranges,
                                     const std::vector<Operation>& operations) {
  std::vector<BlockState> out;
  for (const PfnRange& range : ranges) {
    for (Pfn p = range.start; p < range.end; p += hotplug.block_pages()) {
      const auto& block = hotplug.block(hotplug.block_of(p));
      if (!block.present()) continue;
      BlockState s{hotplug.block_of(p),
                   p,
                   hotplug.block_pages(),
                   hotplug.block_memmap_pages(),
                   block.plan.head,
                   hotplug.memmap_node(p),
                   {},
                   SimTime{-1},
                   SimTime{-1}};
      if (const kernel::Zone* z = mm.zone_of(hotplug.memmap_pfn(p)); z != nullptr)
        s.memmap_zone = z->type;
      s.placement_refused = block.plan.refused();
      out.push_back(s);
    }
  }
  std::sort(out.begin(), out.end(),
            [](const BlockState& a, const BlockState& b) { return a.block < b.block; });
  for (const Operation& op : operations) {
    if (op.kind != Operation::Kind::online && op.kind != Operation::Kind::online_again) continue;
    if (op.status != kernel::Status::ok) continue;
    // Blocks that were taken away again are not there; they have no unit either.
    const PfnRange unit = hotplug.block(op.block).plan.online_unit;
    auto it = std::lower_bound(out.begin(), out.end(), unit.start,
                               [](const BlockState& s, Pfn p) { return s.start < p; });
    for (; it != out.end() && it->start < unit.end; ++it) {
      it->init_start = op.started;
      it->online_at = op.finished;
    }
  }
  return out;
}

std::int64_t gigantic_ranges(const kernel::MemoryHotplug& hotplug, PfnRange range) {
  std::int64_t whole = 0;
  const PageCount giga = hotplug.gigantic_page();
  for (Pfn gib{round_up(range.start.value, giga.value)}; gib + giga <= range.end; gib += giga) {
    bool present = true;
    for (Pfn p = gib; p < gib + giga; p += hotplug.block_pages())
      present = present && hotplug.block(hotplug.block_of(p)).present();
    if (present) ++whole;
  }
  return whole;
}

std::optional<SimTime> memmap_latency(const std::vector<BlockState>& blocks,
                                      const machine::Machine& machine,
                                      const machine::Topology& topology) {
  std::int64_t weight = 0;
  std::int64_t sum = 0;
  for (const BlockState& block : blocks) {
    if (!block.memmap_node.valid()) continue;  // it comes when the block goes online
    for (std::size_t n = 0; n < machine.nodes.size(); ++n) {
      const std::int64_t cpus = machine.nodes[n].cpus;
      const NodeId node{static_cast<std::int32_t>(n)};
      weight += cpus;
      sum += cpus * topology.latency(node, block.memmap_node).value;
    }
  }
  if (weight == 0) return std::nullopt;
  return SimTime{(sum + weight / 2) / weight};
}

}  // namespace mhp::run
