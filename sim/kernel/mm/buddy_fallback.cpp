// Which block an allocation gets: expand, __rmqueue_smallest, __rmqueue_claim and __rmqueue_steal
// of Linux 6.12.117, __rmqueue_fallback and steal_suitable_fallback of 6.1.
#include <algorithm>
#include <array>
#include <bit>

#include "sim/kernel/mm/buddy.hpp"
#include "sim/kernel/mm/order.hpp"

namespace mhp::kernel {

namespace {

/// The other types that a request may take from, best first (fallbacks[][] of mm/page_alloc.c).
constexpr std::array<MigrateType, 2> fallback_order(MigrateType type) {
  switch (type) {
    case MigrateType::unmovable:
      return {MigrateType::reclaimable, MigrateType::movable};
    case MigrateType::movable:
      return {MigrateType::reclaimable, MigrateType::unmovable};
    case MigrateType::reclaimable:
    case MigrateType::cma:
      break;
  }
  return {MigrateType::unmovable, MigrateType::movable};
}

}  // namespace

// The pageblock that a block of at most its size lies in, as page frames.
PfnRange Buddy::pageblock_of(std::int64_t pfn) const {
  const std::int64_t n = geometry_.pageblock_of(Pfn{pfn});
  return {geometry_.pageblock_start(n), geometry_.pageblock_start(n + 1)};
}

std::optional<std::int64_t> Buddy::head(int order, MigrateType type) const {
  if (order == geometry_.max_order()) {
    const std::int32_t r = chunks_[at(type)].head;
    return r == kNone ? std::nullopt : std::optional(runs_[index(r)].start);
  }
  const std::int32_t b = lists_[index(order)][at(type)].head;
  return b == kNone ? std::nullopt : std::optional(blocks_[b].pfn);
}

void Buddy::expand(std::int64_t pfn, int from, int to, MigrateType type) {
  while (from > to) {
    --from;
    push(pfn + pages_of_order(from).value, from, type, End::head);
  }
}

std::optional<Pfn> Buddy::allocate(int order, MigrateType type, Mode& mode) {
  if (mode == Mode::normal) {
    if (const auto pfn = take_own(order, type)) return pfn;
    if (profile_.fallback == Fallback::largest_block) return fall_back_to_largest(order, type);
    if (const auto pfn = claim(order, type)) return pfn;
  }
  const auto pfn = steal(order, type);
  if (pfn) mode = Mode::steal;
  return pfn;
}

// What can be migrated comes from CMA pageblocks when they have more than half of what is free, and
// before other types are asked (__rmqueue, ALLOC_CMA).
std::optional<Pfn> Buddy::take_own(int order, MigrateType type) {
  const bool cma = type == MigrateType::movable && free_cma_pages_ > 0;
  if (cma && free_cma_pages_ > free_pages_ / 2)
    if (const auto pfn = take_smallest(order, MigrateType::cma)) return pfn;
  if (const auto pfn = take_smallest(order, type)) return pfn;
  return cma ? take_smallest(order, MigrateType::cma) : std::nullopt;
}

std::optional<Pfn> Buddy::take_smallest(int order, MigrateType type) {
  const std::uint32_t orders = orders_[at(type)] >> order;
  if (orders == 0) return std::nullopt;
  const int found = order + std::countr_zero(orders);
  const std::int64_t pfn = *head(found, type);
  remove(pfn, found);
  expand(pfn, found, order, type);
  if (trace_)
    trace_->page_event(
        {.kind = PageEvent::Kind::taken, .pfn = Pfn{pfn}, .order = order, .type = type});
  return Pfn{pfn};
}

std::optional<Buddy::Candidate> Buddy::candidate(int order, MigrateType type) const {
  for (const MigrateType other : fallback_order(type))
    if (const auto pfn = head(order, other)) return Candidate{*pfn, order, other};
  return std::nullopt;
}

std::optional<Buddy::Candidate> Buddy::smallest_candidate(int order, MigrateType type) const {
  for (int o = order; o <= geometry_.max_order(); ++o)
    if (const auto c = candidate(o, type)) return c;
  return std::nullopt;
}

// should_try_claim_block: small blocks are left to kernel allocations, which must not scatter.
bool Buddy::may_claim(const Candidate& c, MigrateType type) const {
  return c.order >= geometry_.pageblock_order() / 2 || type != MigrateType::movable;
}

// Pages that are free or of the request's kind make up at least half of the pageblock. Nobody to
// ask: pages in use are of another kind.
bool Buddy::mostly_alike(PfnRange pageblock, MigrateType type) const {
  const std::int64_t free = free_in(pageblock).value;
  std::int64_t alike = 0;
  if (use_) {
    if (type == MigrateType::movable)
      alike = use_->movable_in(pageblock).value;
    else if (pageblock_type(pageblock.start) == MigrateType::movable)
      alike = geometry_.pageblock_pages() - free - use_->movable_in(pageblock).value;
  }
  return free + alike >= geometry_.pageblock_pages() / 2;
}

bool Buddy::meets(int order, MigrateType type) const {
  for (int o = order; o <= geometry_.max_order(); ++o) {
    if (head(o, type)) return true;
    if (type == MigrateType::movable && head(o, MigrateType::cma)) return true;
    if (const auto c = candidate(o, type); c && may_claim(*c, type)) return true;
  }
  return false;
}

Pfn Buddy::take_candidate(const Candidate& c, int order, MigrateType remainder) {
  remove(c.pfn, c.order);
  expand(c.pfn, c.order, order, remainder);
  return Pfn{c.pfn};
}

/// The pageblocks of a block that covers whole ones change type.
void Buddy::claim_whole(const Candidate& c, MigrateType type) {
  const std::int64_t first = geometry_.pageblock_of(Pfn{c.pfn});
  mark(first, first + pages_of_order(c.order - geometry_.pageblock_order()).value, type);
}

// A pageblock that is about to have pages of two types, or to change its own: its range.
PfnRange Buddy::may_fragment(const Candidate& c) {
  ++claims_;
  return pageblock_of(c.pfn);
}

// The largest block the pageblock of which can be claimed.
std::optional<Pfn> Buddy::claim(int order, MigrateType type) {
  for (int o = geometry_.max_order(); o >= order; --o) {
    const auto c = candidate(o, type);
    if (!c) continue;
    if (!may_claim(*c, type)) break;
    std::optional<Pfn> pfn;
    if (o >= geometry_.pageblock_order()) {
      claim_whole(*c, type);
      pfn = take_candidate(*c, order, type);
    } else if (const PfnRange block = may_fragment(*c); mostly_alike(block, type)) {
      set_pageblock_type(block, type);
      pfn = take_smallest(order, type);
    }
    if (!pfn) continue;
    report_fallback(*c, *pfn, order, type);
    return pfn;
  }
  return std::nullopt;
}

// The smallest block; its pageblock keeps its type.
std::optional<Pfn> Buddy::steal(int order, MigrateType type) {
  const auto c = smallest_candidate(order, type);
  if (!c) return std::nullopt;
  const Pfn pfn = take_candidate(*c, order, c->type);
  report_fallback(*c, pfn, order, type);
  return pfn;
}

// The largest block; the smallest if a movable request may not claim that one's pageblock. Where
// lists need not follow pageblocks, free pages move to the request's lists whether or not the
// pageblock is claimed, and the request is then met as any other.
std::optional<Pfn> Buddy::fall_back_to_largest(int order, MigrateType type) {
  std::optional<Candidate> c;
  for (int o = geometry_.max_order(); o >= order && !c; --o) c = candidate(o, type);
  if (!c) return std::nullopt;
  if (!may_claim(*c, type) && c->order > order) c = smallest_candidate(order, type);
  const bool strict = lists_follow_pageblocks();
  const bool whole = c->order >= geometry_.pageblock_order();
  const PfnRange block = whole ? pageblock_of(c->pfn) : may_fragment(*c);
  const bool claimed = whole || (may_claim(*c, type) && mostly_alike(block, type));
  if (strict && !claimed) {
    const Pfn pfn = take_candidate(*c, order, c->type);
    report_fallback(*c, pfn, order, type);
    return pfn;
  }
  if (whole) {
    claim_whole(*c, type);
    remove(c->pfn, c->order);
    push(c->pfn, c->order, type, End::tail);
  } else if (claimed) {
    set_pageblock_type(block, type);
  } else if (may_claim(*c, type)) {
    move_free_blocks(block, type);
  } else {
    remove(c->pfn, c->order);
    push(c->pfn, c->order, type, End::tail);
  }
  report_fallback(*c, Pfn{c->pfn}, order, type);
  return take_smallest(order, type);
}

void Buddy::report_fallback(const Candidate& c, Pfn pfn, int order, MigrateType type) const {
  if (!trace_) return;
  trace_->page_event({.kind = PageEvent::Kind::fallback,
                      .pfn = pfn,
                      .order = order,
                      .type = type,
                      .fallback_order = c.order,
                      .fallback_type = c.type,
                      .change_ownership = pageblock_type(pfn) == type});
}

}  // namespace mhp::kernel
