// Emptying, closing and ageing the per-CPU lists of whole zones: drain_all_pages, zone_pcp_disable
// and vmstat_update of Linux 6.12.
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

void Mm::drain_all_pages(Receipt& receipt) {
  for (Node& n : all_nodes())
    for (Zone& z : n.zones) z.drain_pcps(receipt);
}

Task<void> Mm::drain_all_pages(Host& host) {
  Receipt receipt = this->receipt();
  for (Node& n : all_nodes())
    for (Zone& z : n.zones) {
      if (z.pcp_pages().value == 0) continue;
      co_await receipt.lock(host, z.node, z.type);
      z.drain_pcps(receipt);
      co_await receipt.spend(host);
    }
}

void Mm::zone_pcp_disable(Zone& z, Receipt& receipt) {
  if (trace_) trace_->cpu = CpuId{};
  z.drain_pcps(receipt);
  ++z.pcp_disabled;
  update_pcp_limits(z);
}

void Mm::zone_pcp_enable(Zone& z) {
  --z.pcp_disabled;
  update_pcp_limits(z);
}

void Mm::vmstat_update(Receipt& receipt) {
  for (Node& n : all_nodes())
    for (Zone& z : n.zones)
      for (PerCpuPages& lists : z.pcps) {
        if (trace_) trace_->cpu = lists.cpu();
        lists.vmstat_update(z.pcp_zone(receipt), !n.has_cpu(lists.cpu()));
      }
}

}  // namespace mhp::kernel
