#include "workloads/common/held_blocks.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

namespace {

struct MemoryStreamParams : CommonParams {
  std::int64_t threads = 1;
  Bytes array{4 * kGiB};
  Bytes chunk{64 * kMiB};
  NodeId memory_node{-1};
};

ParamSet<MemoryStreamParams> memory_stream_params() {
  using P = MemoryStreamParams;
  auto set = common_params<P>();
  set.add("threads", &P::threads, {.doc = "streaming threads on each node", .min = 1, .max = 1024})
      .add("array", &P::array,
           {.doc = "memory that the threads of a node stream over", .min = Bytes{2 * kMiB}})
      .add("chunk", &P::chunk,
           {.doc = "what is moved as one: the grain of the simulation", .min = Bytes{4 * kKiB}})
      .add("memory_node", &P::memory_node,
           {.doc = "node that the arrays should lie on; -1: each thread's own"});
  return set;
}

/// Threads that move their arrays through the memory controllers as fast as those go.
class MemoryStream : public Workload {
 public:
  MemoryStream(const Context& context, const MemoryStreamParams& params)
      : context_(context), params_(params) {
    for (const NodeId node : nodes_to_run_on(context_)) {
      arrays_.push_back(std::make_unique<HeldBlocks>(context_.mm, block_order(context_.mm)));
      for (std::int64_t t = 0; t < params_.threads; ++t)
        threads_.push_back(
            {std::make_unique<Thread>(context_, tally_, node), arrays_.back().get()});
    }
  }

  void start() override {
    std::size_t i = 0;
    for (const NodeId node : nodes_to_run_on(context_)) take(*arrays_[i++], node);
    for (Streamer& s : threads_) context_.engine.spawn(run(s));
  }
  static const std::vector<FigureOf<MemoryStream>>& own_figures() {
    static const std::vector<FigureOf<MemoryStream>> all{
        {{"moved_bytes", Unit::byte, Better::higher,
          "memory moved, from which the bandwidth follows"},
         [](const MemoryStream& w) { return w.moved_.value; }}};
    return all;
  }
  std::vector<Figure> figures() const override { return figures_of(tally_, *this); }
  const Histogram* latency() const override { return &tally_.latency(); }
  std::uint64_t draws() const override { return 0; }

 private:
  struct Streamer {
    std::unique_ptr<Thread> thread;
    const HeldBlocks* array;
  };

  void take(HeldBlocks& array, NodeId node) {
    const bool elsewhere =
        params_.memory_node.valid() && params_.memory_node.index() < context_.mm.nodes();
    const auto request =
        user_pages(elsewhere ? params_.memory_node : node, block_order(context_.mm));
    while (context_.mm.geometry().bytes_of(array.pages()) < params_.array) {
      const auto block = context_.mm.alloc_pages(request, context_.mm.nobody());
      if (!block) return tally_.failure();
      array.add(*block);
    }
  }

  // Each chunk is spread over the nodes as the whole array is.
  Task<void> run(Streamer& s) {
    while (s.array->blocks() > 0) {
      const SimTime began = tally_.begin(s.thread->now());
      const auto& lie = s.array->blocks_by_node();
      for (std::size_t n = 0; n < lie.size(); ++n)
        co_await s.thread->move(NodeId{static_cast<std::int32_t>(n)}, share(lie[n], *s.array));
      moved_ += params_.chunk;
      tally_.end(s.thread->now(), began);
    }
  }
  Bytes share(std::int64_t blocks, const HeldBlocks& array) const {
    return Bytes{static_cast<std::int64_t>(static_cast<__int128>(params_.chunk.value) * blocks /
                                           array.blocks())};
  }

  const Context context_;
  const MemoryStreamParams params_;
  Tally tally_;
  Bytes moved_;
  std::vector<std::unique_ptr<HeldBlocks>> arrays_;
  std::vector<Streamer> threads_;
};

}  // namespace

void register_workload_memory_stream(WorkloadRegistry& registry) {
  registry.add(model<MemoryStream, MemoryStreamParams, memory_stream_params>(
      "memory_stream", "threads that stream over large arrays as fast as memory goes"));
}

}  // namespace mhp::workloads
