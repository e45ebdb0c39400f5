#include "workloads/common/extents.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace mhp::workloads {

namespace {

struct Named {
  const char* name;
  Bytes size;
};
constexpr std::array kExtents{Named{"4KiB", Bytes{4 * kKiB}},     Named{"16KiB", Bytes{16 * kKiB}},
                              Named{"32KiB", Bytes{32 * kKiB}},   Named{"64KiB", Bytes{64 * kKiB}},
                              Named{"256KiB", Bytes{256 * kKiB}}, Named{"2MiB", Bytes{2 * kMiB}}};

/// The largest order that the slow path tries to give until it succeeds
/// (PAGE_ALLOC_COSTLY_ORDER).
constexpr int kSlowOrder = 3;

constexpr PageCount pages_of(int order) { return PageCount{std::int64_t{1} << order}; }

}  // namespace

int order_of(const std::string& extent, const kernel::Geometry& geometry) {
  for (const Named& e : kExtents)
    if (extent == e.name) return geometry.order_of(e.size);
  return extent == kThpExtent ? geometry.pmd_order() : 0;
}

std::vector<Choice> extent_choices() {
  std::vector<Choice> choices;
  for (const Named& e : kExtents)
    choices.push_back({e.name, "a block of order " +
                                   std::to_string(kernel::Geometry{}.order_of(e.size)) +
                                   " (of pages of 4 KiB)"});
  return choices;
}

std::vector<Choice> anon_extent_choices() {
  std::vector<Choice> choices = extent_choices();
  choices.push_back({kThpExtent,
                     "a transparent huge page (2 MiB on x86-64) or base pages, as "
                     "kernel.transparent_hugepage and its defrag have it"});
  return choices;
}

void Faults::give_back(const kernel::Allocation& block, int order, Thread& thread) {
  context_.mm.free_pages(block.pfn, order, thread.receipt());
}

// What swap gives back comes page by page.
Task<std::optional<kernel::Allocation>> Faults::piece(Thread& thread, std::int64_t wanted,
                                                      int& order) {
  order = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(wanted))) - 1;
  if (thp_ != Thp::none) {
    if (order == order_) {
      const auto huge = co_await thread.alloc_huge(thp_ == Thp::madvised);
      if (huge) {
        const bool charged = co_await thread.charge_huge(pages_of(order), thp_ == Thp::madvised);
        if (charged) co_return huge;
        give_back(*huge, order, thread);
      }
    }
    order = 0;
  }
  std::optional<kernel::Allocation> block;
  if (order > kSlowOrder) {
    block = co_await thread.alloc_fast(user_pages(thread.node(), order));
    if (!block) order = kSlowOrder;
  }
  if (!block) block = co_await thread.alloc(user_pages(thread.node(), order));
  // mem_cgroup_charge comes after the allocation.
  if (!block) co_return std::nullopt;
  const bool charged = co_await thread.charge(pages_of(order));
  if (charged) co_return block;
  give_back(*block, order, thread);
  co_return std::nullopt;
}

Task<std::optional<kernel::Population::Extent>> Faults::fault(
    Thread& thread, std::optional<kernel::Population::Extent> extent, bool dirty, PageSet& got) {
  std::int64_t wanted = extent ? population_.missing(*extent).value : extent_pages().value;
  const bool fresh = !extent.has_value();
  const std::int64_t lives = process_ != nullptr ? process_->lives() : 0;
  while (wanted > 0) {
    int order = 0;
    const auto block = co_await piece(thread, wanted, order);
    if (killed_since(lives)) {
      if (block) {
        give_back(*block, order, thread);
        context_.mm.reclaim().memcgs().uncharge(population_.memcg(), pages_of(order));
      }
      co_return std::nullopt;
    }
    if (!block) {
      if (fresh && extent) population_.free(*extent, thread.receipt());
      co_return fresh ? std::nullopt : extent;
    }
    if (extent)
      population_.add_to(*extent, *block, order, dirty);
    else
      extent = population_.add(*block, order, dirty);
    got.add(*block, order);
    wanted -= std::int64_t{1} << order;
  }
  co_return extent;
}

}  // namespace mhp::workloads
