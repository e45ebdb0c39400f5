#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/engine/observer.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/run/timeline/recorder.hpp"

namespace mhp::run {

/// When zones had fewer free pages than their watermarks: of each zone a track, in which the time
/// below a lower watermark lies in that below a higher one.
class WatermarkSpans final : public engine::Observer {
 public:
  WatermarkSpans(TimelineRecorder& recorder, const kernel::Mm& mm);

  void on_event(const engine::EventView&) override {}
  void on_event_done(const engine::EventView& event) override;
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
  std::vector<Watched> zones_;
};

}  // namespace mhp::run
