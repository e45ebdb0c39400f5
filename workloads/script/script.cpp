#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/core/units.hpp"
#include "workloads/common/cached_file.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/process_memory.hpp"
#include "workloads/script/steps.hpp"

namespace mhp::workloads {

namespace script_workload {
namespace {

/// What an operation is: so much of a step.
constexpr Bytes kPortion{kMiB};
/// The largest file: one number of 4 bytes an extent is what the simulation holds of it.
constexpr std::int64_t kMostExtents = std::int64_t{1} << 28;

struct ScriptParams : CommonParams, StorageParams, ProcessShape {
  ScriptParams() : ProcessShape{.page_tables = true, .threads = 1} {}

  std::vector<std::string> steps;
  NodeId node{0};
  std::string extent = "4KiB";
  Bytes read_ahead = kReadAhead;
  std::vector<ScriptStep> parsed;  ///< `steps`, as they were read
};

ParamSet<ScriptParams> script_params() {
  using P = ScriptParams;
  auto set = charged_params<P>();
  std::string grammar = "what the process does, one step after the other:";
  for (const Word& w : words_of(StepKind{})) grammar += fmt::format(" '{}',", w.doc);
  grammar.back() = '.';
  grammar.pop_back();
  set.add("steps", &P::steps, {.doc = grammar, .required = true})
      .add("node", &P::node, {.doc = "node on whose processors it runs"})
      .add("extent", &P::extent,
           {.doc = "what is read, faulted and ages as one: the grain of the simulation",
            .choices = extent_choices()})
      .add("read_ahead", &P::read_ahead,
           {.doc = "what storage is asked for at a time",
            .linux_name = "/sys/block/DEV/queue/read_ahead_kb",
            .source = kReadAheadSource,
            .min = Bytes{4 * kKiB},
            .max = Bytes{kGiB}});
  add_process_params(set);
  add_storage_params(set);
  return set;
}

Bytes file_size(const std::vector<ScriptStep>& steps) {
  Bytes end{0};
  for (const ScriptStep& s : steps)
    if (s.of_file()) end = std::max(end, s.from + s.size);
  return end;
}

/// One process with one file and its own memory, which does what its steps say.
class Script : public Workload {
 public:
  Script(const Context& context, const ScriptParams& params)
      : context_(context),
        params_(params),
        thread_(context_, tally_, node_of(context_, params_)),
        order_(order_of(params_.extent, context_.mm.geometry())),
        file_(context_, whole_extents(file_size(params_.parsed)), order_, params_),
        memory_(context_, tally_, params,
                {[this] { return alive() ? file_.mapped() : PageCount{0}; },
                 [this](kernel::Receipt& receipt) { free_unmovable(receipt); }}) {}

  void start() override { context_.engine.spawn(run()); }
  std::vector<Figure> figures() const override { return figures_of(tally_, *this); }
  const Histogram* latency() const override { return &tally_.latency(); }
  std::uint64_t draws() const override { return 0; }

  static const std::vector<FigureOf<Script>>& own_figures() {
    static const std::vector<FigureOf<Script>> all{
        {{"steps_finished", Unit::one, Better::none, "steps that it has come to the end of"},
         [](const Script& w) { return w.finished_; }},
        {kResidentPages, [](const Script& w) { return w.memory_.resident().value; }},
        {{"locked_pages", Unit::page, Better::none, "of these, pages that are mlocked"},
         [](const Script& w) { return w.memory_.locked().value; }},
        {{"swapped_pages", Unit::page, Better::lower, "its pages in swap at the end"},
         [](const Script& w) { return w.memory_.swapped().value; }},
        {{"unmovable_pages", Unit::page, Better::none, "unmovable pages that it holds at the end"},
         [](const Script& w) { return static_cast<std::int64_t>(w.unmovable_.size()); }},
        {kCachedPages, [](const Script& w) { return w.file_.resident().value; }},
        {{"mapped_pages", Unit::page, Better::none,
          "of these, pages that page faults have brought in"},
         [](const Script& w) { return w.file_.mapped().value; }},
        {kPageTablePages, [](const Script& w) { return w.memory_.page_tables().value; }},
        {kPagesReclaimed,
         [](const Script& w) { return (w.file_.reclaimed() + w.memory_.reclaimed()).value; }},
        {{"pages_refaulted", Unit::page, Better::lower,
          "of the pages that reclaim had taken, how many it brought back"},
         [](const Script& w) { return (w.file_.refaulted() + w.memory_.refaulted()).value; }}};
    return all;
  }

 private:
  static NodeId node_of(const Context& context, const ScriptParams& params) {
    const auto nodes = nodes_to_run_on(context);
    const bool known = std::find(nodes.begin(), nodes.end(), params.node) != nodes.end();
    return known || nodes.empty() ? params.node : nodes.front();
  }
  bool alive() const { return memory_.lives() == 0; }
  std::int64_t pages_of(Bytes size) const {
    return round_up(size.value, context_.mm.geometry().page_size()) /
           context_.mm.geometry().page_size();
  }
  Bytes extent_size() const {
    return context_.mm.geometry().bytes_of(PageCount{std::int64_t{1} << order_});
  }
  Bytes whole_extents(Bytes size) const { return Bytes{round_up(size.value, extent_size().value)}; }

  Task<void> run() {
    for (const ScriptStep& step : params_.parsed) {
      co_await perform(step);
      if (!alive()) co_return;
      ++finished_;
    }
  }

  Task<void> perform(const ScriptStep& step) {
    switch (step.kind) {
      case StepKind::read:
        return pass(step, FileAccess::read, FileUse::read);
      case StepKind::map:
        return pass(step, FileAccess::map, FileUse::read);
      case StepKind::write:
        return pass(step, FileAccess::read, FileUse::overwrite);
      case StepKind::round:
        return go_round(step);
      case StepKind::hold:
        return take(pages_of(step.size), {order_, step.thp ? Thp::plain : Thp::none});
      case StepKind::lock:
        return take(pages_of(step.size), {order_, Thp::none, true});
      case StepKind::touch:
        return touch();
      case StepKind::drop:
        return drop(PageCount{pages_of(step.size)});
      case StepKind::unmovable:
        return take_unmovable(pages_of(step.size), step.keep);
      case StepKind::free:
        return free();
      case StepKind::sleep:
        return thread_.sleep(step.time);
      case StepKind::until:
        return thread_.sleep(std::max(SimTime{0}, step.time - thread_.now()));
    }
    return thread_.spend_work();
  }

  struct Extents {
    std::size_t first = 0;
    std::size_t end = 0;
  };
  Extents extents_of(const ScriptStep& step) const {
    const std::int64_t size = extent_size().value;
    return {static_cast<std::size_t>(step.from.value / size),
            static_cast<std::size_t>(whole_extents(step.from + step.size).value / size)};
  }

  PageCount pages_at(std::size_t extent) const {
    return PageCount{static_cast<std::int64_t>(extent) << order_};
  }

  /// The next `amount` of the file from `at` on, but not past `end`: one operation.
  Task<void> portion(std::size_t& at, std::size_t end, Bytes amount, FileAccess by, FileUse use) {
    const SimTime began = tally_.begin(thread_.now());
    const std::size_t stop = std::min(end, at + file_.window(amount));
    while (at < stop && alive()) {
      const std::size_t n = std::min(stop - at, file_.window(params_.read_ahead));
      if (by == FileAccess::map && !co_await memory_.map_file(thread_, pages_at(at), pages_at(n))) {
        at = end;
        break;
      }
      co_await file_.access(thread_, at, n, by, use);
      at += n;
    }
    tally_.end(thread_.now(), began, alive());
  }

  Task<void> pass(const ScriptStep& step, FileAccess by, FileUse use) {
    auto [at, end] = extents_of(step);
    while (at < end && alive()) co_await portion(at, end, kPortion, by, use);
  }

  Task<void> go_round(const ScriptStep& step) {
    const auto [first, end] = extents_of(step);
    for (std::size_t at = first; alive(); at = at < end ? at : first) {
      const SimTime began = thread_.now();
      co_await portion(at, end, step.chunk, FileAccess::read, FileUse::read);
      if (step.time.value > 0) co_await thread_.sleep(step.time);
      // Storage and memory that cost nothing must not stop the clock.
      if (thread_.now() == began) co_await thread_.sleep(kMicrosecond);
    }
  }

  /// The largest grain of `kind` that is not more than `pages`.
  AnonKind grain(AnonKind kind, std::int64_t pages) const {
    const int huge = context_.mm.geometry().pmd_order();
    if (kind.thp != Thp::none && pages >> huge > 0) return {huge, kind.thp};
    return {pages >> kind.order > 0 ? kind.order : 0, Thp::none, kind.locked};
  }

  /// Anonymous memory, written once. Where it ends, the step ends.
  Task<void> take(std::int64_t pages, AnonKind kind) {
    bool more = true;
    while (pages > 0 && more) {
      const SimTime began = tally_.begin(thread_.now());
      PageSet got(context_);
      while (pages > 0 && more && got.pages().value < pages_of(kPortion)) {
        const AnonKind next = grain(kind, pages);
        more = co_await memory_.grow(thread_, next, got);
        pages -= std::int64_t{1} << next.order;
      }
      co_await thread_.write(std::move(got));
      tally_.end(thread_.now(), began, alive());
    }
  }

  Task<void> touch() {
    for (std::size_t i = 0; i < memory_.extents();) {
      const SimTime began = tally_.begin(thread_.now());
      std::size_t end = i;
      for (PageCount part; end < memory_.extents() && part.value < pages_of(kPortion); ++end)
        part += memory_.pages_in(end);
      while (i < end) {
        const std::size_t used = co_await memory_.use(thread_, i, end - i);
        if (used == 0) break;
        i += used;
      }
      tally_.end(thread_.now(), began, alive());
      if (!alive()) co_return;
    }
  }

  Task<void> drop(PageCount pages) {
    const PageCount rest = memory_.size() - std::min(pages, memory_.size());
    while (memory_.size() > rest) memory_.free_last(thread_.receipt());
    co_await thread_.spend_work();
  }

  /// One page after the other, as writing to `keep` pipes in turns takes them; then all pipes but
  /// the first are read empty, one after the other.
  Task<void> take_unmovable(std::int64_t pages, std::int64_t keep) {
    const std::size_t first = unmovable_.size();
    bool more = true;
    while (pages > 0 && more) {
      const SimTime began = tally_.begin(thread_.now());
      const std::int64_t n = std::min(pages, pages_of(kPortion));
      more = co_await fill_pipes(n);
      pages -= n;
      tally_.end(thread_.now(), began, alive());
    }
    if (!alive()) co_return;
    const auto step = static_cast<std::size_t>(keep);
    std::vector<Pfn> kept(unmovable_.begin(), unmovable_.begin() + static_cast<long>(first));
    for (std::size_t i = first; i < unmovable_.size(); i += step) kept.push_back(unmovable_[i]);
    for (std::size_t pipe = first + 1; pipe < first + step; ++pipe)
      for (std::size_t i = pipe; i < unmovable_.size(); i += step)
        free_accounted(context_, unmovable_[i], thread_.receipt());
    unmovable_ = std::move(kept);
    co_await thread_.spend_work();
  }

  /// False if memory is at an end, or the process.
  Task<bool> fill_pipes(std::int64_t pages) {
    PageSet written(context_);
    const kernel::AllocRequest request{.node = thread_.node()};
    bool more = true;
    for (; pages > 0 && more; --pages) {
      const auto page = co_await thread_.alloc_accounted(request);
      more = page && alive();
      if (page && !more) free_accounted(context_, page->pfn, thread_.receipt());
      if (!more) break;
      unmovable_.push_back(page->pfn);
      written.add(*page, 0);
    }
    co_await thread_.write(std::move(written));
    co_return more;
  }

  void free_unmovable(kernel::Receipt& receipt) {
    for (const Pfn p : unmovable_) free_accounted(context_, p, receipt);
    unmovable_.clear();
  }

  Task<void> free() {
    memory_.free_all(thread_.receipt());
    free_unmovable(thread_.receipt());
    co_await thread_.spend_work();
  }

  const Context context_;
  const ScriptParams params_;
  Tally tally_;
  Thread thread_;
  const int order_;
  CachedFile file_;
  ProcessMemory memory_;
  std::vector<Pfn> unmovable_;
  std::int64_t finished_ = 0;
};

class StepReader {
 public:
  StepReader(ScriptParams& params, const Value& table, std::string_view prefix, Diagnostics& errors)
      : params_(params), list_(*table.find("steps")), prefix_(prefix), errors_(errors) {}

  void read() {
    if (params_.steps.empty())
      errors_.push_back(
          {list_.where, fmt::format("{} has no step", name()), "a step is written \"hold 1GiB\""});
    for (std::size_t i = 0; i < params_.steps.size(); ++i) read(i);
  }

 private:
  std::string name() const { return fmt::format("{}.steps", prefix_); }

  void read(std::size_t i) {
    const Location& where = list_.array() ? (*list_.array())[i].where : list_.where;
    const std::string called = fmt::format("{}.{}", name(), i);
    auto step = parse_step(params_.steps[i], called, where);
    if (!step) {
      errors_.insert(errors_.end(), step.error().begin(), step.error().end());
      return;
    }
    const auto wrong = [&](std::string problem, std::string remedy) {
      errors_.push_back({where, fmt::format("{} '{}': {}", called, params_.steps[i], problem),
                         std::move(remedy)});
    };
    if (step->kind == StepKind::round && i + 1 < params_.steps.size())
      wrong("it never ends", "only the last step may be 'round'");
    const Bytes most = kernel::Geometry{}.bytes_of(
        PageCount{kMostExtents << order_of(params_.extent, kernel::Geometry{})});
    if (step->from > most || step->size > most || step->from + step->size > most)
      wrong(fmt::format("it goes beyond {}", format_bytes(most)),
            fmt::format("the most that it may take with extents of {}", params_.extent));
    params_.parsed.push_back(*step);
  }

  ScriptParams& params_;
  const Value& list_;
  std::string_view prefix_;
  Diagnostics& errors_;
};

Factory configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                  std::vector<ParamValue>* used) {
  ScriptParams p;
  const std::size_t before = errors.size();
  static const ParamSet<ScriptParams> params = script_params();
  params.read(table, p, errors, used, prefix);
  if (errors.size() == before) StepReader(p, table, prefix, errors).read();
  return [p](const Context& context) { return std::make_unique<Script>(context, p); };
}

}  // namespace
}  // namespace script_workload

void register_workload_script(WorkloadRegistry& registry) {
  registry.add(
      {"script", "one process that does with a file and its own memory what it is told",
       [](std::string_view prefix) { return script_workload::script_params().describe(prefix); },
       script_workload::configure, figure_records<script_workload::Script>});
}

}  // namespace mhp::workloads
