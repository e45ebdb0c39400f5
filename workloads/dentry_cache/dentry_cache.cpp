#include <fmt/format.h>

#include "sim/core/random.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/pattern.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/dentry_cache/file_cache.hpp"

namespace mhp::workloads {

namespace {

struct DentryCacheParams : CommonParams {
  SimTime interval{1'000'000};
  std::int64_t batch = 1000;
  std::int64_t files = 1'000'000;
  Pattern pattern = Pattern::in_order;
  std::int64_t pinned_percent = 0;
  Bytes dentry_size{192};
  Bytes inode_size{kKiB};
  std::int64_t dentry_order = 0;
  std::int64_t inode_order = 3;
};

ParamSet<DentryCacheParams> dentry_cache_params() {
  using P = DentryCacheParams;
  auto set = common_params<P>();
  set.add("interval", &P::interval, {.doc = "pause between two operations", .min = SimTime{1'000}})
      .add("batch", &P::batch,
           {.doc = "files that one operation looks up", .min = 1, .max = 1'000'000})
      .add("files", &P::files,
           {.doc = "files that are looked up on each node", .min = 1, .max = 100'000'000})
      .add("pattern", &P::pattern, {.doc = "in which order they are looked up"})
      .add("pinned_percent", &P::pinned_percent,
           {.doc = "share of the files that stay open once they are found: their dentries and "
                   "inodes cannot be dropped",
            .min = 0,
            .max = 100})
      .add("dentry_size", &P::dentry_size,
           {.doc = "size of a dentry",
            .linux_name = "/sys/kernel/slab/dentry/object_size",
            .source = "struct dentry of 6.12, x86-64",
            .min = Bytes{8},
            .max = Bytes{4 * kKiB}})
      .add("inode_size", &P::inode_size,
           {.doc = "size of an inode, with what the file system adds to it",
            .linux_name = "/sys/kernel/slab/CACHE/object_size",
            .source = "assumed: xfs_inode and ext4_inode_cache of 6.12 have 1000 to 1200 bytes",
            .min = Bytes{8},
            .max = Bytes{4 * kKiB}})
      .add("dentry_order", &P::dentry_order,
           {.doc = "order of a slab of dentries",
            .linux_name = "/sys/kernel/slab/dentry/order",
            .min = 0,
            .max = 3})
      .add("inode_order", &P::inode_order,
           {.doc = "order of a slab of inodes",
            .linux_name = "/sys/kernel/slab/CACHE/order",
            .min = 0,
            .max = 3});
  return set;
}

/// One who walks the files of a node.
class Walker {
 public:
  Walker(const Context& context, const DentryCacheParams& params, Tally& tally, NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        thread_(context, tally, node),
        random_(context.seed, context.replicate,
                fmt::format("workload.{}.node{}", context.name, node.value)),
        cache_(context, params.files,
               {params.dentry_size, params.inode_size, static_cast<int>(params.dentry_order),
                static_cast<int>(params.inode_order)}) {
    if (params_.pinned_percent == 0) return;
    for (std::int64_t f = 0; f < params_.files; ++f)
      open_.push_back(random_.uniform(0, 99) < params_.pinned_percent);
  }

  void start() { context_.engine.spawn(run()); }
  std::uint64_t draws() const { return random_.draws(); }
  std::int64_t found() const { return found_; }
  std::int64_t dentries() const { return cache_.dentries(); }
  std::int64_t inodes() const { return cache_.inodes(); }
  std::int64_t dropped() const { return cache_.dropped(); }
  PageCount pages() const { return cache_.pages(); }
  PageCount most_pages() const { return cache_.most_pages(); }
  PageCount reclaimed() const { return cache_.reclaimed(); }

 private:
  Task<void> run() {
    while (next_ < params_.files) {
      co_await thread_.sleep(params_.interval);
      const SimTime began = tally_.begin(thread_.now());
      for (std::int64_t i = 0; i < params_.batch && next_ < params_.files; ++i)
        if (!co_await look_up(static_cast<FileCache::FileNo>(choose()))) break;
      co_await thread_.spend_work();
      tally_.end(thread_.now(), began);
    }
  }

  std::int64_t choose() {
    if (params_.pattern == Pattern::random) return random_.uniform(0, params_.files - 1);
    const std::int64_t file = next_++;
    if (next_ == params_.files && params_.pattern == Pattern::in_order) next_ = 0;
    return file;
  }

  Task<bool> look_up(FileCache::FileNo file) {
    if (cache_.look_up(file)) {
      ++found_;
      co_return true;
    }
    const bool open = !open_.empty() && open_[file];
    co_return co_await cache_.bring_in(thread_, file, open);
  }

  const Context& context_;
  const DentryCacheParams& params_;
  Tally& tally_;
  Thread thread_;
  Stream random_;
  FileCache cache_;
  std::vector<bool> open_;  ///< which files stay open; empty: none
  std::int64_t next_ = 0;   ///< file that is looked up next, in order; at the end: none
  std::int64_t found_ = 0;
};

class DentryCache : public PerNode<DentryCache, Walker, DentryCacheParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<DentryCache>>& own_figures() {
    static const std::vector<FigureOf<DentryCache>> all{
        {{"found", Unit::one, Better::higher, "lookups that found the file's dentry in the cache"},
         [](const DentryCache& w) { return w.total(&Walker::found); }},
        {{"dentries", Unit::one, Better::none, "dentries in the cache at the end"},
         [](const DentryCache& w) { return w.total(&Walker::dentries); }},
        {{"inodes", Unit::one, Better::none, "inodes in the cache at the end"},
         [](const DentryCache& w) { return w.total(&Walker::inodes); }},
        {{"objects_dropped", Unit::one, Better::lower,
          "dentries and inodes that reclaim has dropped"},
         [](const DentryCache& w) { return w.total(&Walker::dropped); }},
        {kSlabPages, [](const DentryCache& w) { return w.total(&Walker::pages); }},
        {kSlabPagesMax, [](const DentryCache& w) { return w.total(&Walker::most_pages); }},
        {kPagesReclaimed, [](const DentryCache& w) { return w.total(&Walker::reclaimed); }}};
    return all;
  }
};

}  // namespace

void register_workload_dentry_cache(WorkloadRegistry& registry) {
  registry.add(model<DentryCache, DentryCacheParams, dentry_cache_params>(
      "dentry_cache", "dentries and inodes of files on each node, which reclaim can drop"));
}

}  // namespace mhp::workloads
