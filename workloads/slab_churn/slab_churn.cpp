#include <fmt/format.h>

#include "sim/core/random.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

namespace {

struct SlabChurnParams : CommonParams {
  SimTime interval{1'000'000};
  std::int64_t batch = 1000;
  std::int64_t objects = 1'000'000;
  Bytes object_size{192};
  std::int64_t order = 0;
  bool reclaimable = true;
};

ParamSet<SlabChurnParams> slab_churn_params() {
  using P = SlabChurnParams;
  auto set = common_params<P>();
  set.add("interval", &P::interval, {.doc = "pause between two operations", .min = SimTime{1'000}})
      .add("batch", &P::batch,
           {.doc = "objects that one operation allocates, and frees once enough live",
            .min = 1,
            .max = 1'000'000})
      .add("objects", &P::objects,
           {.doc = "objects that live on each node", .min = 1, .max = 1'000'000'000})
      .add("object_size", &P::object_size,
           {.doc = "size of an object (a dentry by default)",
            .linux_name = "/sys/kernel/slab/CACHE/object_size",
            .min = Bytes{8},
            .max = Bytes{4 * kKiB}})
      .add("order", &P::order,
           {.doc = "order of a slab",
            .linux_name = "/sys/kernel/slab/CACHE/order",
            .min = 0,
            .max = 3})
      .add("reclaimable", &P::reclaimable,
           {.doc = "its pages are of reclaimable type, else unmovable",
            .linux_name = "/sys/kernel/slab/CACHE/reclaim_account"});
  return set;
}

/// One cache on one node. Objects die at random, so that slabs empty slowly and late: memory that
/// a few survivors hold.
class Cache {
 public:
  Cache(const Context& context, const SlabChurnParams& params, Tally& tally, NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        thread_(context, tally, node),
        random_(context.seed, context.replicate,
                fmt::format("workload.{}.node{}", context.name, node.value)),
        per_slab_((context.mm.geometry().page_size() << params.order) / params.object_size.value) {}

  void start() { context_.engine.spawn(run()); }
  std::uint64_t draws() const { return random_.draws(); }
  PageCount pages() const { return PageCount{slabs_in_use_ << params_.order}; }
  PageCount most_pages() const { return PageCount{most_slabs_ << params_.order}; }
  std::int64_t live() const { return static_cast<std::int64_t>(objects_.size()); }

 private:
  using SlabNo = std::uint32_t;
  static constexpr std::int32_t kFull = -1;
  struct Slab {
    Pfn pfn;
    NodeId node;
    std::int32_t used = 0;
    std::int32_t place = kFull;  ///< on the partial list
  };

  Task<void> run() {
    for (;;) {
      co_await thread_.sleep(params_.interval);
      const SimTime began = tally_.begin(thread_.now());
      for (std::int64_t i = 0; i < params_.batch; ++i) {
        if (partial_.empty() && !co_await new_slab()) break;
        add_object();
      }
      most_slabs_ = std::max(most_slabs_, slabs_in_use_);
      while (live() > params_.objects) free_object();
      co_await thread_.spend_work();
      tally_.end(thread_.now(), began);
    }
  }

  Task<bool> new_slab() {
    const kernel::AllocRequest request{.node = thread_.node(),
                                       .order = static_cast<int>(params_.order),
                                       .type = params_.reclaimable
                                                   ? kernel::MigrateType::reclaimable
                                                   : kernel::MigrateType::unmovable};
    const auto block = co_await thread_.alloc(request);
    if (!block) co_return false;
    SlabNo slab = static_cast<SlabNo>(slabs_.size());
    if (spare_.empty()) {
      slabs_.emplace_back();
    } else {
      slab = spare_.back();
      spare_.pop_back();
    }
    slabs_[slab] = {block->pfn, block->node};
    list(slab);
    ++slabs_in_use_;
    co_return true;
  }

  void add_object() {
    const SlabNo slab = partial_.back();
    Slab& s = slabs_[slab];
    objects_.push_back(slab);
    if (++s.used == per_slab_) unlist(s);
  }

  void free_object() {
    const auto i = static_cast<std::size_t>(random_.uniform(0, live() - 1));
    const SlabNo slab = objects_[i];
    objects_[i] = objects_.back();
    objects_.pop_back();
    Slab& s = slabs_[slab];
    if (--s.used > 0) {
      if (s.place == kFull) list(slab);
      return;
    }
    if (s.place != kFull) unlist(s);
    context_.mm.free_pages(s.pfn, static_cast<int>(params_.order), thread_.receipt());
    spare_.push_back(slab);
    --slabs_in_use_;
  }

  void list(SlabNo slab) {
    slabs_[slab].place = static_cast<std::int32_t>(partial_.size());
    partial_.push_back(slab);
  }
  void unlist(Slab& s) {
    const SlabNo last = partial_.back();
    partial_[static_cast<std::size_t>(s.place)] = last;
    slabs_[last].place = s.place;
    partial_.pop_back();
    s.place = kFull;
  }

  const Context& context_;
  const SlabChurnParams& params_;
  Tally& tally_;
  Thread thread_;
  Stream random_;
  const std::int64_t per_slab_;
  std::vector<Slab> slabs_;
  std::vector<SlabNo> spare_;    ///< numbers without a slab
  std::vector<SlabNo> partial_;  ///< slabs with room; the last is filled first
  std::vector<SlabNo> objects_;  ///< the slab of each live object
  std::int64_t slabs_in_use_ = 0;
  std::int64_t most_slabs_ = 0;
};

class SlabChurn : public PerNode<SlabChurn, Cache, SlabChurnParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<SlabChurn>>& own_figures() {
    static const std::vector<FigureOf<SlabChurn>> all{
        {{"live_objects", Unit::one, Better::none, "objects in use at the end"},
         [](const SlabChurn& w) { return w.total(&Cache::live); }},
        {{"slab_pages", Unit::page, Better::lower, "pages of its slabs at the end"},
         [](const SlabChurn& w) { return w.total(&Cache::pages); }},
        {{"slab_pages_max", Unit::page, Better::lower,
          "sum over the nodes of the most that each ever had"},
         [](const SlabChurn& w) { return w.total(&Cache::most_pages); }}};
    return all;
  }
};

}  // namespace

void register_workload_slab_churn(WorkloadRegistry& registry) {
  registry.add(model<SlabChurn, SlabChurnParams, slab_churn_params>(
      "slab_churn", "a slab cache on each node whose objects come and die at random"));
}

}  // namespace mhp::workloads
