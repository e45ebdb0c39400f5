#include "sim/kernel/mm/reclaim/population.hpp"

#include <algorithm>

#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

namespace {

// New anonymous memory starts on the inactive list, as page cache does (since 5.9).
LruList list_of(Content content) {
  switch (content) {
    case Content::anon:
      return LruList::inactive_anon;
    case Content::locked:
      return LruList::unevictable;
    default:
      return LruList::inactive_file;
  }
}

}  // namespace

Population::Extent Population::add(const Allocation& got, int order, bool dirty) {
  Extent extent;
  if (spare_.empty()) {
    extent = static_cast<Extent>(extents_.size());
    extents_.emplace_back();
  } else {
    extent = spare_.back();
    spare_.pop_back();
  }
  add_to(extent, got, order, dirty);
  return extent;
}

void Population::add_to(Extent extent, const Allocation& got, int order, bool dirty) {
  ExtentState& state = extents_[extent];
  const Pfn end = got.pfn + PageCount{std::int64_t{1} << order};
  const PageCount back = std::min(missing(extent), end - got.pfn);
  PageCount refaults = back;
  for (Pfn p = got.pfn; p < end; p += PageCount{mm_.geometry().pageblock_pages()}) {
    LruRun run;
    run.pfn = p;
    run.pages = std::min(end - p, PageCount{mm_.geometry().pageblock_pages()});
    run.node = got.node;
    run.zone = got.zone;
    run.list = list_of(content_);
    run.mapped = run.young = content_ == Content::anon || content_ == Content::mapped_file;
    run.dirty = dirty || content_ == Content::anon;
    run.memcg = memcg_;
    run.owner = this;
    run.tag = extent;
    run.sibling = state.first;
    if (refaults.value > 0) mm_.reclaim().workingset().refault(run, state.shadow, refaults);
    refaults -= std::min(refaults, run.pages);
    state.first = mm_.lru().add(run);
  }
  resident_ += end - got.pfn;
  if (content_ == Content::anon) mm_.reclaim().writeback().swapped_in(back, memcg_);
  state.missing -= static_cast<std::int32_t>(back.value);
  missing_ -= back;
}

void Population::touch(Extent extent, bool write) {
  Lru& lru = mm_.lru();
  for (LruRef r = extents_[extent].first; r != kNoRun; r = lru[r].sibling) {
    if (write) mm_.reclaim().writeback().mark_dirty(r);
    if (lru[r].mapped)
      lru.set_young(r);
    else
      mm_.reclaim().mark_page_accessed(r);
  }
}

void Population::map(Extent extent) {
  Lru& lru = mm_.lru();
  for (LruRef r = extents_[extent].first; r != kNoRun; r = lru[r].sibling) lru[r].mapped = true;
}

Task<PageCount> Population::promote(Host& host, Extent extent, NodeId to) {
  Reclaim& reclaim = mm_.reclaim();
  // Moves first: others may take pages of the extent while the work is done, and while a lock is
  // waited for; what has found no room is not asked again.
  std::vector<LruRun> moved;
  std::vector<Pfn> stay;
  Receipt receipt = mm_.receipt();
  for (LruRef r = extents_[extent].first; r != kNoRun;) {
    LruRun was = mm_.lru()[r];
    const bool stays = std::find(stay.begin(), stay.end(), was.pfn) != stay.end();
    if (stays || !reclaim.tiers().may_promote(r, to)) {
      r = was.sibling;
      continue;
    }
    const RunMove done = reclaim.tiers().promote(r, to, receipt);
    was.pages = done.pages;
    moved.push_back(was);
    if (done.waits) {
      co_await mm_.ready(host, *done.waits, receipt);
      r = extents_[extent].first;
    } else {
      if (mm_.lru()[r].node != to) stay.push_back(was.pfn);
      r = mm_.lru()[r].sibling;
    }
  }
  co_await receipt.spend(host);
  PageCount pages;
  for (const LruRun& was : moved) {
    pages += was.pages;
    co_await reclaim.migration().spend(host, was.pfn, was.node, was.pages);
  }
  co_return pages;
}

void Population::free(Extent extent, Receipt& receipt) {
  Lru& lru = mm_.lru();
  for (LruRef r = extents_[extent].first; r != kNoRun;) {
    const LruRef next = lru[r].sibling;
    const PfnRange range = lru[r].range();
    mm_.reclaim().forget(r);
    mm_.free_page_range(range, receipt);
    mm_.reclaim().memcgs().uncharge(memcg_, range.pages());
    resident_ -= range.pages();
    r = next;
  }
  if (content_ == Content::anon) mm_.reclaim().writeback().free_swap(missing(extent), memcg_);
  missing_ -= missing(extent);
  extents_[extent] = {};
  spare_.push_back(extent);
}

void Population::free_all(Receipt& receipt) {
  for (Extent e = 0; e < extents_.size(); ++e)
    if (extents_[e].first != kNoRun || extents_[e].missing > 0) free(e, receipt);
}

PageCount Population::resident(Extent extent) const {
  PageCount n;
  for_each_run(extent, [&](const LruRun& run) { n += run.pages; });
  return n;
}

void Population::reclaimed(LruRef ref, PfnRange pages) {
  const Lru& lru = mm_.lru();
  ExtentState& state = extents_[lru[ref].tag];
  state.missing += static_cast<std::int32_t>(pages.pages().value);
  missing_ += pages.pages();
  state.shadow = mm_.reclaim().workingset().eviction(lru[ref], pages.pages());
  resident_ -= pages.pages();
  reclaimed_ += pages.pages();
  mm_.reclaim().memcgs().reclaimed(memcg_, pages.pages());
  if (pages.pages() < lru[ref].pages) return;
  // The run goes: out of the extent's chain.
  Lru& chain = mm_.lru();
  LruRef* link = &state.first;
  while (*link != ref) link = &chain[*link].sibling;
  *link = lru[ref].sibling;
}

}  // namespace mhp::kernel
