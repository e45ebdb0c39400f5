#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "sim/core/random.hpp"
#include "sim/cost/pricer.hpp"
#include "workloads/workload.hpp"

namespace mhp::workloads {

namespace {

using kernel::Primitive;

/// The parameters of the steady workload, the same on every node that has processors and boot
/// memory.
struct SteadyParams {
  std::string kind;
  std::int64_t resident_percent = 50;
  SimTime interval{10'000'000};
  std::int64_t batch_pages = 256;
  std::int64_t batches_held = 64;
  Bytes stream{64 * kMiB};
};

ParamSet<SteadyParams> steady_params() {
  using P = SteadyParams;
  ParamSet<P> set;
  set.add("kind", &P::kind,
          {.doc = "which workload runs", .required = true, .choices = workloads().choices()})
      .add("resident_percent", &P::resident_percent,
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
  NodeLoad(const Context& context, const SteadyParams& params, NodeId node)
      : context_(context),
        params_(params),
        node_(node),
        pricer_(context.costs, context.topology, node),
        random_(context.seed, context.replicate,
                fmt::format("workload.steady.node{}", node.value)) {
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
  std::int64_t operations() const { return static_cast<std::int64_t>(latencies_.size()); }
  std::int64_t failures() const { return failures_; }
  const std::vector<std::int64_t>& latencies() const { return latencies_; }

 private:
  struct Page {
    Pfn pfn;
    NodeId node;
  };

  PageCount pages_in(PfnRange range) const override {
    PageCount n;
    for (const Pfn p : resident_) n += PageCount{range.contains(p) ? kernel::kPageblockPages : 0};
    for (const auto& batch : held_)
      for (const Page& p : batch) n += PageCount{range.contains(p.pfn) ? 1 : 0};
    return n;
  }

  void migrate(PfnRange range, const Move& move) override {
    for (Pfn& p : resident_)
      if (range.contains(p) && !moved(p, kernel::kPageblockOrder, move)) return;
    for (auto& batch : held_)
      for (Page& p : batch)
        if (range.contains(p.pfn)) {
          if (!moved(p.pfn, 0, move)) return;
          p.node = context_.mm.zone_of(p.pfn)->node;
        }
  }

  static bool moved(Pfn& page, int order, const Move& move) {
    const auto to = move(page, order);
    if (to) page = *to;
    return to.has_value();
  }

  void take_resident() {
    PageCount free;
    for (const auto& zone : context_.mm.node(node_).zones) free += zone.free_pages();
    const std::int64_t blocks =
        free.value * params_.resident_percent / 100 / kernel::kPageblockPages;
    for (std::int64_t i = 0; i < blocks; ++i)
      if (const auto block = context_.mm.alloc_pages(movable(kernel::kPageblockOrder)))
        resident_.push_back(block->pfn);
  }

  Task<void> run() {
    for (;;) {
      const std::int64_t half = params_.interval.value / 2;
      co_await context_.engine.delay(SimTime{random_.uniform(half, 3 * half)});
      const SimTime started = context_.engine.now();
      co_await allocate_and_write();
      if (params_.stream.value > 0) co_await context_.memory.move(node_, node_, params_.stream);
      co_await free_oldest();
      latencies_.push_back((context_.engine.now() - started).value);
    }
  }

  Task<void> allocate_and_write() {
    auto& batch = held_.emplace_back();
    for (std::int64_t i = 0; i < params_.batch_pages; ++i) {
      const auto page = context_.mm.alloc_pages(movable(0));
      if (!page) {
        ++failures_;
        break;
      }
      batch.push_back({page->pfn, page->node});
    }
    const SimTime ready = context_.engine.now() + page_work(batch);
    std::vector<std::int64_t> written(context_.mm.nodes(), 0);
    for (const Page& p : batch) ++written[p.node.index()];
    for (std::size_t n = 0; n < written.size(); ++n)
      if (written[n] > 0)
        co_await context_.memory.move(node_, NodeId{static_cast<std::int32_t>(n)},
                                      Bytes{written[n] * kPageSize});
    if (ready > context_.engine.now())
      co_await context_.engine.delay(ready - context_.engine.now());
  }

  Task<void> free_oldest() {
    if (static_cast<std::int64_t>(held_.size()) <= params_.batches_held) co_return;
    const auto batch = std::move(held_.front());
    held_.pop_front();
    const CpuId cpu = context_.mm.node(node_).first_cpu;
    for (const Page& p : batch) context_.mm.free_pages(p.pfn, 0, cpu);
    co_await context_.engine.delay(page_work(batch));
  }

  /// The allocator's work on a batch, and one touch of each struct page where the memmap has it.
  SimTime page_work(const std::vector<Page>& batch) {
    std::vector<std::int64_t> touched(context_.mm.nodes(), 0);
    for (const Page& p : batch) ++touched[context_.memmap_node(p.pfn).index()];
    SimTime time =
        pricer_.price(Primitive::alloc_order0, static_cast<std::int64_t>(batch.size()), node_).time;
    for (std::size_t n = 0; n < touched.size(); ++n)
      time +=
          pricer_
              .price(Primitive::struct_page_free, touched[n], NodeId{static_cast<std::int32_t>(n)})
              .time;
    return time;
  }

  kernel::AllocRequest movable(int order) const {
    return {.node = node_,
            .order = order,
            .type = kernel::MigrateType::movable,
            .highest = kernel::ZoneType::movable};
  }

  const Context context_;
  const SteadyParams params_;
  const NodeId node_;
  cost::Pricer pricer_;
  Stream random_;
  std::vector<Pfn> resident_;  // pageblocks
  std::deque<std::vector<Page>> held_;
  std::vector<std::int64_t> latencies_;
  std::int64_t failures_ = 0;
};

class Steady : public Workload {
 public:
  Steady(const Context& context, const SteadyParams& params) {
    for (std::size_t n = 0; n < context.mm.nodes(); ++n) {
      const NodeId id{static_cast<std::int32_t>(n)};
      const auto& node = context.mm.node(id);
      if (node.cpus > 0 && node.has_memory)
        nodes_.push_back(std::make_unique<NodeLoad>(context, params, id));
    }
  }

  void start() override {
    for (auto& n : nodes_) n->start();
  }

  std::vector<Figure> figures() const override {
    std::vector<std::int64_t> all;
    std::int64_t failures = 0;
    for (const auto& n : nodes_) {
      all.insert(all.end(), n->latencies().begin(), n->latencies().end());
      failures += n->failures();
    }
    std::sort(all.begin(), all.end());
    std::vector<Figure> out{
        {"workload_operations", "1", "none", static_cast<std::int64_t>(all.size())},
        {"workload_failures", "1", "lower", failures}};
    if (all.empty()) return out;
    std::int64_t sum = 0;
    for (const std::int64_t v : all) sum += v;
    out.push_back(
        {"workload_latency_mean", "ns", "lower", sum / static_cast<std::int64_t>(all.size())});
    out.push_back({"workload_latency_p99", "ns", "lower", all[(all.size() - 1) * 99 / 100]});
    return out;
  }

  std::uint64_t draws() const override {
    std::uint64_t sum = 0;
    for (const auto& n : nodes_) sum += n->draws();
    return sum;
  }

 private:
  std::vector<std::unique_ptr<NodeLoad>> nodes_;
};

Factory configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                  std::vector<ParamValue>* used) {
  SteadyParams p;
  static const ParamSet<SteadyParams> params = steady_params();
  params.read(table, p, errors, used, prefix);
  return [p](const Context& context) { return std::make_unique<Steady>(context, p); };
}

}  // namespace

void register_workload_steady(WorkloadRegistry& registry) {
  registry.add({"steady",
                "on every node: allocates a batch of pages, writes it, reads resident memory, "
                "frees the oldest batch",
                [](std::string_view prefix) { return steady_params().describe(prefix); },
                configure});
}

}  // namespace mhp::workloads
