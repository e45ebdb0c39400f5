#pragma once

#include <array>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/observer.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::run {

/// Follows the kernel zones that the machine booted with: the least that was free in all of them,
/// and how long one of them stood below a watermark. In checked builds it also verifies after every
/// event that no zone has lost a page.
class ZoneWatch final : public engine::Observer {
 public:
  ZoneWatch(const engine::Engine& engine, const kernel::Mm& mm);

  void on_event(const engine::EventView& event) override;
  void on_event_done(const engine::EventView&) override;

  PageCount least_free() const { return least_; }
  /// Time until now during which some zone had fewer free pages than this watermark.
  SimTime time_below(kernel::Mark mark) const { return below_[static_cast<std::size_t>(mark)]; }

 private:
  static constexpr std::array kMarks{kernel::Mark::min, kernel::Mark::low, kernel::Mark::high};
  void look();

  const kernel::Mm& mm_;
  std::vector<const kernel::Zone*> zones_;
  PageCount least_;
  SimTime last_;
  kernel::Mark lowest_ = kernel::Mark::none;  ///< all above it hold as well; none: nothing is short
  std::array<SimTime, 5> below_{};
};

}  // namespace mhp::run
