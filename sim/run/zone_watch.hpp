#pragma once

#include <array>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/observer.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/run/zone_feed.hpp"

namespace mhp::run {

/// Follows the kernel zones that the machine booted with: the least that was free in all of them,
/// and how long one of them stood below a watermark. Tells others what becomes of zones. In checked
/// builds it also verifies after every event that no zone has lost a page.
class ZoneWatch final : public engine::Observer, public ZoneListener {
 public:
  ZoneWatch(const engine::Engine& engine, kernel::Mm& mm, std::vector<ZoneListener*> others = {});

  void on_event(const engine::EventView& event) override;
  void on_event_done(const engine::EventView& event) override;
  void zones_changed(std::span<const std::size_t> zones, SimTime now) override;

  PageCount least_free() const { return least_; }
  /// Time until now during which some zone had fewer free pages than this watermark.
  SimTime time_below(kernel::Mark mark) const { return below_[static_cast<std::size_t>(mark)]; }

 private:
  static constexpr std::array kMarks{kernel::Mark::min, kernel::Mark::low, kernel::Mark::high};
  /// A zone as it was seen last.
  struct Watched {
    bool counts = false;
    PageCount free;
    kernel::Mark below = kernel::Mark::none;  ///< the lowest
  };
  static kernel::Mark lowest_above(const kernel::Zone& zone);

  const kernel::Mm& mm_;
  std::vector<Watched> zones_;  ///< by zone_index
  PageCount free_;              ///< of all of them
  PageCount least_;
  SimTime last_;
  kernel::Mark lowest_ = kernel::Mark::none;  ///< all above it hold as well; none: nothing is short
  std::array<SimTime, 5> below_{};
  ZoneFeed feed_;
};

}  // namespace mhp::run
