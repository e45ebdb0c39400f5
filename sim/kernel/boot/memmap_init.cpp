#include "sim/kernel/boot/memmap_init.hpp"

#include <algorithm>

#include "sim/kernel/mm/buddy.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

constexpr std::int64_t divided_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

/// deferred_init_maxorder goes over each block of the largest order once for each primitive, so its
/// misses start anew with every block; a pass of one primitive runs on.
constexpr std::int64_t starts_of(Pass pass, std::int64_t pages) {
  return pass.with == 0 ? 0 : divided_up(pages, kMaxOrderPages);
}

/// padata_do_multithreaded: no more threads than there are sections, a quarter of a thread's share
/// as a chunk, and whole sections.
constexpr std::int64_t chunk_of(std::int64_t pages, std::int64_t threads) {
  constexpr std::int64_t kLoadBalanceFactor = 4;
  const std::int64_t works = std::min(threads, std::max<std::int64_t>(1, pages / kSectionPages));
  return round_up(std::max(kSectionPages, pages / (works * kLoadBalanceFactor)), kSectionPages);
}

}  // namespace

MemmapInit::MemmapInit(const Work& work)
    : work_(work), chunk_(chunk_of(work.pages.value, work.threads)), running_(work.threads) {}

Task<void> MemmapInit::thread(Host& host) {
  while (next_ < work_.pages.value) {
    std::int64_t at = next_;
    const std::int64_t end = std::min(work_.pages.value, at + chunk_);
    next_ = end;
    for (; at < end; at += work_.grain.value) {
      const std::int64_t pages = std::min(work_.grain.value, end - at);
      co_await spend(host, work_.pass, pages, work_.node, starts_of(work_.pass, pages));
      if (work_.to_buddy) co_await free_to_buddy(host, pages);
    }
  }
  --running_;
}

// A hold a block. The struct page of each is cached; the lock comes from another thread if there
// are several.
Task<void> MemmapInit::free_to_buddy(Host& host, std::int64_t pages) {
  const std::int64_t blocks = divided_up(pages, kMaxOrderPages);
  const std::int32_t zone = zone_index(work_.node, ZoneType::normal);
  co_await acquire(host, Lock::zone_lock, zone, blocks);
  if (work_.threads > 1) co_await spend(host, Primitive::percpu_line, blocks * kZoneLockLines);
  co_await spend(host, Primitive::free_one_page, blocks);
  co_await release(host, Lock::zone_lock, zone);
}

Task<void> MemmapInit::beside(Host& host, Pass pass) {
  while (!done())
    co_await spend(host, pass, kSectionPages, work_.node, starts_of(pass, kSectionPages));
}

}  // namespace mhp::kernel
