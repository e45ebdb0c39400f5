#include "sim/kernel/mm/reclaim/oom.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"

namespace mhp::kernel {

namespace {
constexpr std::int64_t kOomScoreAdjMin = -1000;
// oom_cpuset_eligible: who is not bound at all may be killed for any request.
bool eligible(const OomTask& task, OomScope scope) {
  if (!scope.within.is_root() && task.memcg() != scope.within) return false;
  const NodeMask* bound = task.bound_nodes();
  return scope.nodes == nullptr || bound == nullptr || intersect(*bound, *scope.nodes);
}

}  // namespace

bool OomKiller::dying() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](const OomTask* t) { return t->oom_dying(); });
}

// One that has no memory left is none (oom_badness: a task without mm).
const OomTask* OomKiller::kill(PageCount total, Receipt& receipt, OomScope scope) {
  OomTask* chosen = nullptr;
  std::int64_t most = 0;
  for (OomTask* task : tasks_) {
    if (!eligible(*task, scope)) continue;
    const std::int64_t adj = task->oom_score_adj();
    if (adj == kOomScoreAdjMin || task->oom_pages().value == 0) continue;
    const std::int64_t points = task->oom_pages().value + adj * (total.value / 1000);
    if (chosen != nullptr && points < most) continue;
    chosen = task;
    most = points;
  }
  if (chosen == nullptr) return nullptr;
  chosen->oom_kill(receipt);
  // Else it would be chosen for ever (MMF_OOM_SKIP).
  MHP_INVARIANT(chosen->oom_dying() || chosen->oom_pages().value == 0,
                "a task that was killed has {} pages left", chosen->oom_pages().value);
  return chosen;
}

}  // namespace mhp::kernel
