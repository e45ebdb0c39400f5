#include <fmt/format.h>

#include <deque>

#include "sim/core/random.hpp"
#include "sim/engine/signal.hpp"
#include "workloads/common/held_blocks.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/storage.hpp"

namespace mhp::workloads {

namespace {

struct BufferPoolParams : CommonParams, StorageParams {
  std::int64_t pool_percent = 50;
  SimTime query_interval{1'000'000};
  std::int64_t workers = 16;
  std::int64_t pages_read = 64;
  Bytes page_size{16 * kKiB};
  std::int64_t miss_permille = 10;
  Bytes work_memory{256 * kKiB};
  SimTime objective{10'000'000};
};

ParamSet<BufferPoolParams> buffer_pool_params() {
  using P = BufferPoolParams;
  auto set = common_params<P>();
  set.add(
         "pool_percent", &P::pool_percent,
         {.doc = "share of each node's free memory that the pool takes at the start, in huge pages",
          .min = 0,
          .max = 95})
      .add(
          "query_interval", &P::query_interval,
          {.doc = "mean time between two queries to a node's workers (Poisson)", .min = SimTime{1}})
      .add("workers", &P::workers,
           {.doc = "queries that a node works on at once; others queue", .min = 1, .max = 10'000})
      .add("pages_read", &P::pages_read,
           {.doc = "pages of the database that a query reads", .min = 1, .max = 1'000'000})
      .add("page_size", &P::page_size,
           {.doc = "page of the database", .min = Bytes{512}, .max = Bytes{kMiB}})
      .add("miss_permille", &P::miss_permille,
           {.doc = "of 1000 pages, how many are not in the pool", .min = 0, .max = 1000})
      .add("work_memory", &P::work_memory,
           {.doc = "memory that a query allocates, writes and frees", .min = Bytes{0}})
      .add("objective", &P::objective,
           {.doc = "latency that no query should exceed", .min = SimTime{1}});
  add_storage_params(set);
  return set;
}

/// The database's part on one node: queries arrive whether or not the last ones are done, wait for
/// a worker, read pages from the pool or from storage, and need memory to work in.
class Instance {
 public:
  Instance(const Context& context, const BufferPoolParams& params, Tally& tally, NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        node_(node),
        arrivals_(context.seed, context.replicate,
                  fmt::format("workload.{}.node{}.arrivals", context.name, node.value)),
        misses_(context.seed, context.replicate,
                fmt::format("workload.{}.node{}.misses", context.name, node.value)),
        pool_(context.mm, block_order(context.mm)),
        storage_(context.engine, params),
        arrived_(context.engine) {
    for (std::int64_t w = 0; w < params_.workers; ++w)
      workers_.push_back(std::make_unique<Thread>(context, tally, node));
  }

  void start() {
    PageCount free;
    for (const auto& zone : context_.mm.node(node_).zones) free += zone.free_pages();
    const std::int64_t blocks =
        (free.value * params_.pool_percent / 100) >> block_order(context_.mm);
    while (pool_.blocks() < blocks) {
      const auto block = context_.mm.alloc_pages(user_pages(node_, block_order(context_.mm)),
                                                 context_.mm.nobody());
      if (!block) break;
      pool_.add(*block);
    }
    context_.engine.spawn(arrive());
    for (auto& w : workers_) context_.engine.spawn(work(*w));
  }
  std::uint64_t draws() const { return arrivals_.draws() + misses_.draws(); }
  std::int64_t late() const { return late_; }
  std::int64_t longest_queue() const { return longest_queue_; }

 private:
  Task<void> arrive() {
    for (;;) {
      co_await context_.engine.delay(arrivals_.exponential(params_.query_interval));
      queue_.push_back(tally_.begin(context_.engine.now()));
      longest_queue_ = std::max(longest_queue_, static_cast<std::int64_t>(queue_.size()));
      arrived_.notify_all();
    }
  }

  Task<void> work(Thread& worker) {
    for (;;) {
      while (queue_.empty()) co_await arrived_.wait();
      const SimTime asked = queue_.front();
      queue_.pop_front();
      co_await serve(worker);
      tally_.end(worker.now(), asked);
      if (worker.now() - asked > params_.objective) ++late_;
    }
  }

  Task<void> serve(Thread& worker) {
    std::vector<kernel::Allocation> memory;
    PageSet taken(context_);
    const auto request = user_pages(node_, 0);
    while (context_.mm.geometry().bytes_of(taken.pages()) < params_.work_memory) {
      const auto page = co_await worker.alloc(request);
      if (!page) break;
      memory.push_back(*page);
      taken.add(*page, 0);
    }
    co_await worker.write(std::move(taken));
    std::int64_t missed = 0;
    for (std::int64_t i = 0; i < params_.pages_read && params_.miss_permille > 0; ++i)
      missed += misses_.uniform(0, 999) < params_.miss_permille ? 1 : 0;
    co_await storage_.read(worker, params_.page_size * missed);
    const auto& lie = pool_.blocks_by_node();
    for (std::size_t n = 0; n < lie.size() && pool_.blocks() > 0; ++n)
      co_await worker.move(NodeId{static_cast<std::int32_t>(n)},
                           params_.page_size * params_.pages_read * lie[n] / pool_.blocks());
    for (const auto& page : memory) context_.mm.free_pages(page.pfn, 0, worker.receipt());
    co_await worker.spend_work();
  }

  const Context& context_;
  const BufferPoolParams& params_;
  Tally& tally_;
  const NodeId node_;
  Stream arrivals_;
  Stream misses_;
  HeldBlocks pool_;
  Storage storage_;
  engine::Signal arrived_;
  std::vector<std::unique_ptr<Thread>> workers_;
  std::deque<SimTime> queue_;  ///< when those that wait for a worker came
  std::int64_t late_ = 0;
  std::int64_t longest_queue_ = 0;
};

class BufferPool : public PerNode<BufferPool, Instance, BufferPoolParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<BufferPool>>& own_figures() {
    static const std::vector<FigureOf<BufferPool>> all{
        {{"objective_missed", Unit::one, Better::lower,
          "queries that took longer than the objective"},
         [](const BufferPool& w) { return w.total(&Instance::late); }},
        {ranked({"queue_max", Unit::one, Better::lower, "the longest queue of a node"}),
         [](const BufferPool& w) { return w.longest_queue(); }},
        {{"in_flight_time", Unit::ns, Better::lower,
          "integral over time of the queries in the system; once none is left, the sum of their "
          "latencies (Little's law)"},
         [](const BufferPool& w) { return w.tally().in_flight().value; }}};
    return all;
  }

 private:
  std::int64_t longest_queue() const {
    std::int64_t longest = 0;
    for (const auto& part : parts()) longest = std::max(longest, part->longest_queue());
    return longest;
  }
};

}  // namespace

void register_workload_buffer_pool(WorkloadRegistry& registry) {
  registry.add(model<BufferPool, BufferPoolParams, buffer_pool_params>(
      "buffer_pool", "a database with a buffer pool on each node and a latency objective"));
}

}  // namespace mhp::workloads
