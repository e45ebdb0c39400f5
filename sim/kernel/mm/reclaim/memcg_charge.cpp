// Charging pages to memory cgroups, and what happens at their limits: try_charge_memcg and
// mem_cgroup_handle_over_high of mm/memcontrol.c, Linux 6.12.
#include <algorithm>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/memcg.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {
/// Times that a charge or a sleep is put off without progress (MAX_RECLAIM_RETRIES).
constexpr int kMaxReclaimRetries = 16;
constexpr PageCount kChargeBatch{kMemcgChargeBatch};
constexpr PageCount kCostly{std::int64_t{1} << kCostlyOrder};
}  // namespace

Task<bool> Memcgs::charge(Host& host, MemcgTask& task, PageCount pages, Receipt& receipt) {
  for (PageCount done; done < pages;) {
    const PageCount stocked = std::min(task.stock_, pages - done);
    task.stock_ -= stocked;
    done += stocked;
    if (done == pages) break;
    if (!co_await try_charge(host, task, PageCount{1}, {}, receipt)) {
      uncharge(task.memcg_, done);
      co_return false;
    }
    done += PageCount{1};
  }
  co_return true;
}

Task<bool> Memcgs::charge_huge(Host& host, MemcgTask& task, PageCount pages, ChargeRule rule,
                               Receipt& receipt) {
  return try_charge(host, task, pages, rule, receipt);
}

// The kernel answers for what is above memory.high when the task returns to user mode, or at once
// for more than a batch; here at the end of every batch.
Task<bool> Memcgs::try_charge(Host& host, MemcgTask& task, PageCount pages, ChargeRule rule,
                              Receipt& receipt) {
  Memcg& memcg = (*this)[task.memcg_];
  PageCount batch = std::max(kChargeBatch, pages);
  int retries = kMaxReclaimRetries;
  bool drained = false;
  for (;;) {
    if (pages <= std::min(kChargeBatch, task.stock_)) {
      task.stock_ -= pages;
      co_return true;
    }
    if (batch <= memcg.margin()) break;
    if (batch > pages) {
      batch = pages;
      continue;
    }
    if (!rule.may_wait) co_return false;
    ++memcg.events.max;
    co_await receipt.spend(host);
    const PageCount freed = co_await reclaim_for(host, task, pages);
    if (pages <= memcg.margin()) continue;
    if (!drained) {
      drain_all_stock(task.memcg_);
      drained = true;
      continue;
    }
    if (rule.noretry) co_return false;
    if (freed.value > 0 && pages <= kCostly) continue;
    if (retries-- > 0) continue;
    if (!co_await out_of_memory(host, task, pages)) co_return false;
    retries = kMaxReclaimRetries;
  }
  memcg.usage += batch;
  memcg.peak = std::max(memcg.peak, memcg.usage);
  task.stock_ += batch - pages;
  if (task.stock_ > kChargeBatch) drain_stock(task);
  if (memcg.usage > memcg.high) {
    task.over_high_ += batch;
    co_await handle_over_high(host, task, receipt);
  }
  co_return true;
}

Task<PageCount> Memcgs::reclaim_for(Host& host, const MemcgTask& task, PageCount pages) {
  note(host, TaskState::memstall_enter);
  const PageCount freed =
      co_await reclaim_.try_to_free_mem_cgroup_pages(host, task.memcg_, task.node_, pages);
  note(host, TaskState::memstall_leave);
  co_return freed;
}

// mem_cgroup_oom. A huge page is not worth a task.
Task<bool> Memcgs::out_of_memory(Host& host, MemcgTask& task, PageCount pages) {
  if (pages > kCostly) co_return false;
  Memcg& memcg = (*this)[task.memcg_];
  ++memcg.events.oom;
  // One that was killed is still about to give its memory back.
  if (reclaim_.oom_killer().dying()) {
    co_await sleep_jiffies(host, 1);
    co_return true;
  }
  const PageCount swap = std::min(memcg.swap_max, reclaim_.writeback().swap_total());
  Receipt receipt = mm_.receipt();
  const bool killed = reclaim_.oom_kill(memcg.max + swap, receipt, {task.memcg_});
  co_await receipt.spend(host);
  co_return killed;
}

// The share by which it is above memory.high, squared.
std::int64_t Memcgs::high_delay(PageCount usage, PageCount high, PageCount pages) {
  if (usage <= high) return 0;
  __extension__ using Wide = unsigned __int128;
  const auto over = static_cast<Wide>((usage - high).value) << kMemcgDelayPrecisionShift;
  const Wide overage = over / static_cast<Wide>(std::max<std::int64_t>(high.value, 1));
  const Wide jiffies =
      overage * overage * kHz >> (kMemcgDelayPrecisionShift + kMemcgDelayScalingShift);
  const Wide delay = jiffies * static_cast<Wide>(pages.value) / kMemcgChargeBatch;
  const Wide longest = kMemcgMaxHighDelaySeconds * kHz;
  return static_cast<std::int64_t>(std::min(delay, longest));
}

// A sleep of up to 10 ms is not worth it; a longer one is put off as long as reclaim helps.
Task<void> Memcgs::handle_over_high(Host& host, MemcgTask& task, Receipt& receipt) {
  Memcg& memcg = (*this)[task.memcg_];
  const PageCount pages = task.over_high_;
  task.over_high_ = {};
  PageCount wanted = pages;
  for (int retries = kMaxReclaimRetries;;) {
    PageCount freed;
    if (memcg.usage > memcg.high) {
      ++memcg.events.high;
      co_await receipt.spend(host);
      freed = co_await reclaim_for(host, task, wanted);
    }
    const std::int64_t delay = high_delay(memcg.usage, memcg.high, pages);
    if (delay <= kHz / 100) co_return;
    if (freed.value == 0 && retries-- <= 0) {
      memcg.events.high_delay += delay;
      note(host, TaskState::memstall_enter);
      co_await sleep_jiffies(host, delay);
      note(host, TaskState::memstall_leave);
      co_return;
    }
    wanted = PageCount{kSwapClusterMax};
  }
}

}  // namespace mhp::kernel
