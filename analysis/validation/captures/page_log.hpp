#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/validation/captures/score.hpp"
#include "sim/kernel/mm/page_trace.hpp"

namespace mhp::validation {

/// Page frames written as runs: "start:count:step" or single frames, separated by blanks.
std::vector<Pfn> parse_frames(const std::string& text);

/// One event of the page allocator and the CPU that it happened on.
struct LoggedEvent {
  kernel::PageEvent event;
  CpuId cpu;
  bool by_other = false;  ///< recorded of another process than the guest's own
};

/// The recorded log of a step, "KEY run" each (captures/README.md, "Allocator sequences").
std::vector<LoggedEvent> parse_log(const nlohmann::json& lines);
/// Leaves out what other processes than the guest's own caused, but for what the model did at the
/// same place: what kernel threads do for the guest. Returns how many events are left out.
std::int64_t leave_out_others(std::vector<LoggedEvent>& recorded,
                              const std::vector<LoggedEvent>& model);

/// Takes the model's events down while it is switched on, for page frames from `first` up.
class PageRecorder final : public kernel::PageTrace {
 public:
  explicit PageRecorder(Pfn first) : first_(first) {}

  void page_event(const kernel::PageEvent& event) override {
    if (on_ && event.pfn >= first_) events_.push_back({event, cpu});
  }
  void start() { on_ = true, events_.clear(); }
  const std::vector<LoggedEvent>& stop() { return on_ = false, events_; }

 private:
  Pfn first_;
  bool on_ = false;
  std::vector<LoggedEvent> events_;
};

/// Every event must be the model's at its place in the sequence. `given`: events that the model was
/// told, which do not count.
void compare_log(Score& score, const std::vector<LoggedEvent>& recorded,
                 const std::vector<LoggedEvent>& model, std::int64_t given);
/// Every page frame must be the model's, in order.
void compare_frames(Score& score, const std::vector<Pfn>& recorded, const std::vector<Pfn>& model);

}  // namespace mhp::validation
