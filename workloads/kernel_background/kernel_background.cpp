#include <fmt/format.h>

#include <queue>

#include "sim/core/random.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/slab_cache.hpp"

namespace mhp::workloads {

namespace {

struct KernelBackgroundParams : CommonParams {
  SimTime interval{10'000'000};
  SimTime lifetime{1'000'000'000};
  std::int64_t kept_permille = 0;
  std::int64_t large_percent = 10;
};

ParamSet<KernelBackgroundParams> kernel_background_params() {
  using P = KernelBackgroundParams;
  auto set = common_params<P>();
  set.add("interval", &P::interval,
          {.doc = "mean time between two requests on a node (Poisson)",
           .source = "assumed: a machine that does little",
           .min = SimTime{1'000}})
      .add("lifetime", &P::lifetime,
           {.doc = "mean time until such pages are given back (exponential)",
            .source = "assumed",
            .min = SimTime{1'000}})
      .add("kept_permille", &P::kept_permille,
           {.doc = "of 1000 requests, how many are never given back", .min = 0, .max = 1000})
      .add("large_percent", &P::large_percent,
           {.doc = "share of the requests that wants a slab of order 1 to 3, and takes one page "
                   "where there is none",
            .source = "assumed",
            .min = 0,
            .max = 100});
  return set;
}

/// What the kernel takes for itself on one node while a machine does nothing much: system calls of
/// daemons, kernel threads, timers. Nobody whom the OOM killer may choose.
class Background {
 public:
  Background(const Context& context, const KernelBackgroundParams& params, Tally& tally,
             NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        thread_(context, tally, node),
        requests_(context.seed, context.replicate,
                  fmt::format("workload.{}.node{}.requests", context.name, node.value)),
        fates_(context.seed, context.replicate,
               fmt::format("workload.{}.node{}.fates", context.name, node.value)) {}

  void start() { context_.engine.spawn(run()); }
  std::uint64_t draws() const { return requests_.draws() + fates_.draws(); }
  PageCount held() const { return held_; }
  std::int64_t panics() const { return panics_; }

 private:
  struct Loan {
    SimTime until;
    std::int64_t number = 0;  ///< of two that end together the older first
    Pfn pfn;
    int order = 0;
    bool operator>(const Loan& o) const {
      return until != o.until ? until > o.until : number > o.number;
    }
  };

  Task<void> run() {
    SimTime next = thread_.now() + requests_.exponential(params_.interval);
    for (;;) {
      const SimTime due = loans_.empty() ? next : std::min(next, loans_.top().until);
      if (due > thread_.now()) co_await thread_.sleep(due - thread_.now());
      while (!loans_.empty() && loans_.top().until <= thread_.now()) give_back();
      co_await thread_.spend_work();
      if (next > thread_.now()) continue;
      const SimTime began = tally_.begin(thread_.now());
      const bool alive = co_await take();
      tally_.end(thread_.now(), began, alive);
      if (!alive) co_return;
      next = std::max(next, thread_.now()) + requests_.exponential(params_.interval);
    }
  }

  void give_back() {
    const Loan loan = loans_.top();
    loans_.pop();
    context_.mm.free_pages(loan.pfn, loan.order, thread_.receipt());
    held_ -= PageCount{std::int64_t{1} << loan.order};
  }

  /// GFP_KERNEL: it waits, reclaims and has somebody killed. False if there is nobody: the machine
  /// has panicked (out_of_memory: "System is deadlocked on memory").
  Task<bool> take() {
    kernel::AllocRequest request{.node = thread_.node(), .kthread = true};
    std::optional<kernel::Allocation> got;
    if (fates_.uniform(0, 99) < params_.large_percent) {
      kernel::AllocRequest large = request;
      large.order = static_cast<int>(fates_.uniform(1, 3));
      got = co_await alloc_large_slab(context_, thread_, large);
      if (got) request = large;
    }
    if (!got) got = co_await thread_.alloc(request);
    co_await thread_.spend_work();
    if (!got) {
      ++panics_;
      if (context_.panic)
        context_.panic(fmt::format(
            "'{}' found no page for a request of the kernel's own and nobody to kill: the kernel "
            "panics (System is deadlocked on memory)",
            context_.name));
      co_return false;
    }
    held_ += PageCount{std::int64_t{1} << request.order};
    const bool kept = fates_.uniform(0, 999) < params_.kept_permille;
    const SimTime until = thread_.now() + fates_.exponential(params_.lifetime);
    if (!kept) loans_.push({until, number_++, got->pfn, request.order});
    co_return true;
  }

  const Context& context_;
  const KernelBackgroundParams& params_;
  Tally& tally_;
  Thread thread_;
  Stream requests_;
  Stream fates_;
  std::priority_queue<Loan, std::vector<Loan>, std::greater<>> loans_;
  std::int64_t number_ = 0;
  PageCount held_;
  std::int64_t panics_ = 0;
};

class KernelBackground : public PerNode<KernelBackground, Background, KernelBackgroundParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<KernelBackground>>& own_figures() {
    static const std::vector<FigureOf<KernelBackground>> all{
        {kHeldPages, [](const KernelBackground& w) { return w.total(&Background::held); }},
        {{"panics", Unit::one, Better::lower,
          "requests that found no page and nobody to kill: the machine ends there"},
         [](const KernelBackground& w) { return w.total(&Background::panics); }}};
    return all;
  }
};

}  // namespace

void register_workload_kernel_background(WorkloadRegistry& registry) {
  registry.add(model<KernelBackground, KernelBackgroundParams, kernel_background_params>(
      "kernel_background", "pages that the kernel takes and gives back for itself, on each node"));
}

}  // namespace mhp::workloads
