#include "workloads/common/slab_cache.hpp"

#include <algorithm>

namespace mhp::workloads {

Task<std::optional<kernel::Allocation>> alloc_large_slab(const Context& context, Thread& thread,
                                                         kernel::AllocRequest request) {
  request.direct_reclaim = request.kswapd = false;
  if (const auto got = co_await thread.alloc_fast(request)) co_return got;
  co_await thread.spend_work();
  co_return co_await context.mm.get_page_from_freelist(thread.host(), request, kernel::Mark::min);
}

SlabCache::SlabCache(const Context& context, Bytes object_size, int order, kernel::MigrateType type)
    : context_(context),
      object_size_(object_size.value),
      order_(order),
      least_order_(std::min(order, context.mm.geometry().order_of(object_size))),
      type_(type) {}

kernel::AllocRequest SlabCache::request(const Thread& thread, int order) const {
  return {.node = thread.node(), .order = order, .type = type_};
}

Task<bool> SlabCache::make_room(Thread& thread) {
  if (has_room()) co_return true;
  if (order_ > least_order_) {
    if (const auto block = co_await alloc_large_slab(context_, thread, request(thread, order_))) {
      enter(*block, order_);
      co_return true;
    }
  }
  const auto block = co_await thread.alloc(request(thread, least_order_));
  if (block) enter(*block, least_order_);
  co_return block.has_value();
}

void SlabCache::enter(const kernel::Allocation& block, int order) {
  SlabNo slab = static_cast<SlabNo>(slabs_.size());
  if (spare_.empty()) {
    slabs_.emplace_back();
  } else {
    slab = spare_.back();
    spare_.pop_back();
  }
  slabs_[slab] = {block.pfn, block.node, static_cast<std::int16_t>(order)};
  list(slab);
  pages_ += PageCount{std::int64_t{1} << order};
  most_pages_ = std::max(most_pages_, pages_);
}

SlabCache::SlabNo SlabCache::add() {
  const SlabNo slab = partial_.back();
  Slab& s = slabs_[slab];
  if (++s.used == room(s.order)) unlist(s);
  return slab;
}

PageCount SlabCache::remove(SlabNo slab, kernel::Receipt& receipt) {
  Slab& s = slabs_[slab];
  if (--s.used > 0) {
    if (s.place == kFull) list(slab);
    return PageCount{0};
  }
  if (s.place != kFull) unlist(s);
  const PageCount freed{std::int64_t{1} << s.order};
  context_.mm.free_pages(s.pfn, s.order, receipt);
  spare_.push_back(slab);
  pages_ -= freed;
  return freed;
}

void SlabCache::list(SlabNo slab) {
  slabs_[slab].place = static_cast<std::int32_t>(partial_.size());
  partial_.push_back(slab);
}

void SlabCache::unlist(Slab& s) {
  const SlabNo last = partial_.back();
  partial_[static_cast<std::size_t>(s.place)] = last;
  slabs_[last].place = s.place;
  partial_.pop_back();
  s.place = kFull;
}

}  // namespace mhp::workloads
