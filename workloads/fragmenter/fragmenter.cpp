#include <algorithm>

#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

namespace {

struct FragmenterParams : CommonParams {
  SimTime interval{10'000'000};
  std::int64_t pageblocks = 64;
  std::int64_t share_percent = 90;
  std::int64_t kept_pages = 1;
  SimTime hold{0};
};

ParamSet<FragmenterParams> fragmenter_params() {
  using P = FragmenterParams;
  auto set = common_params<P>();
  set.add("interval", &P::interval, {.doc = "pause between two operations", .min = SimTime{1'000}})
      .add("pageblocks", &P::pageblocks,
           {.doc = "pageblocks that one operation breaks", .min = 1, .max = 1'000'000})
      .add("share_percent", &P::share_percent,
           {.doc = "share of a node's pageblocks, free at the start, that it breaks",
            .min = 0,
            .max = 100})
      .add("kept_pages", &P::kept_pages,
           {.doc = "pages that it keeps of each, at most all: unmovable, at its start",
            .min = 1,
            .max = 511})
      .add("hold", &P::hold,
           {.doc = "after this time it gives all back and begins anew; 0: never",
            .min = SimTime{0}});
  return set;
}

/// On one node: takes whole pageblocks and gives back all but the first pages of each.
class Breaker {
 public:
  Breaker(const Context& context, const FragmenterParams& params, Tally& tally, NodeId node)
      : context_(context), params_(params), tally_(tally), thread_(context, tally, node) {}

  void start() {
    std::int64_t free = 0;
    for (const auto& zone : context_.mm.node(thread_.node()).zones)
      if (kernel::is_kernel_zone(zone.type)) free += zone.buddy.free_pages().value;
    wanted_ = free / context_.mm.geometry().pageblock_pages() * params_.share_percent / 100;
    context_.engine.spawn(run());
  }
  std::int64_t broken() const { return static_cast<std::int64_t>(kept_.size()); }

 private:
  Task<void> run() {
    SimTime full_since{-1};
    for (;;) {
      co_await thread_.sleep(params_.interval);
      if (broken() >= wanted_) {
        if (params_.hold.value == 0) co_return;
        if (full_since.value < 0) full_since = thread_.now();
        if (thread_.now() - full_since < params_.hold) continue;
        co_await give_back();
        full_since = SimTime{-1};
      }
      const SimTime began = tally_.begin(thread_.now());
      const bool got = co_await break_some();
      tally_.end(thread_.now(), began);
      if (!got) wanted_ = broken();  // there are none left
    }
  }

  /// Whole pageblocks by themselves are no burden: an order-9 request that fails is given up.
  Task<bool> break_some() {
    bool got = true;
    for (std::int64_t i = 0; i < params_.pageblocks && broken() < wanted_; ++i) {
      const kernel::AllocRequest request{.node = thread_.node(),
                                         .order = context_.mm.geometry().pageblock_order(),
                                         .type = kernel::MigrateType::unmovable,
                                         .this_node = true,
                                         .kswapd = false};
      co_await context_.mm.ready(thread_.host(), request, thread_.receipt());
      const auto block = context_.mm.alloc_pages(request, thread_.receipt());
      got = block.has_value();
      if (!got) {
        tally_.failure();
        break;
      }
      kept_.push_back(block->pfn);
      context_.mm.free_page_range(
          {block->pfn + kept(), block->pfn + PageCount{context_.mm.geometry().pageblock_pages()}},
          thread_.receipt());
    }
    co_await thread_.spend_work();
    co_return got;
  }

  /// Of a pageblock; some are smaller than what is to be kept.
  PageCount kept() const {
    return PageCount{std::min(params_.kept_pages, context_.mm.geometry().pageblock_pages())};
  }

  Task<void> give_back() {
    for (const Pfn p : kept_) context_.mm.free_page_range({p, p + kept()}, thread_.receipt());
    kept_.clear();
    co_await thread_.spend_work();
  }

  const Context& context_;
  const FragmenterParams& params_;
  Tally& tally_;
  Thread thread_;
  std::vector<Pfn> kept_;
  std::int64_t wanted_ = 0;
};

class Fragmenter : public PerNode<Fragmenter, Breaker, FragmenterParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<Fragmenter>>& own_figures() {
    static const std::vector<FigureOf<Fragmenter>> all{
        {{"broken_pageblocks", Unit::one, Better::none,
          "pageblocks in which it holds pages at the end"},
         [](const Fragmenter& w) { return w.total(&Breaker::broken); }}};
    return all;
  }
};

}  // namespace

void register_workload_fragmenter(WorkloadRegistry& registry) {
  registry.add(model<Fragmenter, FragmenterParams, fragmenter_params>(
      "fragmenter", "an adversary that leaves an unmovable page in every pageblock it can get"));
}

}  // namespace mhp::workloads
