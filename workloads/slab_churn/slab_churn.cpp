#include <fmt/format.h>

#include "sim/core/random.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/slab_cache.hpp"

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
        cache_(context, params.object_size, static_cast<int>(params.order),
               params.reclaimable ? kernel::MigrateType::reclaimable
                                  : kernel::MigrateType::unmovable) {}

  void start() { context_.engine.spawn(run()); }
  std::uint64_t draws() const { return random_.draws(); }
  PageCount pages() const { return cache_.pages(); }
  PageCount most_pages() const { return cache_.most_pages(); }
  std::int64_t live() const { return static_cast<std::int64_t>(objects_.size()); }

 private:
  Task<void> run() {
    for (;;) {
      co_await thread_.sleep(params_.interval);
      const SimTime began = tally_.begin(thread_.now());
      for (std::int64_t i = 0; i < params_.batch; ++i) {
        if (!cache_.has_room() && !co_await cache_.make_room(thread_)) break;
        objects_.push_back(cache_.add());
      }
      while (live() > params_.objects) free_object();
      co_await thread_.spend_work();
      tally_.end(thread_.now(), began);
    }
  }

  void free_object() {
    const auto i = static_cast<std::size_t>(random_.uniform(0, live() - 1));
    cache_.remove(objects_[i], thread_.receipt());
    objects_[i] = objects_.back();
    objects_.pop_back();
  }

  const Context& context_;
  const SlabChurnParams& params_;
  Tally& tally_;
  Thread thread_;
  Stream random_;
  SlabCache cache_;
  std::vector<SlabCache::SlabNo> objects_;  ///< the slab of each live object
};

class SlabChurn : public PerNode<SlabChurn, Cache, SlabChurnParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<SlabChurn>>& own_figures() {
    static const std::vector<FigureOf<SlabChurn>> all{
        {{"live_objects", Unit::one, Better::none, "objects in use at the end"},
         [](const SlabChurn& w) { return w.total(&Cache::live); }},
        {kSlabPages, [](const SlabChurn& w) { return w.total(&Cache::pages); }},
        {kSlabPagesMax, [](const SlabChurn& w) { return w.total(&Cache::most_pages); }}};
    return all;
  }
};

}  // namespace

void register_workload_slab_churn(WorkloadRegistry& registry) {
  registry.add(model<SlabChurn, SlabChurnParams, slab_churn_params>(
      "slab_churn", "a slab cache on each node whose objects come and die at random"));
}

}  // namespace mhp::workloads
