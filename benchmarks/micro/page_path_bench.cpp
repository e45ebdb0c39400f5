// The way of single pages from and to the lists of one CPU, receipts included: one by one, and as a
// process that maps and unmaps batches of them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/mmu_gather.hpp"

namespace {

using namespace mhp;
using namespace mhp::kernel;

constexpr CpuId kCpu{0};

/// A booted machine of one node whose allocator writes receipts.
class Machine {
 public:
  Machine() : mm_(boot(description(), {}), {}, {}), receipt_(mm_.receipt()) { mm_.account_work(); }

  Mm& mm() { return mm_; }
  Receipt& receipt() { return receipt_; }
  const AllocRequest& request() const { return request_; }
  void spend() { CountingHost::run(receipt_.spend(host_)); }
  /// What a list has in a row, or one page for which it is refilled.
  RunAllocation take(std::int64_t most) {
    if (const auto got = mm_.alloc_listed_run(request_, most, receipt_)) return *got;
    return RunAllocation(*CountingHost::run(mm_.alloc_pages(host_, request_, receipt_)));
  }

 private:
  static machine::Description description() {
    machine::Description m;
    m.nodes = {{Bytes{64 * kGiB}, 1}};
    m.distance = {{10}};
    return m;
  }

  Mm mm_;
  Receipt receipt_;
  CountingHost host_;
  const AllocRequest request_{
      .node = NodeId{0}, .type = MigrateType::movable, .highest = ZoneType::movable, .cpu = kCpu};
};

void a_page_from_and_to_its_list(benchmark::State& state) {
  Machine m;
  m.mm().free_pages(m.take(1).pages.first, 0, m.receipt(), kCpu);
  m.spend();
  for (auto _ : state) {
    const auto got = m.mm().alloc_listed(m.request(), m.receipt());
    m.mm().free_pages(got->pfn, 0, m.receipt(), kCpu);
  }
  m.spend();
  state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(a_page_from_and_to_its_list);

// 64 batches are held; the oldest goes when another has come, as the workload `steady` does.
void a_batch_of_pages(benchmark::State& state) {
  Machine m;
  std::deque<std::vector<PageRun>> held;
  const auto map = [&] {
    std::vector<PageRun>& batch = held.emplace_back();
    for (std::int64_t left = state.range(0); left > 0; left -= batch.back().pages) {
      batch.push_back(m.take(std::min(left, m.mm().lru_batches().room(kCpu))).pages);
      m.mm().lru_batches().add(batch.back(), kCpu, m.receipt());
    }
  };
  for (int i = 0; i < 64; ++i) map();
  for (auto _ : state) {
    map();
    MmuGather gather(m.mm(), kCpu, m.receipt());
    for (const PageRun& run : held.front()) gather.add(FreedRun{run});
    gather.finish();
    held.pop_front();
    m.spend();
  }
  state.SetItemsProcessed(2 * state.range(0) * state.iterations());
}
BENCHMARK(a_batch_of_pages)->Arg(256)->Arg(4096);

}  // namespace
