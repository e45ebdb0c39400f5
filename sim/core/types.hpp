#pragma once

#include <cstdint>

#include "sim/core/quantity.hpp"

namespace mhp {

struct PageTag;
struct ByteTag;
struct TimeTag;
struct PicosecondTag;
struct BandwidthTag;
struct NodeTag;
struct BlockTag;
struct CpuTag;

/// A number of base pages.
using PageCount = Quantity<PageTag>;
/// A number of bytes.
using Bytes = Quantity<ByteTag>;
/// Simulated time since the start of the run, or a length of it, in nanoseconds (292 years fit).
using SimTime = Quantity<TimeTag>;
/// A cost of one primitive in picoseconds; only sums of costs are rounded, to SimTime.
using Picoseconds = Quantity<PicosecondTag>;
/// A rate of memory traffic in bytes per second.
using BytesPerSecond = Quantity<BandwidthTag>;
/// A NUMA node as Linux numbers it.
using NodeId = Id<NodeTag>;
/// A memory block as Linux numbers it: physical address / memory block size.
using BlockId = Id<BlockTag>;
/// A logical CPU as Linux numbers it.
using CpuId = Id<CpuTag>;

/// A page frame number: a place in physical memory, counted in base pages.
struct Pfn {
  std::int64_t value = 0;

  constexpr Pfn() = default;
  explicit constexpr Pfn(std::int64_t v) : value(v) {}
  constexpr auto operator<=>(const Pfn&) const = default;
  constexpr Pfn& operator+=(PageCount n) { return value += n.value, *this; }
  friend constexpr Pfn operator+(Pfn p, PageCount n) { return Pfn{p.value + n.value}; }
  friend constexpr Pfn operator-(Pfn p, PageCount n) { return Pfn{p.value - n.value}; }
  friend constexpr PageCount operator-(Pfn a, Pfn b) { return PageCount{a.value - b.value}; }
};

/// A half-open range of page frames [start, end).
struct PfnRange {
  Pfn start;
  Pfn end;

  constexpr PageCount pages() const { return end - start; }
  constexpr bool empty() const { return !(start < end); }
  constexpr bool contains(Pfn p) const { return start <= p && p < end; }
  constexpr bool operator==(const PfnRange&) const = default;
};

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;
constexpr std::int64_t kTiB = 1024 * kGiB;

constexpr std::int64_t round_down(std::int64_t v, std::int64_t unit) { return v / unit * unit; }
constexpr std::int64_t round_up(std::int64_t v, std::int64_t unit) {
  return (v + unit - 1) / unit * unit;
}

constexpr SimTime kMicrosecond{1'000};
constexpr SimTime kMillisecond{1'000'000};
constexpr SimTime kSecond{1'000'000'000};

}  // namespace mhp
