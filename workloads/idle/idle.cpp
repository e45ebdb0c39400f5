#include "workloads/common/params.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

namespace {

struct IdleParams : CommonParams {
  SimTime interval{1'000'000'000};
  Bytes touched{64 * kKiB};
};

ParamSet<IdleParams> idle_params() {
  using P = IdleParams;
  auto set = common_params<P>();
  set.add("interval", &P::interval,
          {.doc = "time between two wake-ups of a node's daemon", .min = SimTime{1'000}})
      .add("touched", &P::touched, {.doc = "memory that a wake-up touches", .min = Bytes{0}});
  return set;
}

/// A daemon on every node that wakes up, looks around and sleeps again. Takes no memory.
class Idle : public Workload {
 public:
  Idle(const Context& context, const IdleParams& params) : context_(context), params_(params) {
    for (const NodeId node : nodes_to_run_on(context_))
      daemons_.push_back(std::make_unique<Thread>(context_, tally_, node));
  }

  void start() override {
    for (auto& d : daemons_) context_.engine.spawn(run(*d));
  }
  std::vector<Figure> figures() const override { return tally_.figures(); }
  const Histogram* latency() const override { return &tally_.latency(); }
  std::uint64_t draws() const override { return 0; }

 private:
  Task<void> run(Thread& daemon) {
    for (;;) {
      co_await daemon.sleep(params_.interval);
      const SimTime began = tally_.begin(daemon.now());
      co_await daemon.move(daemon.node(), params_.touched);
      tally_.end(daemon.now(), began);
    }
  }

  const Context context_;
  const IdleParams params_;
  Tally tally_;
  std::vector<std::unique_ptr<Thread>> daemons_;
};

}  // namespace

void register_workload_idle(WorkloadRegistry& registry) {
  registry.add(model<Idle, IdleParams, idle_params>(
      "idle", "nobody but a daemon on each node that wakes up now and then"));
}

}  // namespace mhp::workloads
