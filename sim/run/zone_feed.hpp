#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::run {

/// Follows zones.
class ZoneListener {
 public:
  ZoneListener() = default;
  ZoneListener(const ZoneListener&) = delete;
  ZoneListener& operator=(const ZoneListener&) = delete;
  virtual ~ZoneListener() = default;

  /// These zones, by zone_index and in that order, may have other free pages, managed pages or
  /// watermarks since an event of this time.
  virtual void zones_changed(std::span<const std::size_t> zones, SimTime now) = 0;
};

/// Looks once after every event which zones it has changed, for all who follow zones. In checked
/// builds it verifies that the others are as they were.
class ZoneFeed {
 public:
  ZoneFeed(kernel::Mm& mm, std::vector<ZoneListener*> listeners);

  /// Before the first event, when all zones have changed, and after every event, which was at that
  /// time.
  void look(SimTime now);

 private:
  /// What zones are followed for.
  struct Seen {
    PageCount free;
    PageCount listed;
    PageCount managed;
    kernel::Watermarks watermark;
    bool operator==(const Seen&) const = default;
  };
  Seen see(std::size_t zone) const;
  void verify();

  kernel::Mm& mm_;
  std::vector<ZoneListener*> listeners_;
  std::vector<std::size_t> changed_;
  std::vector<Seen> seen_;  ///< of every zone, in checked builds
};

}  // namespace mhp::run
