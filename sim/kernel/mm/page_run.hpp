#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// Single pages of one zone in a row, each beside the one before: upwards or downwards. What is
/// done to each of them in their order may be done to the run.
struct PageRun {
  Pfn first;
  std::int32_t pages = 0;
  std::int32_t step = 1;  ///< 1 or -1

  PageRun() = default;
  explicit PageRun(Pfn page) : first(page), pages(1) {}
  PageRun(Pfn first_page, std::int64_t count, std::int32_t direction)
      : first(first_page), pages(static_cast<std::int32_t>(count)), step(direction) {}
  bool operator==(const PageRun&) const = default;

  bool empty() const { return pages == 0; }
  PageCount count() const { return PageCount{pages}; }
  Pfn at(std::int64_t i) const { return Pfn{first.value + i * step}; }
  Pfn last() const { return at(pages - 1); }
  PfnRange range() const {
    const Pfn low = step > 0 ? first : last();
    return {low, low + count()};
  }
  PageRun reversed() const { return {last(), pages, -step}; }

  /// The first n of them, and those behind.
  PageRun front(std::int64_t n) const { return {first, n, step}; }
  PageRun behind(std::int64_t n) const { return {at(n), pages - n, step}; }
  /// Of these, the pages of a range: which of the run is their first, and how many they are.
  struct Part {
    std::int64_t first = 0;
    std::int64_t count = 0;
  };
  Part part_in(PfnRange wanted) const {
    const PfnRange held = range();
    const PfnRange both{std::max(held.start, wanted.start), std::min(held.end, wanted.end)};
    if (both.empty()) return {};
    return {step > 0 ? (both.start - held.start).value : (held.end - both.end).value,
            both.pages().value};
  }
  /// So many pages come before the first one that lies in another aligned block of 2^order pages.
  std::int64_t within_block(int order) const {
    const std::int64_t mask = (std::int64_t{1} << order) - 1;
    const std::int64_t in = first.value & mask;
    return std::min<std::int64_t>(pages, step > 0 ? mask + 1 - in : in + 1);
  }

  /// Goes on with another run, if that begins where this ends; false if it does not.
  bool join(const PageRun& next) {
    const std::int64_t to_next = next.first.value - last().value;
    if (to_next != 1 && to_next != -1) return false;
    if ((pages > 1 && step != to_next) || (next.pages > 1 && next.step != to_next)) return false;
    step = static_cast<std::int32_t>(to_next);
    pages += next.pages;
    return true;
  }
};

/// Calls f(part) in order for the parts of a run that lie within aligned blocks of 2^order pages.
template <class F>
void for_each_part(PageRun run, int order, F&& f) {
  while (!run.empty()) {
    const std::int64_t n = run.within_block(order);
    f(run.front(n));
    run = run.behind(n);
  }
}

/// Pages that are given back together: single ones in a row, or one block of 2^order.
struct FreedRun {
  PageRun pages;  ///< of a block, its first
  int order = 0;
};

}  // namespace mhp::kernel
