#include <fmt/format.h>

#include "sim/core/random.hpp"
#include "workloads/common/cached_file.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/pattern.hpp"
#include "workloads/common/per_node.hpp"

namespace mhp::workloads {

namespace {

struct PageCacheParams : CommonParams, StorageParams {
  Bytes files{64 * kGiB};
  std::int64_t readers = 1;
  SimTime interval{0};
  std::int64_t batch = 16;
  std::int64_t hot_percent = 10;
  std::int64_t hot_reads_percent = 80;
  std::int64_t write_percent = 0;
  std::string extent = "32KiB";
  Pattern pattern = Pattern::random;
  FileAccess access = FileAccess::read;
  Bytes read_ahead = kReadAhead;
};

ParamSet<PageCacheParams> page_cache_params() {
  using P = PageCacheParams;
  auto set = charged_params<P>();
  set.add("files", &P::files,
          {.doc = "size of the files that the readers of one node read", .min = Bytes{2 * kMiB}})
      .add("readers", &P::readers, {.doc = "readers on each node", .min = 1, .max = 1024})
      .add("interval", &P::interval,
           {.doc = "pause of a reader between two operations", .min = SimTime{0}})
      .add("batch", &P::batch,
           {.doc = "extents that one operation reads or writes", .min = 1, .max = 100'000})
      .add("hot_percent", &P::hot_percent,
           {.doc = "share of the files that is hot, where they are read at random",
            .min = 1,
            .max = 100})
      .add("hot_reads_percent", &P::hot_reads_percent,
           {.doc = "share of the accesses that goes there", .min = 0, .max = 100})
      .add("write_percent", &P::write_percent,
           {.doc = "share of the accesses that writes", .min = 0, .max = 100})
      .add("extent", &P::extent,
           {.doc = "what is read and ages as one: the grain of the simulation",
            .choices = extent_choices()})
      .add("pattern", &P::pattern, {.doc = "in which order the files are read"})
      .add("access", &P::access, {.doc = "how the readers reach the files"})
      .add("read_ahead", &P::read_ahead,
           {.doc = "what storage is asked for at a time, where files are read in order",
            .linux_name = "/sys/block/DEV/queue/read_ahead_kb",
            .source = kReadAheadSource,
            .min = Bytes{4 * kKiB},
            .max = Bytes{kGiB}});
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
        files_(context, params.files, order_of(params.extent, context.mm.geometry()), params) {
    for (std::int64_t r = 0; r < params_.readers; ++r)
      readers_.push_back(std::make_unique<Thread>(context, tally, node));
  }

  void start() {
    for (auto& r : readers_) context_.engine.spawn(run(*r));
  }
  std::uint64_t draws() const { return random_.draws(); }
  std::int64_t hits() const { return files_.hits(); }
  std::int64_t misses() const { return files_.misses(); }
  PageCount resident() const { return files_.resident(); }
  PageCount reclaimed() const { return files_.reclaimed(); }

 private:
  Task<void> run(Thread& reader) {
    while (next_ < files_.extents()) {
      if (params_.interval.value > 0) co_await reader.sleep(params_.interval);
      const SimTime began = tally_.begin(reader.now());
      if (params_.pattern == Pattern::random)
        for (std::int64_t i = 0; i < params_.batch; ++i) co_await access(reader, choose(), 1);
      else
        co_await go_on(reader);
      tally_.end(reader.now(), began);
      // Storage and memory that cost nothing must not stop the clock.
      if (reader.now() == began) co_await reader.sleep(kMicrosecond);
    }
  }

  /// The next batch in order: each reader goes on where the last one is.
  Task<void> go_on(Thread& reader) {
    const std::size_t window = files_.window(params_.read_ahead);
    for (auto left = static_cast<std::size_t>(params_.batch); left > 0;) {
      const std::size_t first = next_;
      const std::size_t n = std::min({left, window, files_.extents() - first});
      if (n == 0) co_return;
      next_ += n;
      left -= n;
      if (next_ == files_.extents() && params_.pattern == Pattern::in_order) next_ = 0;
      co_await access(reader, first, n);
    }
  }

  Task<void> access(Thread& reader, std::size_t first, std::size_t n) {
    const bool write = random_.uniform(0, 99) < params_.write_percent;
    co_await files_.access(reader, first, n, params_.access,
                           write ? FileUse::write : FileUse::read);
  }

  std::size_t choose() {
    const auto all = static_cast<std::int64_t>(files_.extents());
    const std::int64_t hot = std::max<std::int64_t>(1, all * params_.hot_percent / 100);
    const bool is_hot = hot == all || random_.uniform(0, 99) < params_.hot_reads_percent;
    return static_cast<std::size_t>(is_hot ? random_.uniform(0, hot - 1)
                                           : random_.uniform(hot, all - 1));
  }

  const Context& context_;
  const PageCacheParams& params_;
  Tally& tally_;
  Stream random_;
  CachedFile files_;
  std::size_t next_ = 0;  ///< extent that is read next, in order; at the end: none
  std::vector<std::unique_ptr<Thread>> readers_;
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
        {kCachedPages, [](const PageCache& w) { return w.total(&Files::resident); }},
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
