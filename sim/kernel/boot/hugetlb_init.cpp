#include "sim/kernel/boot/hugetlb_init.hpp"

#include <algorithm>

#include "sim/kernel/mm/zone_type.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

/// The `nth` of equal parts of a whole; the first parts have what is left over.
constexpr std::int64_t part(std::int64_t whole, std::int64_t parts, std::int64_t nth) {
  return whole / parts + (nth < whole % parts ? 1 : 0);
}

Pass initialised_tail() {
  Pass pass{Primitive::struct_page_init, Primitive::compound_tail};
  pass.add(Primitive::page_ref_freeze);
  return pass;
}

}  // namespace

Task<void> HugetlbInit::thread(Host& host) {
  const std::int64_t self = begun_++;
  if (work_.geometry.pages_of(work_.size).value > work_.geometry.max_order_pages())
    co_await gather(host);
  else
    co_await allocate(host, part(work_.pages.value, work_.threads, self));
}

Task<void> HugetlbInit::gather(Host& host) {
  const std::int64_t struct_pages = work_.geometry.pages_of(work_.size).value;
  while (next_ < work_.nodes) {
    const NodeId node{next_++};
    for (std::int64_t left = part(work_.pages.value, work_.nodes, node.value); left > 0; --left)
      co_await spend(host, initialised_tail(), struct_pages, node, 0);
  }
}

Task<void> HugetlbInit::allocate(Host& host, std::int64_t share) {
  std::vector<std::int64_t> taken(static_cast<std::size_t>(work_.nodes));
  for (std::int64_t done = 0; done < share;) {
    // Each thread begins with the first node.
    const std::int64_t round = std::min(share - done, work_.grain.value * work_.nodes);
    for (std::int32_t n = 0; n < work_.nodes; ++n) {
      const std::int64_t pages = part(round, work_.nodes, n);
      if (pages > 0) co_await take(host, NodeId{n}, pages);
      taken[static_cast<std::size_t>(n)] += pages;
    }
    done += round;
  }
  co_await enqueue(host, taken);
}

// A hold a page. The zone's lock comes from another thread if there are several.
Task<void> HugetlbInit::take(Host& host, NodeId node, std::int64_t pages) {
  const std::int32_t zone = zone_index(node, ZoneType::normal);
  co_await acquire(host, Lock::zone_lock, zone, pages);
  if (work_.threads > 1) co_await spend(host, Primitive::percpu_line, pages * kZoneLockLines);
  co_await spend(host, Primitive::rmqueue, pages);
  co_await release(host, Lock::zone_lock, zone);
  co_await spend(host, Primitive::alloc_pages, pages);
  co_await spend(host, Primitive::compound_tail, pages * work_.geometry.pages_of(work_.size).value,
                 node);
}

// The thread's list is gone through under hugetlb_lock: the next page of it is known only from the
// struct page of the one before, which the caches have lost by then.
Task<void> HugetlbInit::enqueue(Host& host, const std::vector<std::int64_t>& taken) {
  co_await acquire(host, Lock::hugetlb_lock);
  for (std::size_t n = 0; n < taken.size(); ++n) {
    if (taken[n] == 0) continue;
    const NodeId node{static_cast<std::int32_t>(n)};
    co_await spend(host, Primitive::struct_page_touch, taken[n], node);
    co_await spend(host, Primitive::lru_move, taken[n], node);
  }
  co_await release(host, Lock::hugetlb_lock);
}

}  // namespace mhp::kernel
