// shrink_slab and do_shrink_slab of mm/shrinker.c, Linux 6.12; those of 6.1 count alike.
#include "sim/kernel/mm/reclaim/shrinker.hpp"

#include <algorithm>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

// What became free counts as reclaimed (flush_reclaim_state), though on no list.
Task<void> Reclaim::shrink_slab(Host& host, NodeId node, ScanControl& sc) {
  Receipt receipt = mm_.receipt();
  const Shrinkers::Result done = shrinkers_.shrink_slab(node, sc.priority, receipt);
  events_.slabs_scanned += done.scanned;
  sc.nr_reclaimed += done.freed.value;
  co_await receipt.spend(host);
}

void Shrinkers::remove(const Shrinker& shrinker) {
  std::erase_if(all_, [&](const Entry& e) { return e.shrinker == &shrinker; });
}

Shrinkers::Result Shrinkers::shrink_slab(NodeId node, std::int64_t priority, Receipt& receipt) {
  Result result;
  for (Entry& entry : all_) shrink_one(entry, node, priority, receipt, result);
  return result;
}

// Less than a batch is looked at only if it is all there is; else it is put off to the next call.
void Shrinkers::shrink_one(Entry& entry, NodeId node, std::int64_t priority, Receipt& receipt,
                           Result& result) {
  Shrinker& cache = *entry.shrinker;
  const std::int64_t freeable = cache.count_objects(node);
  if (freeable == 0) return;
  if (entry.deferred.size() <= node.index()) entry.deferred.resize(node.index() + 1, 0);
  std::int64_t& deferred = entry.deferred[node.index()];
  const std::int64_t put_off = deferred;
  const std::int64_t delta =
      cache.seeks() > 0 ? (freeable >> priority) * 4 / cache.seeks() : freeable / 2;
  std::int64_t left = std::min((put_off >> priority) + delta, 2 * freeable);
  std::int64_t scanned = 0;
  while (left >= cache.batch() || left >= freeable) {
    const Shrinker::Scan scan = cache.scan_objects(node, std::min(cache.batch(), left), receipt);
    if (scan.scanned == 0) break;
    result.freed += scan.freed;
    scanned += scan.scanned;
    left -= scan.scanned;
  }
  result.scanned += scanned;
  deferred = std::clamp<std::int64_t>(put_off + delta - scanned, 0, 2 * freeable);
}

}  // namespace mhp::kernel
