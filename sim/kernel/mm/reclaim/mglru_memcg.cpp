// Memory cgroups under multi-generational LRU: shrink_many, shrink_one and lru_gen_rotate_memcg of
// mm/vmscan.c, Linux 6.12.
#include <algorithm>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/mglru.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

void MemcgLru::add(MemcgId memcg) {
  places_.push_back({oldest(), false});
  fifo_[oldest()].push_back(memcg);
}

void MemcgLru::rotate(MemcgId memcg, MemcgOp op) {
  if (op == MemcgOp::stay) return;
  Place& place = places_[memcg.index()];
  std::erase(fifo_[place.generation], memcg);
  place.at_tail = op == MemcgOp::tail;
  if (op == MemcgOp::young) {
    const std::size_t old = place.generation;
    place.generation = (oldest() + 1) % kGenerations;
    if (old == oldest() && fifo_[old].empty()) ++seq_;
  }
  fifo_[place.generation].push_back(memcg);
}

void MemcgLru::begin_after(MemcgId memcg) {
  std::vector<MemcgId>& fifo = fifo_[places_[memcg.index()].generation];
  std::erase(fifo, memcg);
  fifo.push_back(memcg);
}

void MultiGenLru::add_memcg() {
  controls_.resize(controls_.size() + nodes_);
  const auto last = static_cast<std::uint16_t>(controls_.size() / nodes_ - 1);
  for (MemcgLru& order : memcg_lru_) order.add(MemcgId{last});
}

// lruvec_is_sizable: at this priority there is something to look at.
bool MultiGenLru::is_sizable(LruVec vec, const ScanControl& sc) const {
  const Lru& lru = reclaim_.lru();
  const bool can_swap = get_swappiness(vec, sc) > 0;
  PageCount total;
  for (const GenType type : kGenTypes) {
    if (type == GenType::anon && !can_swap) continue;
    for (std::uint8_t gen = 0; gen < kMaxNrGens; ++gen)
      total += lru.generation_size(vec, type, gen);
  }
  return total.value >> sc.priority > 0;
}

// What is within memory.low is spared until all others of its generation have been looked at; what
// has little is looked at once more.
Task<MemcgOp> MultiGenLru::shrink_one(Host& host, LruVec vec, ScanControl& sc) {
  Memcgs& memcgs = reclaim_.memcgs();
  const bool again = memcg_lru_[vec.node.index()].at_tail(vec.memcg);
  if (memcgs.below_low(sc.target, vec.memcg)) {
    if (!again) co_return MemcgOp::tail;
    ++memcgs[vec.memcg].events.low;
  }
  const bool aged = co_await try_to_shrink_lruvec(host, vec, sc);
  if (aged) co_return MemcgOp::young;
  if (is_sizable(vec, sc)) co_return MemcgOp::stay;
  co_return again ? MemcgOp::young : MemcgOp::tail;
}

// Others may rotate memory cgroups while this one is looked at: the walk then goes on where it now
// stands, or where it stood.
Task<void> MultiGenLru::shrink_many(Host& host, NodeId node, ScanControl& sc) {
  if (reclaim_.memcgs().size() == 1) {
    co_await try_to_shrink_lruvec(host, node, sc);
    co_return;
  }
  MemcgLru& order = memcg_lru_[node.index()];
  const std::vector<MemcgId>& fifo = order.of(order.oldest());
  for (std::size_t at = 0; at < fifo.size();) {
    const MemcgId memcg = fifo[at];
    const MemcgOp op = co_await shrink_one(host, {node, memcg}, sc);
    const bool enough = should_abort_scan(node, sc);
    const auto now = std::find(fifo.begin(), fifo.end(), memcg);
    if (now != fifo.end()) at = static_cast<std::size_t>(now - fifo.begin());
    if (op != MemcgOp::stay)
      order.rotate(memcg, op);
    else if (enough)
      order.begin_after(memcg);
    else if (now != fifo.end())
      ++at;
    if (enough) co_return;
  }
}

Task<void> MultiGenLru::shrink_lruvec(Host& host, LruVec vec, ScanControl& sc) {
  const bool aged = co_await try_to_shrink_lruvec(host, vec, sc);
  if (aged) memcg_lru_[vec.node.index()].rotate(vec.memcg, MemcgOp::young);
}

}  // namespace mhp::kernel
