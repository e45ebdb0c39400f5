#include "sim/run/timeline/thread_spans.hpp"

#include <algorithm>
#include <utility>

namespace mhp::run {

using kernel::Condition;
using kernel::TaskState;

namespace {

constexpr std::array<std::string_view, kernel::kLocks> kLockNames{
    "device_hotplug_lock", "mem_hotplug_lock", "mem_sysfs_mutex",
    "hugetlb_lock",        "zone_lock",        "vm_zone_stat"};
constexpr std::array<std::string_view, 8> kConditionNames{
    "rcu_expedited_grace_period", "rcu_grace_period", "schedule_timeout", "kswapd_wakeup",
    "kcompactd_wakeup",           "writeback_wakeup", "writeback_end",    "pfmemalloc_wait"};
static_assert(static_cast<std::size_t>(Condition::pfmemalloc_wait) + 1 == kConditionNames.size());

/// Who waits for that sleeps until there is work.
bool is_idle(Condition condition) {
  return condition == Condition::kswapd_wakeup || condition == Condition::kcompactd_wakeup ||
         condition == Condition::writeback_wakeup;
}

}  // namespace

std::string_view lock_name(kernel::Lock lock) { return kLockNames[static_cast<std::size_t>(lock)]; }

StepNames::StepNames(TimelineRecorder& recorder)
    : running(recorder.name("running")), stall(recorder.name("memory_stall")) {
  for (std::size_t i = 0; i < work_.size(); ++i)
    work_[i] = recorder.name(kernel::kPrimitiveNames[i]);
  for (std::size_t i = 0; i < locks_.size(); ++i) locks_[i] = recorder.name(kLockNames[i]);
  for (std::size_t i = 0; i < waits_.size(); ++i) waits_[i] = recorder.name(kConditionNames[i]);
}

void ThreadSpans::step(SimTime at, const Step& step) {
  const SimTime now = at + offset_;
  switch (step.kind) {
    case Step::Kind::spend:
      close(now);
      return begin(now, SpanKind::work, names_.of(static_cast<kernel::Primitive>(step.what)),
                   step.count);
    case Step::Kind::acquire:
      close(now);
      return begin(now, SpanKind::wait, names_.of(static_cast<kernel::Lock>(step.what)), 1);
    case Step::Kind::wait: {
      const auto condition = static_cast<Condition>(step.what);
      close(now);
      return is_idle(condition) ? sleep(now) : begin(now, SpanKind::wait, names_.of(condition), 1);
    }
    case Step::Kind::note: {
      const auto state = static_cast<TaskState>(step.what);
      close(now);
      if (state == TaskState::asleep) sleep(now);
      if (state == TaskState::memstall_enter || state == TaskState::memstall_leave)
        stall(now, state == TaskState::memstall_enter);
      return;
    }
    case Step::Kind::release:
      return;
  }
}

void ThreadSpans::begin(SimTime now, SpanKind kind, std::uint16_t name, std::int64_t units) {
  if (!running_) running_ = now;
  open_ = Span{.track = track_, .name = name, .kind = kind, .begin = now, .units = units};
  open_->depth = stalled_ ? 2 : 1;
}

// Between the end of its work and its next step it waited for something that is no step.
void ThreadSpans::close(SimTime now) {
  const std::optional<SimTime> known = std::exchange(ends_, std::nullopt);
  if (!open_) return;
  Span span = *std::exchange(open_, std::nullopt);
  span.end = known ? std::min(*known, now) : now;
  steps_.add(span);
  if (span.end < now && !stalled_) sleep(span.end);
}

void ThreadSpans::stall(SimTime now, bool enters) {
  if (enters == stalled_.has_value()) return;
  steps_.flush();
  if (enters) {
    if (!running_) running_ = now;
    stalled_ = now;
    return;
  }
  const SimTime since = *std::exchange(stalled_, std::nullopt);
  if (since < now)
    recorder_.add({.track = track_,
                   .name = names_.stall,
                   .kind = SpanKind::stall,
                   .depth = 1,
                   .begin = since,
                   .end = now});
}

void ThreadSpans::sleep(SimTime now) {
  if (stalled_) stall(now, false);
  steps_.flush();
  if (!running_) return;
  const SimTime since = *std::exchange(running_, std::nullopt);
  if (since < now)
    recorder_.add({.track = track_,
                   .name = names_.running,
                   .kind = SpanKind::running,
                   .begin = since,
                   .end = now});
}

void ThreadSpans::conclude(SimTime at) {
  close(at + offset_);
  sleep(at + offset_);
}

}  // namespace mhp::run
