#include "sim/kernel/boot/memmap_init.hpp"

#include <algorithm>

#include "sim/kernel/mm/buddy.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/kernel/struct_page.hpp"

namespace mhp::kernel {

namespace {

constexpr std::int64_t divided_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

/// padata_do_multithreaded: no more threads than there are sections, a quarter of a thread's share
/// as a chunk, and whole sections.
constexpr std::int64_t chunk_of(std::int64_t pages, std::int64_t threads, std::int64_t section) {
  constexpr std::int64_t kLoadBalanceFactor = 4;
  const std::int64_t works = std::min(threads, std::max<std::int64_t>(1, pages / section));
  return round_up(std::max(section, pages / (works * kLoadBalanceFactor)), section);
}

}  // namespace

// mm/page_alloc.c of Linux 4.2, 4.15, 5.0 and 5.2; mm/mm_init.c of 6.12. A page's node was looked
// up in every loop over pages.
DeferredInitWork deferred_init_memmap(const KernelProfile& profile) {
  const DeferredInit how = profile.deferred_init;
  Pass init = Primitive::struct_page_init;
  if (struct_pages_are_cleared(StructPageCleared::by_memset, profile))
    init.add(Primitive::struct_page_memset);
  switch (how) {
    case DeferredInit::two_loops:
      init.add(Primitive::meminit_pfn_in_nid);
      return {{init, {Primitive::struct_page_free, Primitive::meminit_pfn_in_nid}}, false};
    case DeferredInit::one_loop:
      init.add(Primitive::meminit_pfn_in_nid);
      break;
    case DeferredInit::batches:
    case DeferredInit::padata:
      break;
  }
  init.add(Primitive::struct_page_free);
  return {{init}, how == DeferredInit::padata};
}

MemmapInit::MemmapInit(const Work& work)
    : work_(work),
      grain_(work.grain.value > 0 ? work.grain : PageCount{work.geometry.section_pages()}),
      chunk_(chunk_of(work.pages.value, work.threads, work.geometry.section_pages())),
      running_(work.threads) {}

// Where a block of the largest order is freed as soon as its pages are initialised, it is gone over
// again, so the misses start anew with every block; other passes run on.
std::int64_t MemmapInit::starts_of(Pass pass, std::int64_t pages) const {
  const bool again =
      pass.does(Primitive::struct_page_init) && pass.does(Primitive::struct_page_free);
  return again ? divided_up(pages, work_.geometry.max_order_pages()) : 0;
}

Task<void> MemmapInit::thread(Host& host) {
  while (next_ < work_.pages.value) {
    std::int64_t at = next_;
    const std::int64_t end = std::min(work_.pages.value, at + chunk_);
    next_ = end;
    for (; at < end; at += grain_.value) {
      const std::int64_t pages = std::min(grain_.value, end - at);
      co_await spend(host, work_.pass, pages, work_.node, starts_of(work_.pass, pages));
      if (work_.to_buddy) co_await free_to_buddy(host, pages);
    }
  }
  --running_;
}

// A hold a block. The struct page of each is cached; the lock comes from another thread if there
// are several. A block is more pages than a CPU counts by itself (at most 125), so each is counted
// in vm_zone_stat at once, under the lock (__mod_zone_page_state, mm/vmstat.c, since 2.6.18).
Task<void> MemmapInit::free_to_buddy(Host& host, std::int64_t pages) {
  const std::int64_t blocks = divided_up(pages, work_.geometry.max_order_pages());
  const std::int32_t zone = zone_index(work_.node, ZoneType::normal);
  co_await acquire(host, Lock::zone_lock, zone, blocks);
  if (work_.threads > 1) co_await spend(host, Primitive::percpu_line, blocks * kZoneLockLines);
  co_await spend(host, Primitive::free_one_page, blocks);
  co_await acquire(host, Lock::vm_zone_stat, -1, blocks);
  co_await release(host, Lock::vm_zone_stat);
  co_await release(host, Lock::zone_lock, zone);
}

Task<void> MemmapInit::beside(Host& host, Pass pass) {
  const std::int64_t section = work_.geometry.section_pages();
  while (!done()) co_await spend(host, pass, section, work_.node, starts_of(pass, section));
}

}  // namespace mhp::kernel
