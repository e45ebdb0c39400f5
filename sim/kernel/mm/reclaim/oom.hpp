#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/receipt.hpp"
#include "sim/kernel/mm/reclaim/lruvec.hpp"

namespace mhp::kernel {

/// A process as the OOM killer sees it.
class OomTask {
 public:
  OomTask() = default;
  OomTask(const OomTask&) = delete;
  OomTask& operator=(const OomTask&) = delete;
  virtual ~OomTask() = default;

  /// Pages that its end would free: resident memory, swap and page tables (oom_badness).
  virtual PageCount oom_pages() const = 0;
  /// The nodes to which its memory policy binds it; null: none (mempolicy_in_oom_domain).
  virtual const NodeMask* bound_nodes() const { return nullptr; }
  /// The memory cgroup that it is in.
  virtual MemcgId memcg() const { return {}; }
  /// /proc/PID/oom_score_adj, -1000 (never) to 1000.
  virtual std::int64_t oom_score_adj() const { return 0; }
  /// Is chosen: must give its memory back, at once (on `receipt`) or soon, and take no more.
  virtual void oom_kill(Receipt& receipt) = 0;
  /// True from the kill until its memory is free: nobody else is killed meanwhile.
  virtual bool oom_dying() const = 0;
};

/// Who may be killed: the tasks of a memory cgroup, or all for the root; and, where a request is
/// bound to some nodes (CONSTRAINT_MEMORY_POLICY), none that is bound to others.
struct OomScope {
  MemcgId within = {};
  const NodeMask* nodes = nullptr;
};

/// Chooses who is killed when memory is at an end (mm/oom_kill.c, Linux 6.12).
class OomKiller {
 public:
  /// Tasks that may be chosen; they must be removed before they end.
  void add(OomTask& task) { tasks_.push_back(&task); }
  void remove(const OomTask& task) { std::erase(tasks_, &task); }

  /// One that was chosen earlier is still about to give its memory back.
  bool dying() const;
  /// Kills the task whose end frees most, oom_score_adj thousandths of `total` pages added; of
  /// equals the last. Null if there is none: the kernel would panic, but not for a memory cgroup.
  const OomTask* kill(PageCount total, Receipt& receipt, OomScope scope = {});

 private:
  std::vector<OomTask*> tasks_;
};

}  // namespace mhp::kernel
