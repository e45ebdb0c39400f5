#include <algorithm>

#include "sim/kernel/mm/hugetlb.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/process_memory.hpp"

namespace mhp::workloads {

namespace {

constexpr Bytes kRow{64};

/// What backs the segment, and so what an entry of a page table maps.
enum class Backing : std::uint8_t { base, pmd, pud };
constexpr std::array<Word, 3> words_of(Backing) {
  return {{{"4KiB", "base pages (shmem): each process has its own tables for all that it touches"},
           {"2MiB", "huge pages of the pool (hugetlbfs): processes share the tables of whole GiB"},
           {"1GiB", "gigantic pages of the pool: no tables but the upper ones"}}};
}

struct SharedMemoryParams : CommonParams, ProcessShape {
  SharedMemoryParams() : ProcessShape{.page_tables = true, .threads = 1} {}

  Bytes segment{kGiB};
  Backing page = Backing::base;
  std::int64_t processes = 100;
  SimTime begin{0};
  SimTime connect{10'000'000};
  std::int64_t touched_percent = 100;
  Bytes step{64 * kMiB};
  SimTime interval{100'000'000};
  std::string extent = "2MiB";
  bool restart = true;
};

ParamSet<SharedMemoryParams> shared_memory_params() {
  using P = SharedMemoryParams;
  auto set = charged_params<P>();
  set.add("segment", &P::segment,
          {.doc = "the memory that all processes map", .min = Bytes{kMiB}, .max = Bytes{16 * kTiB}})
      .add("page", &P::page,
           {.doc = "the pages that it consists of; huge pages are reserved at the start"})
      .add("processes", &P::processes, {.doc = "processes that map it", .min = 1, .max = 1'000'000})
      .add("begin", &P::begin,
           {.doc = "when the segment is made, and the first process begins", .min = SimTime{0}})
      .add("connect", &P::connect,
           {.doc = "time between the beginnings of two processes", .min = SimTime{1'000}})
      .add(
          "touched_percent", &P::touched_percent,
          {.doc = "share of the segment that each process comes to use, from a place of its own on",
           .min = 1,
           .max = 100})
      .add("step", &P::step, {.doc = "used in one operation", .min = Bytes{4 * kKiB}})
      .add("interval", &P::interval,
           {.doc = "pause of a process between two operations", .min = SimTime{1'000}})
      .add("extent", &P::extent,
           {.doc = "what of the segment's base pages is faulted and ages as one: the grain of the "
                   "simulation",
            .choices = extent_choices()})
      .add("restart", &P::restart, {.doc = "a process that was killed starts anew"});
  add_process_params(set);
  return set;
}

/// The segment: base pages that come as they are touched, or huge pages reserved at the start.
class Segment {
 public:
  Segment(const Context& context, const SharedMemoryParams& params, Tally& tally)
      : context_(context),
        params_(params),
        tally_(tally),
        order_(order_of(params.extent, context.mm.geometry())),
        shmem_(context.mm, kernel::Content::anon, context.memcg),
        faults_(context_, shmem_, order_, nullptr),
        hugetlb_(context.mm),
        size_(context.mm.geometry().pages_of(params.segment)) {}

  bool huge() const { return params_.page != Backing::base; }
  PageCount size() const { return size_; }
  PageCount resident() const { return huge() ? reserved_ : shmem_.resident(); }
  PageCount tables() const { return PageCount{static_cast<std::int64_t>(tables_.size())}; }

  /// Reserves huge pages on one node after the other, and makes the tables that all share. What
  /// cannot be had, the segment lacks.
  Task<void> reserve(Thread& thread) {
    if (!huge()) co_return;
    const kernel::Geometry& g = context_.mm.geometry();
    const bool gigantic = params_.page == Backing::pud;
    const Bytes page = gigantic ? context_.mm.arch().gigantic_page : g.pmd_size();
    std::int64_t wanted = round_up(params_.segment.value, page.value) / page.value;
    for (const NodeId node : nodes_to_run_on(context_)) {
      if (wanted == 0) break;
      const std::int64_t got =
          co_await hugetlb_.set_nr_hugepages(thread.host(), node, page, wanted);
      for (std::int64_t i = 0; i < got; ++i) hugetlb_.map(node, page);
      reserved_ += PageCount{got * g.pages_of(page).value};
      wanted -= got;
    }
    for (; wanted > 0; --wanted) tally_.failure();
    size_ = std::min(size_, reserved_);
    // huge_pmd_share: a table of PMDs serves all processes if its whole GiB is mapped.
    for (std::int64_t i = gigantic ? 0 : size_.value >> g.pud_order(); i > 0; --i) {
      const auto table = co_await thread.alloc_accounted({.node = thread.node()});
      if (table) tables_.push_back(table->pfn);
    }
    co_await thread.spend_work();
  }

  /// So many pages of a process's own tables: those that it cannot share.
  Task<bool> map(Thread& thread, ProcessMemory& process, PageCount first, PageCount pages) {
    switch (params_.page) {
      case Backing::base:
        return process.map_file(thread, first, pages);
      case Backing::pmd: {
        const PageCount shared{size_.value >> context_.mm.geometry().pud_order()
                                                  << context_.mm.geometry().pud_order()};
        if (first + pages <= shared) return process.map_file(thread, first, pages, MapSize::pud);
        return process.map_file(thread, std::max(first, shared),
                                first + pages - std::max(first, shared), MapSize::pmd);
      }
      case Backing::pud:
        break;
    }
    return process.map_file(thread, first, pages, MapSize::pud);
  }

  /// So many pages are used by a process; what is missing comes first.
  Task<void> use(Thread& thread, PageCount first, PageCount pages) {
    if (huge()) co_return;
    const std::int64_t end = (first + pages).value;
    const PageCount piece = context_.mm.geometry().pages_of(kPieceOfTraffic);
    PageSet used(context_);
    for (std::int64_t at = first.value; at < end; at += std::int64_t{1} << order_) {
      const auto i = static_cast<std::size_t>(at >> order_);
      if (i >= extents_.size()) extents_.resize(i + 1);
      if (extents_[i].state == State::coming) continue;  // another process has faulted on it
      if (!is_there(i)) {
        co_await use_rows(thread, std::exchange(used, PageSet(context_)));
        const bool there = co_await bring_in(thread, i);
        if (!there) continue;
      }
      shmem_.touch(extents_[i].extent, true);
      used.add(shmem_, extents_[i].extent);
      if (used.pages() >= piece) co_await use_rows(thread, std::exchange(used, PageSet(context_)));
    }
    co_await use_rows(thread, std::move(used));
  }

 private:
  enum class State : std::uint8_t { absent, coming, there };

  bool is_there(std::size_t i) const {
    return extents_[i].state == State::there && shmem_.missing(extents_[i].extent).value == 0;
  }

  /// An extent, or what reclaim took of it. False if there is no memory for a new one.
  Task<bool> bring_in(Thread& thread, std::size_t i) {
    std::optional<kernel::Population::Extent> extent;
    if (extents_[i].state == State::there) extent = extents_[i].extent;
    extents_[i].state = State::coming;
    PageSet got(context_);
    extent = co_await faults_.fault(thread, extent, true, got);
    co_await thread.write(std::move(got));
    if (extent) extents_[i].extent = *extent;
    extents_[i].state = extent ? State::there : State::absent;
    co_return extent.has_value();
  }

  /// Of each page a cache line: a row of a table.
  Task<void> use_rows(Thread& thread, PageSet used) {
    for (std::size_t n = 0; n < used.by_node().size(); ++n)
      co_await thread.move(NodeId{static_cast<std::int32_t>(n)}, kRow * used.by_node()[n]);
  }

  struct Part {
    kernel::Population::Extent extent = 0;
    State state = State::absent;
  };

  const Context& context_;
  const SharedMemoryParams& params_;
  Tally& tally_;
  const int order_;
  kernel::Population shmem_;
  Faults faults_;
  kernel::Hugetlb hugetlb_;
  PageCount size_;
  PageCount reserved_;
  std::vector<Part> extents_;
  std::vector<Pfn> tables_;  ///< of PMDs, that all processes share
};

/// One process: it comes to use its part of the segment, step by step, and goes on using it.
class Mapper {
 public:
  Mapper(const Context& context, const SharedMemoryParams& params, Tally& tally, Segment& segment,
         NodeId node, std::int64_t number)
      : context_(context),
        params_(params),
        tally_(tally),
        segment_(segment),
        number_(number),
        thread_(context, tally, node),
        memory_(context, tally, params,
                {[this] { return rss(); }, [this](kernel::Receipt&) { mapped_ = {}; }}) {}

  void start() { context_.engine.spawn(run()); }
  PageCount page_tables() const { return memory_.page_tables(); }
  PageCount stacks() const { return memory_.stacks(); }

 private:
  /// MM_SHMEMPAGES; pages of hugetlbfs are no part of it.
  PageCount rss() const { return segment_.huge() ? PageCount{0} : mapped_; }

  Task<void> run() {
    do {
      mapped_ = {};
      co_await thread_.sleep(params_.connect);
      co_await live(memory_.lives());
    } while (params_.restart);
  }

  Task<void> live(std::int64_t life) {
    const PageCount part{segment_.size().value * params_.touched_percent / 100};
    const PageCount step = context_.mm.geometry().pages_of(params_.step);
    // Its own place: where the one before it stands after a step.
    const std::int64_t steps = std::max<std::int64_t>(1, segment_.size().value / step.value);
    const PageCount origin{number_ % steps * step.value};
    for (PageCount at; memory_.lives() == life && part.value > 0;) {
      const PageCount pages = std::min(step, part - at);
      const SimTime began = tally_.begin(thread_.now());
      co_await use(PageCount{(origin + at).value % segment_.size().value}, pages, life);
      tally_.end(thread_.now(), began, memory_.lives() == life);
      at += pages;
      if (memory_.lives() == life) mapped_ = std::max(mapped_, at);
      if (at >= part) at = {};
      co_await thread_.sleep(params_.interval);
    }
  }

  /// Past the segment's end it goes on at its beginning.
  Task<void> use(PageCount first, PageCount pages, std::int64_t life) {
    while (pages.value > 0 && memory_.lives() == life) {
      const PageCount n = std::min(pages, segment_.size() - first);
      const bool mapped = co_await segment_.map(thread_, memory_, first, n);
      if (!mapped) co_return;
      co_await segment_.use(thread_, first, n);
      pages -= n;
      first = {};
    }
  }

  const Context& context_;
  const SharedMemoryParams& params_;
  Tally& tally_;
  Segment& segment_;
  const std::int64_t number_;
  Thread thread_;
  ProcessMemory memory_;
  PageCount mapped_;
};

/// Processes that map one segment: a database with its shared buffers.
class SharedMemory : public Workload {
 public:
  SharedMemory(const Context& context, const SharedMemoryParams& params)
      : context_(context),
        params_(params),
        nodes_(nodes_to_run_on(context_)),
        thread_(context_, tally_, nodes_.empty() ? NodeId{0} : nodes_.front()),
        segment_(context_, params_, tally_) {}

  void start() override { context_.engine.spawn(run()); }
  std::vector<Figure> figures() const override { return figures_of(tally_, *this); }
  const Histogram* latency() const override { return &tally_.latency(); }
  std::uint64_t draws() const override { return 0; }

  static const std::vector<FigureOf<SharedMemory>>& own_figures() {
    static const std::vector<FigureOf<SharedMemory>> all{
        {{"processes", Unit::one, Better::none, "processes that have begun"},
         [](const SharedMemory& w) { return static_cast<std::int64_t>(w.mappers_.size()); }},
        {kResidentPages, [](const SharedMemory& w) { return w.segment_.resident().value; }},
        {kPageTablePages,
         [](const SharedMemory& w) {
           return (w.total(&Mapper::page_tables) + w.segment_.tables()).value;
         }},
        {{"stack_pages", Unit::page, Better::none, "pages of kernel stacks at the end"},
         [](const SharedMemory& w) { return w.total(&Mapper::stacks).value; }}};
    return all;
  }

 private:
  PageCount total(PageCount (Mapper::*of)() const) const {
    PageCount n;
    for (const auto& m : mappers_) n += ((*m).*of)();
    return n;
  }

  Task<void> run() {
    if (params_.begin > thread_.now()) co_await thread_.sleep(params_.begin - thread_.now());
    co_await segment_.reserve(thread_);
    for (std::int64_t i = 0; i < params_.processes && !nodes_.empty(); ++i) {
      const NodeId node = nodes_[static_cast<std::size_t>(i) % nodes_.size()];
      mappers_.push_back(std::make_unique<Mapper>(context_, params_, tally_, segment_, node, i));
      mappers_.back()->start();
      co_await thread_.sleep(params_.connect);
    }
  }

  const Context context_;
  const SharedMemoryParams params_;
  Tally tally_;
  const std::vector<NodeId> nodes_;
  Thread thread_;
  Segment segment_;
  std::vector<std::unique_ptr<Mapper>> mappers_;
};

}  // namespace

void register_workload_shared_memory(WorkloadRegistry& registry) {
  registry.add(model<SharedMemory, SharedMemoryParams, shared_memory_params>(
      "shared_memory", "processes that map one segment of memory, each with its page tables"));
}

}  // namespace mhp::workloads
