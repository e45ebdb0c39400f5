#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::kernel {

/// Device memory that gets struct pages in ZONE_DEVICE, and where they lie (struct dev_pagemap and
/// vmem_altmap).
struct DevPagemap {
  NodeId node;         ///< whose ZONE_DEVICE
  NodeId target_node;  ///< on which the memory itself lies
  NodeId cpu_node;     ///< of the processor that runs the call
  PfnRange range;
  bool altmap = false;    ///< the memmap lies in the range itself
  PageCount reserve;      ///< pages at the start that are not for the memmap
  PageCount free;         ///< with altmap: pages behind them that are
  PageCount compound{1};  ///< pages of a compound page (vmemmap_shift)

  bool operator==(const DevPagemap&) const = default;
};

/// Whether struct pages of device-dax memory form compound pages, and whether those of one share
/// what they have in common.
constexpr bool compound_devmap_is(CompoundDevmap what, const KernelProfile& profile) {
  return profile.compound_devmap == what;
}
constexpr bool has_compound_devmaps(const KernelProfile& profile) {
  return !compound_devmap_is(CompoundDevmap::none, profile);
}

/// The memmaps of device memory, by where their ranges begin. Their ranges end within sections, so
/// that sections and the tables for their memmap may be shared.
class DeviceMemmap {
 public:
  /// What one range has got.
  struct Map {
    DevPagemap pagemap;
    std::vector<std::pair<Pfn, int>> taken;  ///< blocks of the page allocator, with their order
    PageCount pages;                         ///< in these
    PageCount altmap_used;                   ///< pages of the altmap that hold memmap
    PageCount altmap_skipped;                ///< and that were passed over to align them
    NodeId lies_on;                          ///< node of the memmap of the first section
    std::int64_t nr_memmap_pages = 0;        ///< what the kernel counts of it
    bool failed = false;                     ///< what a failed call has left
    Pfn reached;                             ///< behind the last section that it has part of
  };

  const std::map<std::int64_t, Map>& maps() const { return maps_; }
  std::map<std::int64_t, Map>& maps() { return maps_; }

  /// Ranges that have part of a section, and take the section's objects together.
  std::int64_t users(std::int64_t section) const {
    const auto it = users_.find(section);
    return it == users_.end() ? 0 : it->second;
  }
  void use(std::int64_t section) { ++users_[section]; }
  /// True if nobody has part of it any more.
  bool unuse(std::int64_t section) {
    const auto it = users_.find(section);
    if (--it->second > 0) return false;
    users_.erase(it);
    return true;
  }

  /// Pages of the page allocator that hold memmap.
  PageCount from_allocator() const { return sum(&Map::pages); }
  /// Pages of devices that hold memmap.
  PageCount on_devices() const { return sum(&Map::altmap_used); }
  /// What the kernel counts as pages of memmap.
  std::int64_t nr_memmap_pages() const {
    std::int64_t n = 0;
    for (const auto& [start, map] : maps_) n += map.nr_memmap_pages;
    return n;
  }

 private:
  PageCount sum(PageCount Map::*member) const {
    PageCount n;
    for (const auto& [start, map] : maps_) n += map.*member;
    return n;
  }

  std::map<std::int64_t, Map> maps_;
  std::map<std::int64_t, std::int64_t> users_;
};

}  // namespace mhp::kernel
