#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/process_memory.hpp"

namespace mhp::workloads {

namespace {

struct AnonGrowthParams : CommonParams, ProcessShape {
  SimTime interval{100'000'000};
  Bytes step{64 * kMiB};
  Bytes limit{0};
  SimTime hold{0};
  std::int64_t touched_percent = 10;
  std::string extent = "32KiB";
  bool madvise = false;
  std::int64_t locked_percent = 0;
  bool restart = true;
};

ParamSet<AnonGrowthParams> anon_growth_params() {
  using P = AnonGrowthParams;
  auto set = charged_params<P>();
  set.add("interval", &P::interval,
          {.doc = "pause between two operations of a process", .min = SimTime{1'000}})
      .add("step", &P::step, {.doc = "growth in one operation", .min = Bytes{4 * kKiB}})
      .add("limit", &P::limit, {.doc = "where a process stops growing; 0: never", .min = Bytes{0}})
      .add("hold", &P::hold,
           {.doc = "how long it stays there before it ends and starts anew; 0: for ever",
            .min = SimTime{0}})
      .add("touched_percent", &P::touched_percent,
           {.doc = "share of its memory that an operation uses again, in turns",
            .min = 0,
            .max = 100})
      .add("extent", &P::extent,
           {.doc = "what is faulted and ages as one: the grain of the simulation",
            .choices = anon_extent_choices()})
      .add("madvise", &P::madvise,
           {.doc = "with extents of 'thp': its memory asks for huge pages",
            .linux_name = "MADV_HUGEPAGE"})
      .add("locked_percent", &P::locked_percent,
           {.doc = "share of its memory that is mlocked: reclaim leaves it alone",
            .linux_name = "mlock",
            .min = 0,
            .max = 100})
      .add("restart", &P::restart, {.doc = "a process that was killed starts anew"});
  add_process_params(set);
  return set;
}

/// One process: every interval it uses a part of its memory and grows by a step.
class GrowingProcess {
 public:
  GrowingProcess(const Context& context, const AnonGrowthParams& params, Tally& tally, NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        thread_(context, tally, node),
        memory_(context, tally, params),
        kind_{order_of(params.extent, context.mm.geometry()), thp_of(params)} {}

  void start() { context_.engine.spawn(run()); }
  PageCount most() const { return most_; }
  PageCount resident() const { return memory_.resident(); }
  PageCount page_tables() const { return memory_.page_tables(); }
  PageCount reclaimed() const { return memory_.reclaimed(); }

 private:
  Task<void> run() {
    while (params_.restart || memory_.lives() == 0) {
      co_await thread_.sleep(params_.interval);
      const SimTime began = tally_.begin(thread_.now());
      const std::int64_t lives = memory_.lives();
      if (lives != turns_of_) turn_ = 0;
      turns_of_ = lives;
      co_await use();
      co_await grow(lives);
      most_ = std::max(most_, memory_.resident());
      tally_.end(thread_.now(), began, memory_.lives() == lives);
      if (params_.hold.value > 0 && at_limit()) {
        co_await thread_.sleep(params_.hold);
        if (memory_.lives() == lives) end();
        co_await thread_.spend_work();
      }
    }
  }

  /// The next share of its extents, in turns; what was swapped out comes back first.
  Task<void> use() {
    const auto share = static_cast<std::size_t>(params_.touched_percent);
    for (std::size_t left = memory_.extents() * share / 100; left > 0;) {
      if (turn_ >= memory_.extents()) turn_ = 0;
      const std::size_t used = co_await memory_.use(thread_, turn_, left);
      if (used == 0) co_return;
      turn_ += used;
      left -= used;
    }
  }

  Task<void> grow(std::int64_t lives) {
    PageSet got(context_);
    while (got.pages() < context_.mm.geometry().pages_of(params_.step) &&
           memory_.lives() == lives) {
      if (at_limit()) break;
      if (!co_await memory_.grow(thread_, next_kind(), got)) break;
    }
    co_await thread_.write(std::move(got));
  }

  static Thp thp_of(const AnonGrowthParams& params) {
    if (params.extent != kThpExtent) return Thp::none;
    return params.madvise ? Thp::madvised : Thp::plain;
  }

  /// Locked, if no more than its share is then.
  AnonKind next_kind() const {
    AnonKind kind = kind_;
    const std::int64_t pages = std::int64_t{1} << kind.order;
    kind.locked = (memory_.locked().value + pages) * 100 <=
                  (memory_.size().value + pages) * params_.locked_percent;
    return kind;
  }

  bool at_limit() const {
    return params_.limit.value > 0 &&
           context_.mm.geometry().bytes_of(memory_.size()) >= params_.limit;
  }

  void end() {
    memory_.end(thread_.receipt());
    turn_ = 0;
  }

  const Context& context_;
  const AnonGrowthParams& params_;
  Tally& tally_;
  Thread thread_;
  ProcessMemory memory_;
  const AnonKind kind_;
  std::size_t turn_ = 0;       ///< extent that is used next
  std::int64_t turns_of_ = 0;  ///< in which of its lives
  PageCount most_;
};

class AnonGrowth : public PerNode<AnonGrowth, GrowingProcess, AnonGrowthParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<AnonGrowth>>& own_figures() {
    static const std::vector<FigureOf<AnonGrowth>> all{
        {kResidentPages, [](const AnonGrowth& w) { return w.total(&GrowingProcess::resident); }},
        {ranked({"resident_pages_max", Unit::page, Better::higher,
                 "sum over its processes of the most that each ever had in memory"}),
         [](const AnonGrowth& w) { return w.total(&GrowingProcess::most); }},
        {kPageTablePages,
         [](const AnonGrowth& w) { return w.total(&GrowingProcess::page_tables); }},
        {kPagesReclaimed, [](const AnonGrowth& w) { return w.total(&GrowingProcess::reclaimed); }}};
    return all;
  }
};

}  // namespace

void register_workload_anon_growth(WorkloadRegistry& registry) {
  registry.add(model<AnonGrowth, AnonGrowthParams, anon_growth_params>(
      "anon_growth", "a process on each node whose anonymous memory grows until it is killed"));
}

}  // namespace mhp::workloads
