// Emptying, closing and ageing the per-CPU lists of whole zones: drain_all_pages, zone_pcp_disable
// and vmstat_update of Linux 6.12.
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

void Mm::drain_all_pages(Receipt& receipt) {
  for (Node& n : all_nodes())
    for (Zone& z : n.zones) z.drain_pcps(receipt);
}

Task<void> Mm::drain_all_pages(Host& host) {
  for (Node& n : all_nodes())
    for (Zone& z : n.zones) co_await drain_pages(host, z);
}

// Each CPU has a hold of its own. While it waits, another may use the zone for the first time.
Task<void> Mm::drain_pages(Host& host, Zone& z) {
  Receipt receipt = this->receipt();
  for (std::size_t i = 0; i < z.pcps.size(); ++i) {
    const CpuId cpu = z.pcps[i].cpu();
    if (z.pcps[i].count().value == 0) continue;
    co_await receipt.lock(host, z.node, z.type);
    z.pcp(cpu).drain(z.pcp_zone(receipt));
    co_await receipt.spend(host);
  }
}

void Mm::zone_pcp_disable(Zone& z) {
  if (trace_) trace_->cpu = CpuId{};
  ++z.pcp_disabled;
  z.pcp_limits = kPcpDisabled;
  z.drain_pcps(nobody_);
  lru_batches_.drain_all(nobody_);
}

Task<void> Mm::zone_pcp_disable(Host& host, Zone& z) {
  if (trace_) trace_->cpu = CpuId{};
  ++z.pcp_disabled;
  z.pcp_limits = kPcpDisabled;
  co_await drain_pages(host, z);
  Receipt receipt = this->receipt();
  lru_batches_.drain_all(receipt);
  co_await receipt.spend(host);
}

void Mm::zone_pcp_enable(Zone& z) {
  --z.pcp_disabled;
  if (z.pcp_disabled == 0) z.pcp_limits = z.pcp_open_limits;
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
