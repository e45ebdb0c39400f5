#include "sim/kernel/mm/reclaim/writeback.hpp"

#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

Task<void> Writeback::run(Host& host) {
  for (;;) {
    while (queue_.empty()) co_await wait_for(host, Condition::writeback_wakeup, NodeId{});
    const LruRef ref = queue_.front().ref;
    if (ref != kNoRun) {
      const LruRun& run = reclaim_.lru()[ref];
      const PageCount pages = run.pages;
      co_await spend(host, Primitive::writeback_page, reclaim_.lru().geometry().contents(pages),
                     run.node);
      written_ += pages.value;
      if (queue_.front().ref == ref) end(ref);
    }
    finish_first();
  }
}

bool Writeback::fits(LruRef ref, const WritePlug& plug) const {
  const LruRun& run = reclaim_.lru()[ref];
  return runs_of_.count(plug.request) > 0 &&
         plug.pages + run.pages.value <= reclaim_.lru().geometry().pages_of(kMaxRequest).value;
}

bool Writeback::must_wait(LruRef ref, const WritePlug& plug) const {
  return !is_file(reclaim_.lru()[ref].list) && requests() >= requests_ && !fits(ref, plug) &&
         reclaim_.has_threads();
}

Task<void> Writeback::wait_for_request(Host& host) {
  while (requests() >= requests_ && reclaim_.has_threads()) {
    const std::int64_t written = written_;
    const std::size_t queued = queue_.size();
    co_await wait_for(host, Condition::writeback_end, NodeId{});
    if (written_ == written && queue_.size() == queued) co_return;  // a host without time
  }
}

Task<void> Writeback::throttle(Host& host) {
  const std::int64_t until = written_ + kSwapClusterMax;
  for (std::int64_t written = -1; pages_.value > 0 && written_ < until && written_ != written;) {
    if (!reclaim_.has_threads()) co_return;
    written = written_;
    co_await wait_for(host, Condition::writeback_end, NodeId{});
  }
}

bool Writeback::start(LruRef ref, WritePlug& plug) {
  LruRun& run = reclaim_.lru()[ref];
  const bool anon = !is_file(run.list);
  if (anon && !run.swap_cache) {
    if (swap_free_ < run.pages) return false;
    if (!reclaim_.memcgs().charge_swap(run.memcg, run.pages)) return false;
    swap_free_ -= run.pages;
    run.swap_cache = true;
  }
  run.writeback = true;
  run.dirty = false;
  pages_ += run.pages;
  reclaim_.events().nr_vmscan_write += run.pages.value;
  if (!anon) {
    enqueue(ref, kFlusher);
    return true;
  }
  if (!fits(ref, plug)) plug = {next_request_++, 0};
  plug.pages += run.pages.value;
  enqueue(ref, plug.request);
  reclaim_.events().pswpout += run.pages.value;
  return true;
}

void Writeback::enqueue(LruRef ref, std::int64_t request) {
  queue_.push_back({ref, request});
  if (request != kFlusher) ++runs_of_[request];
  reclaim_.wake(Condition::writeback_wakeup, NodeId{});
}

void Writeback::split(LruRef rest) {
  const LruRun& run = reclaim_.lru()[rest];
  if (run.writeback) enqueue(rest, is_file(run.list) ? kFlusher : next_request_++);
}

void Writeback::finish_first() {
  const auto request = runs_of_.find(queue_.front().request);
  queue_.pop_front();
  if (request != runs_of_.end() && --request->second == 0) runs_of_.erase(request);
  reclaim_.wake(Condition::writeback_end, NodeId{});
}

// folio_end_writeback: what reclaim waits for goes to the tail of the inactive list, unless it was
// written to meanwhile (folio_rotate_reclaimable).
void Writeback::end(LruRef ref) {
  Lru& lru = reclaim_.lru();
  LruRun& run = lru[ref];
  pages_ -= run.pages;
  run.writeback = false;
  if (run.dirty) return;
  if (run.list == LruList::active_file) lru.move_to_head(ref, LruList::inactive_file);
  if (run.list == LruList::active_anon) lru.move_to_head(ref, LruList::inactive_anon);
  lru.move_to_tail(ref);
}

void Writeback::mark_dirty(LruRef ref) {
  LruRun& run = reclaim_.lru()[ref];
  run.dirty = true;
  if (!run.swap_cache || run.writeback) return;
  run.swap_cache = false;
  free_swap(run.pages, run.memcg);
}

void Writeback::forget(LruRef ref) {
  const LruRun& run = reclaim_.lru()[ref];
  if (run.swap_cache) free_swap(run.pages, run.memcg);
  if (!run.writeback) return;
  pages_ -= run.pages;
  for (Entry& e : queue_)
    if (e.ref == ref) e.ref = kNoRun;
}

void Writeback::swapped_in(PageCount pages, MemcgId memcg) {
  reclaim_.events().pswpin += pages.value;
  free_swap(pages, memcg);
}

void Writeback::free_swap(PageCount pages, MemcgId memcg) {
  swap_free_ += pages;
  reclaim_.memcgs().uncharge_swap(memcg, pages);
}

}  // namespace mhp::kernel
