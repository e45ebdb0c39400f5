// Cores that take blocks from one zone, or give them back, as fast as they can: per-CPU lists, and
// what the zone's lock lets through.
#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "analysis/validation/published/experiment.hpp"
#include "analysis/validation/published/rests_on.hpp"
#include "analysis/validation/published/set_up.hpp"
#include "sim/core/random.hpp"
#include "sim/core/task.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/run/timed_machine.hpp"

namespace mhp::published {

namespace {

struct AllocatorParams {
  std::int64_t cores = 1;
  std::int64_t operations = 20'000;
  std::int64_t order = 0;
  std::string action;
};

ParamSet<AllocatorParams> allocator_params() {
  using P = AllocatorParams;
  ParamSet<P> set;
  set.add("cores", &P::cores, {.doc = "cores at work", .min = 1, .max = 8192})
      .add("operations", &P::operations, {.doc = "operations of each core", .min = 1})
      .add("order", &P::order, {.doc = "order of the blocks", .min = 0, .max = kernel::kMaxOrder})
      .add("action", &P::action,
           {.doc = "what is timed",
            .required = true,
            .choices = {{"alloc", "each core takes its blocks"},
                        {"free", "it gives them back in the order in which it got them"},
                        {"free_random", "it gives them back in random order"},
                        {"repeat", "it takes one and gives it back, again and again"}}})
      .subtable("machine")
      .subtable("kernel")
      .subtable("costs")
      .subtable("set");
  return set;
}

class Contest {
 public:
  Contest(const SetUp& set_up, const AllocatorParams& params)
      : params_(params),
        machine_(set_up.machine, set_up.costs),
        mm_(kernel::boot(machine::describe(set_up.machine, machine_.topology), {}), {},
            set_up.profile),
        blocks_(static_cast<std::size_t>(params.cores)),
        hosts_(machine_.make_hosts(NodeId{0}, params.cores)) {
    machine_.locks.receipts = &mm_.receipts();
  }

  /// Mean time of an operation; nothing if memory ends.
  std::optional<double> go() {
    const bool frees = params_.action == "free" || params_.action == "free_random";
    for (std::int64_t done = 0; frees && done < params_.operations; ++done)
      for (std::size_t i = 0; i < blocks_.size(); ++i)
        keep(i, mm_.alloc_pages_fast(request(i), mm_.nobody()));
    if (params_.action == "free_random") shuffle();
    mm_.account_work();
    for (std::size_t i = 0; i < blocks_.size(); ++i) machine_.engine.spawn(core(i));
    machine_.engine.run();
    if (failed_) return std::nullopt;
    return static_cast<double>(total_ns_) / static_cast<double>(params_.cores * params_.operations);
  }

  kernel::PrimitiveSet spent() const { return machine_.locks.spent; }

 private:
  static CpuId cpu(std::size_t core) { return CpuId{static_cast<std::int32_t>(core)}; }

  kernel::AllocRequest request(std::size_t core) const {
    return {.node = NodeId{0},
            .order = static_cast<int>(params_.order),
            .type = kernel::MigrateType::movable,
            .cpu = cpu(core),
            .direct_reclaim = false};
  }

  void keep(std::size_t core, std::optional<kernel::Allocation> got) {
    if (got)
      blocks_[core].push_back(got->pfn);
    else
      failed_ = true;
  }

  void free(std::size_t core, Pfn block, kernel::Receipt& receipt) {
    mm_.free_pages(block, static_cast<int>(params_.order), receipt, cpu(core));
  }

  void shuffle() {
    Stream random(1, 0, "page_allocator");
    for (auto& blocks : blocks_)
      for (std::size_t n = blocks.size(); n > 1; --n)
        std::swap(
            blocks[n - 1],
            blocks[static_cast<std::size_t>(random.uniform(0, static_cast<std::int64_t>(n) - 1))]);
  }

  /// What a core does without the lock, it does at a stretch; nobody else works meanwhile here.
  Task<void> core(std::size_t self) {
    const SimTime began = machine_.engine.now();
    kernel::Receipt receipt = mm_.receipt();
    for (std::int64_t n = 0; n < params_.operations && !failed_; ++n) {
      if (params_.action == "alloc" || params_.action == "repeat")
        keep(self, co_await mm_.alloc_pages(*hosts_[self], request(self), receipt));
      if (failed_) break;
      if (params_.action == "repeat") {
        free(self, blocks_[self].back(), receipt);
        blocks_[self].pop_back();
      } else if (params_.action != "alloc") {
        free(self, blocks_[self][static_cast<std::size_t>(n)], receipt);
      }
      if (receipt.holds()) co_await receipt.spend(*hosts_[self]);
    }
    co_await receipt.spend(*hosts_[self]);
    total_ns_ += (machine_.engine.now() - began).value;
  }

  const AllocatorParams& params_;
  run::TimedMachine machine_;
  kernel::Mm mm_;
  std::vector<std::vector<Pfn>> blocks_;  ///< that each core holds
  std::vector<std::unique_ptr<run::TimedHost>> hosts_;
  __int128 total_ns_ = 0;
  bool failed_ = false;
};

Measured run_allocator(Value table, Diagnostics& errors) {
  SetUp set_up = read_set_up(table, errors);
  AllocatorParams p;
  allocator_params().read(table, p, errors, &set_up.used);
  if (!errors.empty()) return {};
  Contest contest(set_up, p);
  const auto mean = contest.go();
  const auto rests = rests_on(set_up.used, contest.spent(), set_up.machine.core, set_up.costs);
  if (!mean) return {0, false, "enomem", rests, set_up.kernel_note};
  return {*mean, true, "ok", rests, set_up.kernel_note};
}

}  // namespace

void register_experiment_page_allocator(ExperimentRegistry& registry) {
  registry.add({"page_allocator", "cores allocate or free blocks of one zone; mean time of one",
                [](std::string_view prefix) { return allocator_params().describe(prefix); },
                run_allocator});
}

}  // namespace mhp::published
