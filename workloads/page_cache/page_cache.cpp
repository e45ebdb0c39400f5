#include <fmt/format.h>

#include "sim/core/random.hpp"
#include "sim/engine/signal.hpp"
#include "workloads/common/extents.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/storage.hpp"

namespace mhp::workloads {

namespace {

using kernel::Population;

struct PageCacheParams : CommonParams, StorageParams {
  Bytes files{64 * kGiB};
  std::int64_t readers = 1;
  SimTime interval{0};
  std::int64_t batch = 16;
  std::int64_t hot_percent = 10;
  std::int64_t hot_reads_percent = 80;
  std::int64_t write_percent = 0;
  std::string extent = "32KiB";
};

ParamSet<PageCacheParams> page_cache_params() {
  using P = PageCacheParams;
  auto set = common_params<P>();
  set.add("files", &P::files,
          {.doc = "size of the files that the readers of one node read", .min = Bytes{2 * kMiB}})
      .add("readers", &P::readers, {.doc = "readers on each node", .min = 1, .max = 1024})
      .add("interval", &P::interval,
           {.doc = "pause of a reader between two operations", .min = SimTime{0}})
      .add("batch", &P::batch,
           {.doc = "extents that one operation reads or writes", .min = 1, .max = 100'000})
      .add("hot_percent", &P::hot_percent,
           {.doc = "share of the files that is hot", .min = 1, .max = 100})
      .add("hot_reads_percent", &P::hot_reads_percent,
           {.doc = "share of the accesses that goes there", .min = 0, .max = 100})
      .add("write_percent", &P::write_percent,
           {.doc = "share of the accesses that writes", .min = 0, .max = 100})
      .add("extent", &P::extent,
           {.doc = "what is read and ages as one: the grain of the simulation",
            .choices = extent_choices()});
  add_storage_params(set);
  return set;
}

/// The files of one node, their pages in the cache and the readers.
class Files {
 public:
  Files(const Context& context, const PageCacheParams& params, Tally& tally, NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        random_(context.seed, context.replicate,
                fmt::format("workload.{}.node{}", context.name, node.value)),
        cache_(context.mm, kernel::Content::page_cache),
        faults_(context, cache_, order_of(params.extent, context.mm.geometry()), nullptr),
        storage_(context.engine, params),
        extents_(static_cast<std::size_t>(context.mm.geometry().pages_of(params.files) /
                                          faults_.extent_pages()),
                 kAbsent),
        busy_(extents_.size(), false),
        read_(context.engine) {
    for (std::int64_t r = 0; r < params_.readers; ++r)
      readers_.push_back(std::make_unique<Thread>(context, tally, node));
  }

  void start() {
    for (auto& r : readers_) context_.engine.spawn(run(*r));
  }
  std::uint64_t draws() const { return random_.draws(); }
  std::int64_t hits() const { return hits_; }
  std::int64_t misses() const { return misses_; }
  PageCount resident() const { return cache_.resident(); }
  PageCount reclaimed() const { return cache_.pages_reclaimed(); }

 private:
  static constexpr Population::Extent kAbsent = ~Population::Extent{0};

  Task<void> run(Thread& reader) {
    for (;;) {
      if (params_.interval.value > 0) co_await reader.sleep(params_.interval);
      const SimTime began = tally_.begin(reader.now());
      for (std::int64_t i = 0; i < params_.batch; ++i) co_await access(reader);
      tally_.end(reader.now(), began);
      // Storage and memory that cost nothing must not stop the clock.
      if (reader.now() == began) co_await reader.sleep(kMicrosecond);
    }
  }

  Task<void> access(Thread& reader) {
    const std::size_t which = choose();
    const bool write = random_.uniform(0, 99) < params_.write_percent;
    while (busy_[which]) co_await read_.wait();
    if (extents_[which] == kAbsent || cache_.missing(extents_[which]).value > 0) {
      ++misses_;
      busy_[which] = true;
      co_await fill(reader, which);
      busy_[which] = false;
      read_.notify_all();
    } else {
      ++hits_;
    }
    if (extents_[which] == kAbsent) co_return;
    cache_.touch(extents_[which], write);
    co_await reader.use_by_call(faults_.resident(extents_[which]));
  }

  std::size_t choose() {
    const auto all = static_cast<std::int64_t>(extents_.size());
    const std::int64_t hot = std::max<std::int64_t>(1, all * params_.hot_percent / 100);
    const bool is_hot = hot == all || random_.uniform(0, 99) < params_.hot_reads_percent;
    return static_cast<std::size_t>(is_hot ? random_.uniform(0, hot - 1)
                                           : random_.uniform(hot, all - 1));
  }

  /// Pages first, then the read into them (page_cache_ra_unbounded, then the bio).
  Task<void> fill(Thread& reader, std::size_t which) {
    PageSet got(context_);
    std::optional<Population::Extent> extent;
    if (extents_[which] != kAbsent) extent = extents_[which];
    extent = co_await faults_.fault(reader, extent, false, got);
    if (extent) extents_[which] = *extent;
    co_await reader.spend_work();
    co_await storage_.read(reader, context_.mm.geometry().bytes_of(got.pages()));
    co_await reader.write(std::move(got));
  }

  const Context& context_;
  const PageCacheParams& params_;
  Tally& tally_;
  Stream random_;
  Population cache_;
  Faults faults_;
  Storage storage_;
  std::vector<Population::Extent> extents_;
  std::vector<bool> busy_;  ///< being read by somebody
  engine::Signal read_;
  std::vector<std::unique_ptr<Thread>> readers_;
  std::int64_t hits_ = 0;
  std::int64_t misses_ = 0;
};

class PageCache : public PerNode<PageCache, Files, PageCacheParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<PageCache>>& own_figures() {
    static const std::vector<FigureOf<PageCache>> all{
        {{"hits", Unit::one, Better::higher, "extents that were in the cache"},
         [](const PageCache& w) { return w.total(&Files::hits); }},
        {{"misses", Unit::one, Better::lower, "extents that were not"},
         [](const PageCache& w) { return w.total(&Files::misses); }},
        {{"cached_pages", Unit::page, Better::higher, "pages in the cache at the end"},
         [](const PageCache& w) { return w.total(&Files::resident); }},
        {kPagesReclaimed, [](const PageCache& w) { return w.total(&Files::reclaimed); }}};
    return all;
  }
};

}  // namespace

void register_workload_page_cache(WorkloadRegistry& registry) {
  registry.add(model<PageCache, PageCacheParams, page_cache_params>(
      "page_cache", "readers on each node whose files grow into all memory that is free"));
}

}  // namespace mhp::workloads
