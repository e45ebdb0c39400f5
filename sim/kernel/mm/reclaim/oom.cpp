// The OOM killer: __alloc_pages_may_oom of mm/page_alloc.c and mm/oom_kill.c, Linux 6.12.
#include "sim/kernel/mm/reclaim/oom.hpp"

#include <algorithm>

#include "sim/kernel/hotplug/steps.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

namespace {
constexpr std::int64_t kOomScoreAdjMin = -1000;
}  // namespace

void Reclaim::remove_oom_task(const OomTask& task) { std::erase(oom_tasks_, &task); }

// The task whose end frees most, oom_score_adj thousandths of all memory added; of equals the last.
// One that has no memory left is none (oom_badness: a task without mm).
OomTask* Reclaim::select_bad_process() const {
  const std::int64_t total = (mm_.mem_total() + swap_total_).value;
  OomTask* chosen = nullptr;
  std::int64_t most = 0;
  for (OomTask* task : oom_tasks_) {
    const std::int64_t adj = task->oom_score_adj();
    if (adj == kOomScoreAdjMin || task->oom_pages().value == 0) continue;
    const std::int64_t points = task->oom_pages().value + adj * (total / 1000);
    if (chosen != nullptr && points < most) continue;
    chosen = task;
    most = points;
  }
  return chosen;
}

Task<std::optional<Allocation>> Reclaim::alloc_pages_may_oom(Host& host, AllocRequest rq,
                                                             bool& progress) {
  progress = false;
  // Somebody else may have freed a lot meanwhile.
  if (const auto got = mm_.get_page_from_freelist(rq, Mark::high)) co_return got;
  if (rq.order > kCostlyOrder || rq.retry == Retry::mayfail || rq.this_node ||
      rq.highest < ZoneType::normal)
    co_return std::nullopt;
  const bool dying = std::any_of(oom_tasks_.begin(), oom_tasks_.end(),
                                 [](const OomTask* t) { return t->oom_dying(); });
  if (!dying) {
    OomTask* victim = select_bad_process();
    if (victim == nullptr) co_return std::nullopt;  // the kernel would panic
    ++events_.oom_kill;
    victim->oom_kill();
  }
  progress = true;
  co_await sleep_jiffies(host, 1);
  co_return std::nullopt;
}

}  // namespace mhp::kernel
