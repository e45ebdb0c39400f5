#include "sim/kernel/mm/receipt.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/order.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

Task<void> spend_under_lock(Host& host, const ZoneLockHold& hold) {
  if (hold.handed_over) co_await spend(host, Primitive::percpu_line, kZoneLockLines);
  if (hold.taken > 0) co_await spend(host, Primitive::rmqueue, hold.taken);
  if (hold.freed > 0) co_await spend(host, Primitive::free_one_page, hold.freed);
  co_await spend_visits(host, hold.visits);
}

}  // namespace

Receipt::Receipt(Receipt&& other) noexcept
    : book_(other.book_),
      open_(std::exchange(other.open_, false)),
      locked_(std::exchange(other.locked_, kUnlocked)),
      places_(std::move(other.places_)),
      work_(std::exchange(other.work_, {})) {}

Task<void> Receipt::lock(Host& host, NodeId node, ZoneType zone) {
  if (!writes()) co_return;
  co_await spend(host);
  co_await acquire(host, Lock::zone_lock, zone_index(node, zone));
  locked_ = zone_index(node, zone);
  opens();
}

Task<void> Receipt::spend(Host& host) {
  const Work work = take();
  if (locked_ != kUnlocked) {
    if (work.hold) co_await spend_under_lock(host, *work.hold);
    co_await release(host, Lock::zone_lock, std::exchange(locked_, kUnlocked));
  }
  if (work.allocations > 0) co_await kernel::spend(host, Primitive::alloc_pages, work.allocations);
  if (work.frees > 0) co_await kernel::spend(host, Primitive::free_pages, work.frees);
  if (work.tails_freed > 0)
    co_await kernel::spend(host, Primitive::free_tail_page, work.tails_freed);
  co_await spend_visits(host, work.visits);
  for (const Due& due : work.dues) co_await settle(host, due);
}

Task<void> Receipt::settle(Host& host, const Due& due) {
  const std::int32_t zone =
      std::visit([](const auto& d) { return zone_index(d.node, d.zone); }, due);
  co_await acquire(host, Lock::zone_lock, zone);
  locked_ = zone;
  book_->settle_(due, *this);
  const Work work = take();
  if (work.hold) co_await spend_under_lock(host, *work.hold);
  co_await release(host, Lock::zone_lock, std::exchange(locked_, kUnlocked));
}

bool Receipt::opens() {
  if (open_) return true;
  if (!writes()) return false;
  if (!places_) places_.emplace(book_->memmap_, book_->geometry_);
  open_ = true;
  ++book_->unspent_;
  return true;
}

Receipt::Work Receipt::take() {
  if (!open_) return {};
  open_ = false;
  --book_->unspent_;
  places_->forget();
  return std::exchange(work_, {});
}

void Receipt::allocated(Pfn pfn, int order, NodeId node, bool tails) {
  if (!opens()) return;
  ++work_.allocations;
  if (tails && order > 0)
    work_.visits.follow(pfn + PageCount{1}, pages_of_order(order) - PageCount{1},
                        places_->of(pfn, node));
}

void Receipt::freed(Pfn pfn, int order, NodeId node) {
  if (!opens()) return;
  ++work_.frees;
  work_.tails_freed += pages_of_order(order).value - 1;
  work_.visits.visit(pfn, PageCount{1}, places_->of(pfn, node));
}

void Receipt::allocated(const PageRun& run) {
  if (opens()) work_.allocations += run.pages;
}

void Receipt::freed(const PageRun& run, NodeId node) {
  if (!opens()) return;
  work_.frees += run.pages;
  work_.visits.visit(run, places_->of(run.first, node));
}

// One call, either way.
void Receipt::visited(PfnRange range, NodeId node) {
  if (!opens()) return;
  ++work_.allocations;
  for (Pfn p = range.start; p < range.end;) {
    const Geometry& g = places_->geometry();
    const Pfn end = std::min(range.end, g.section_start(g.section_of(p) + 1));
    work_.visits.visit(p, end - p, places_->of(p, node));
    p = end;
  }
}

void Receipt::hold(NodeId node, ZoneType zone, bool handed_over) {
  if (!opens()) return;
  MHP_INVARIANT(locked_ == zone_index(node, zone) && !work_.hold,
                "free lists of zone {} of node {} change outside a hold of its lock",
                static_cast<int>(zone), node.value);
  work_.hold = ZoneLockHold{.node = node, .handed_over = handed_over, .visits = {}};
}

void Receipt::taken_in_hold(Pfn pfn, PageCount visited) {
  if (!open_) return;
  ++work_.hold->taken;
  visit_in_hold(pfn, visited);
}

void Receipt::freed_in_hold(Pfn pfn) {
  if (!open_) return;
  ++work_.hold->freed;
  visit_in_hold(pfn, PageCount{1});
}

void Receipt::leave(const Due& due) {
  MHP_INVARIANT(opens(), "something is left to a receipt that nobody spends");
  work_.dues.push_back(due);
}

void Receipt::visit_in_hold(Pfn pfn, PageCount pages) {
  work_.hold->visits.visit(pfn, pages, places_->of(pfn, work_.hold->node));
}

}  // namespace mhp::kernel
