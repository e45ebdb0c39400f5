#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/kernel/mm/mm.hpp"
#include "sim/run/timeline/recorder.hpp"
#include "sim/run/zone_feed.hpp"

namespace mhp::run {

/// When zones had fewer free pages than their watermarks: of each zone a track, in which the time
/// below a lower watermark lies in that below a higher one.
class WatermarkSpans final : public ZoneListener {
 public:
  WatermarkSpans(TimelineRecorder& recorder, const kernel::Mm& mm);

  void zones_changed(std::span<const std::size_t> zones, SimTime now) override;
  void conclude(SimTime now);

 private:
  static constexpr std::array kMarks{kernel::Mark::high, kernel::Mark::low, kernel::Mark::min};
  struct Watched {
    const kernel::Zone* zone;
    std::uint32_t track;
    std::size_t below = 0;  ///< how many of the marks it stands below
    std::array<SimTime, kMarks.size()> since{};
  };
  void change(Watched& w, std::size_t below, SimTime now);

  TimelineRecorder& recorder_;
  std::array<std::uint16_t, kMarks.size()> names_;
  std::vector<Watched> zones_;  ///< by zone_index
};

}  // namespace mhp::run
