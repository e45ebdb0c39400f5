// Pages on their way to a file or to swap: what reclaim found dirty is written by one thread, in
// that order, and is then the next to be reclaimed.
#include <algorithm>

#include "sim/kernel/hotplug/steps.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

Task<void> Reclaim::writeback(Host& host) {
  for (;;) {
    while (writeback_.empty()) co_await wait_for(host, Condition::writeback_wakeup, NodeId{});
    const LruRef ref = writeback_.front();
    if (ref == kNoRun) {
      writeback_.pop_front();
      continue;
    }
    const LruRun& run = lru_[ref];
    const PageCount pages = run.pages;
    const bool anon = !is_file(run.list);
    co_await spend(host, Primitive::writeback_page, pages.value, run.node);
    if (anon) events_.pswpout += pages.value;
    if (!writeback_.empty() && writeback_.front() == ref) end_writeback(ref);
    writeback_.pop_front();
  }
}

// folio_end_writeback: what reclaim waits for goes to the tail.
void Reclaim::end_writeback(LruRef ref) {
  LruRun& run = lru_[ref];
  writeback_pages_ -= run.pages;
  run.writeback = run.dirty = false;
  if (run.list == LruList::active_file) lru_.move_to_head(ref, LruList::inactive_file);
  lru_.move_to_tail(ref);
}

void Reclaim::mark_page_accessed(LruRef ref) {
  LruRun& run = lru_[ref];
  if (!run.referenced) {
    run.referenced = true;
  } else if (!is_active(run.list) && run.list != LruList::unevictable) {
    run.referenced = false;
    events_.pgactivate += run.pages.value;
    lru_.move_to_head(ref, active_of(run.list));
  }
}

// The copy in swap is out of date.
void Reclaim::mark_dirty(LruRef ref) {
  LruRun& run = lru_[ref];
  run.dirty = true;
  if (!run.swap_cache || run.writeback) return;
  run.swap_cache = false;
  free_swap(run.pages);
}

void Reclaim::forget(LruRef ref) {
  const LruRun& run = lru_[ref];
  if (run.swap_cache) free_swap(run.pages);
  if (run.writeback) {
    writeback_pages_ -= run.pages;
    std::replace(writeback_.begin(), writeback_.end(), ref, kNoRun);
  }
  lru_.remove(ref);
}

void Reclaim::swapped_in(PageCount pages) {
  events_.pswpin += pages.value;
  free_swap(pages);
}

}  // namespace mhp::kernel
