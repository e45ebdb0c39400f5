#include <fmt/format.h>

#include <deque>

#include "sim/core/random.hpp"
#include "sim/kernel/mm/mmu_gather.hpp"
#include "workloads/common/held_blocks.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

namespace {

/// The parameters of the steady workload, the same on every node that has processors and boot
/// memory.
struct SteadyParams : CommonParams {
  std::int64_t resident_percent = 50;
  SimTime interval{10'000'000};
  std::int64_t batch_pages = 256;
  std::int64_t batches_held = 64;
  Bytes stream{64 * kMiB};
};

ParamSet<SteadyParams> steady_params() {
  using P = SteadyParams;
  auto set = common_params<P>();
  set.add("resident_percent", &P::resident_percent,
          {.doc = "share of each node's free memory that is in use from the start",
           .min = 0,
           .max = 95})
      .add("interval", &P::interval,
           {.doc = "mean time between two operations of a node", .min = SimTime{1'000}})
      .add("batch_pages", &P::batch_pages,
           {.doc = "pages allocated, written and later freed by one operation",
            .min = 1,
            .max = 1'048'576})
      .add("batches_held", &P::batches_held,
           {.doc = "operations until a batch is freed", .min = 1, .max = 1'000'000})
      .add("stream", &P::stream,
           {.doc = "resident memory that one operation reads", .min = Bytes{0}});
  return set;
}

/// One node's part: every interval (uniform within +-50 %) it allocates a batch, writes it, reads a
/// stretch of its resident set and frees the oldest batch.
class NodeLoad final : public kernel::PageOwner {
 public:
  NodeLoad(const Context& context, const SteadyParams& params, Tally& tally, NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        thread_(context, tally, node),
        random_(context.seed, context.replicate,
                fmt::format("workload.{}.node{}", context.name, node.value)),
        resident_(context.mm, block_order(context.mm)) {
    context_.mm.add_owner(*this);
  }
  ~NodeLoad() override { context_.mm.remove_owner(*this); }
  NodeLoad(const NodeLoad&) = delete;
  NodeLoad& operator=(const NodeLoad&) = delete;

  void start() {
    take_resident();
    context_.engine.spawn(run());
  }

  std::uint64_t draws() const { return random_.draws(); }

 private:
  struct Pages {
    kernel::PageRun run;
    NodeId node;
  };
  using Batch = std::vector<Pages>;

  PageCount pages_in(PfnRange range) const override {
    PageCount n;
    for (const auto& batch : held_)
      for (const Pages& p : batch) n += PageCount{p.run.part_in(range).count};
    return n;
  }

  void migrate(PfnRange range, const Move& move) override {
    for (auto& batch : held_) {
      split(batch, range);
      for (auto& [run, node] : batch) {
        if (!range.contains(run.first)) continue;
        const auto to = move(run.first, 0);
        if (!to) return;
        run = kernel::PageRun(*to);
        node = context_.mm.zone_of(*to)->node;
      }
    }
  }

  /// What of a batch lies in a range is single pages from now on.
  static void split(Batch& batch, PfnRange range) {
    Batch parts;
    for (const auto& [run, node] : batch) {
      const auto in = run.part_in(range);
      if (in.first > 0) parts.push_back({run.front(in.first), node});
      for (std::int64_t i = in.first; i < in.first + in.count; ++i)
        parts.push_back({kernel::PageRun(run.at(i)), node});
      if (in.first + in.count < run.pages) parts.push_back({run.behind(in.first + in.count), node});
    }
    batch = std::move(parts);
  }

  void take_resident() {
    PageCount free;
    for (const auto& zone : context_.mm.node(thread_.node()).zones) free += zone.free_pages();
    const std::int64_t blocks =
        (free.value * params_.resident_percent / 100) >> block_order(context_.mm);
    for (std::int64_t i = 0; i < blocks; ++i)
      if (const auto block = context_.mm.alloc_pages(
              user_pages(thread_.node(), block_order(context_.mm)), context_.mm.nobody()))
        resident_.add(*block);
  }

  Task<void> run() {
    for (;;) {
      const std::int64_t half = params_.interval.value / 2;
      co_await thread_.sleep(SimTime{random_.uniform(half, 3 * half)});
      const SimTime began = tally_.begin(thread_.now());
      co_await allocate_and_write();
      co_await thread_.move(thread_.node(), params_.stream);
      co_await free_oldest();
      tally_.end(thread_.now(), began);
    }
  }

  Task<void> allocate_and_write() {
    Batch& batch = held_.emplace_back();
    const auto request = user_pages(thread_.node(), 0);
    const CpuId cpu = context_.mm.node(thread_.node()).first_cpu;
    kernel::LruBatches& lru = context_.mm.lru_batches();
    for (std::int64_t left = params_.batch_pages; left > 0;) {
      const auto got = co_await thread_.alloc_run(request, std::min(left, lru.room(cpu)));
      if (!got) break;
      lru.add(got->pages, cpu, thread_.receipt());
      batch.push_back({got->pages, got->node});
      left -= got->pages.pages;
    }
    co_await thread_.write(set_of(batch));
  }

  Task<void> free_oldest() {
    if (static_cast<std::int64_t>(held_.size()) <= params_.batches_held) co_return;
    const Batch batch = std::move(held_.front());
    held_.pop_front();
    const CpuId cpu = context_.mm.node(thread_.node()).first_cpu;
    kernel::MmuGather gather(context_.mm, cpu, thread_.receipt());
    for (const Pages& p : batch) gather.add({p.run});
    gather.finish();
    co_await thread_.spend_work();
  }

  PageSet set_of(const Batch& batch) const {
    PageSet set(context_);
    for (const Pages& p : batch) set.add(p.run, p.node);
    return set;
  }

  const Context& context_;
  const SteadyParams params_;
  Tally& tally_;
  Thread thread_;
  Stream random_;
  HeldBlocks resident_;
  std::deque<Batch> held_;
};

class Steady : public PerNode<Steady, NodeLoad, SteadyParams> {
 public:
  using PerNode::PerNode;
};

}  // namespace

void register_workload_steady(WorkloadRegistry& registry) {
  registry.add(model<Steady, SteadyParams, steady_params>(
      "steady",
      "on every node: allocates a batch of pages, writes it, reads resident memory, frees the "
      "oldest batch"));
}

}  // namespace mhp::workloads
