#include "sim/kernel/mm/reclaim/writeback.hpp"

#include <algorithm>

#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

Task<void> Writeback::run(Host& host) {
  for (;;) {
    while (queue_.empty()) co_await wait_for(host, Condition::writeback_wakeup, NodeId{});
    const LruRef ref = queue_.front();
    if (ref == kNoRun) {
      queue_.pop_front();
      continue;
    }
    const LruRun& run = reclaim_.lru()[ref];
    const PageCount pages = run.pages;
    const bool anon = !is_file(run.list);
    co_await spend(host, Primitive::writeback_page, reclaim_.lru().geometry().contents(pages),
                   run.node);
    if (anon) reclaim_.events().pswpout += pages.value;
    if (!queue_.empty() && queue_.front() == ref) end(ref);
    queue_.pop_front();
  }
}

bool Writeback::start(LruRef ref) {
  LruRun& run = reclaim_.lru()[ref];
  if (!is_file(run.list) && !run.swap_cache) {
    if (swap_free_ < run.pages) return false;
    swap_free_ -= run.pages;
    run.swap_cache = true;
  }
  run.writeback = true;
  pages_ += run.pages;
  queue_.push_back(ref);
  reclaim_.events().nr_vmscan_write += run.pages.value;
  reclaim_.wake(Condition::writeback_wakeup, NodeId{});
  return true;
}

void Writeback::split(LruRef rest) {
  if (reclaim_.lru()[rest].writeback) queue_.push_back(rest);
}

// folio_end_writeback: what reclaim waits for goes to the tail.
void Writeback::end(LruRef ref) {
  Lru& lru = reclaim_.lru();
  LruRun& run = lru[ref];
  pages_ -= run.pages;
  run.writeback = run.dirty = false;
  if (run.list == LruList::active_file) lru.move_to_head(ref, LruList::inactive_file);
  lru.move_to_tail(ref);
}

void Writeback::mark_dirty(LruRef ref) {
  LruRun& run = reclaim_.lru()[ref];
  run.dirty = true;
  if (!run.swap_cache || run.writeback) return;
  run.swap_cache = false;
  free_swap(run.pages);
}

void Writeback::forget(LruRef ref) {
  const LruRun& run = reclaim_.lru()[ref];
  if (run.swap_cache) free_swap(run.pages);
  if (!run.writeback) return;
  pages_ -= run.pages;
  std::replace(queue_.begin(), queue_.end(), ref, kNoRun);
}

void Writeback::swapped_in(PageCount pages) {
  reclaim_.events().pswpin += pages.value;
  free_swap(pages);
}

}  // namespace mhp::kernel
