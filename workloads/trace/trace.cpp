#include <fmt/format.h>

#include <filesystem>

#include "workloads/common/params.hpp"
#include "workloads/trace/reader.hpp"
#include "workloads/trace/recorded_pages.hpp"

namespace mhp::workloads {

namespace trace_workload {
namespace {

struct TraceParams : CommonParams {
  std::string file;
  std::string kernel;
  NodeId node{0};
  std::int64_t time_percent = 100;
};

ParamSet<TraceParams> trace_params() {
  using P = TraceParams;
  auto set = common_params<P>();
  set.add(
         "file", &P::file,
         {.doc = "recording of kmem:mm_page_alloc and kmem:mm_page_free: text of ftrace, trace-cmd "
                 "report or perf script, CSV, or HDF5 of `mhpsim trace`; relative to the scenario",
          .required = true})
      .add("kernel", &P::kernel,
           {.doc =
                "version of the recorded kernel, as \"6.12\", by which flags that are numbers are "
                "read; default: what the recording's head says, else the newest"})
      .add("node", &P::node, {.doc = "node whose processors replay it"})
      .add(
          "time_percent", &P::time_percent,
          {.doc = "length of its pauses: 100 as recorded, 0 without any", .min = 0, .max = 10'000});
  return set;
}

/// Replays page allocations and frees that a real kernel has recorded. An event comes at its time,
/// or as soon as the one before it is done.
class Trace : public Workload {
 public:
  Trace(const Context& context, const TraceParams& params)
      : context_(context),
        params_(params),
        reader_(params.file, KernelVersion::of(params.kernel)),
        thread_(context_, tally_, node_of(context_, params_)),
        pages_(context_) {}

  void start() override { context_.engine.spawn(run()); }
  static const std::vector<FigureOf<Trace>>& own_figures() {
    static const std::vector<FigureOf<Trace>> all{
        {kHeldPages, [](const Trace& w) { return w.pages_.held().value; }},
        {ranked({"held_pages_max", Unit::page, Better::none, "the most that it ever held"}),
         [](const Trace& w) { return w.most_.value; }},
        {{"failed_when_recorded", Unit::one, Better::none,
          "allocations that failed when they were recorded (`pfn=0x0`)"},
         [](const Trace& w) { return w.failed_there_; }},
        {{"frees_of_unknown_pages", Unit::one, Better::none, "frees of a frame that is not held"},
         [](const Trace& w) { return w.unknown_; }},
        {{"lost_when_recorded", Unit::one, Better::none,
          "events that the recorder says it lost or overwrote, as far as it says how many"},
         [](const Trace& w) { return w.reader_.notes().lost + w.reader_.notes().overwritten; }},
        {{"events_passed_over", Unit::one, Better::none,
          "events of pages that neither allocate nor free: `mm_page_free_batched`, "
          "`mm_page_pcpu_drain` and others"},
         [](const Trace& w) { return w.reader_.notes().passed_over_in_all(); }}};
    return all;
  }
  std::vector<Figure> figures() const override { return figures_of(tally_, *this); }
  const Histogram* latency() const override { return &tally_.latency(); }
  std::uint64_t draws() const override { return 0; }

 private:
  static NodeId node_of(const Context& context, const TraceParams& params) {
    const auto nodes = nodes_to_run_on(context);
    for (const NodeId n : nodes)
      if (n == params.node) return n;
    return nodes.empty() ? NodeId{0} : nodes.front();
  }

  Task<void> run() {
    const SimTime began = thread_.now();
    std::optional<SimTime> first;
    for (;;) {
      const auto read = reader_.next();
      if (!read || !read->has_value()) break;  // checked as a whole before the run
      const PageEvent& event = **read;
      if (!first) first = event.time;
      const SimTime due = began + (event.time - *first) * params_.time_percent / 100;
      if (due > thread_.now()) co_await thread_.sleep(due - thread_.now());
      co_await replay(event);
      most_ = std::max(most_, pages_.held());
    }
  }

  Task<void> replay(const PageEvent& event) {
    if (event.alloc && event.pfn.value == 0) {
      ++failed_there_;
      co_return;
    }
    const SimTime began = tally_.begin(thread_.now());
    // Frees that the recording lost show when their frames are handed out anew.
    const PageCount freed = pages_.free(event.pfn, event.order, thread_.receipt());
    if (!event.alloc && freed.value == 0) ++unknown_;
    if (event.alloc) {
      kernel::AllocRequest request = event.request;
      request.node = thread_.node();
      const auto block = co_await thread_.alloc(request);
      if (block)
        pages_.add(event.pfn, *block, event.order, request.type == kernel::MigrateType::movable);
    }
    co_await thread_.spend_work();
    tally_.end(thread_.now(), began);
  }

  const Context context_;
  const TraceParams params_;
  Tally tally_;
  TraceReader reader_;
  Thread thread_;
  RecordedPages pages_;
  PageCount most_;
  std::int64_t failed_there_ = 0;
  std::int64_t unknown_ = 0;
};

Factory configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                  std::vector<ParamValue>* used) {
  TraceParams p;
  const std::size_t before = errors.size();
  static const ParamSet<TraceParams> params = trace_params();
  params.read(table, p, errors, used, prefix);
  if (errors.size() == before) {
    const Value& named = *table.find("file");
    const std::filesystem::path file(p.file);
    if (file.is_relative())
      p.file = (std::filesystem::path(named.where.file).parent_path() / file).lexically_normal();
    const auto kernel = KernelVersion::of(p.kernel);
    if (!p.kernel.empty() && !kernel)
      errors.push_back({table.find("kernel")->where,
                        fmt::format("'{}' is no version of a kernel", p.kernel), "\"6.12\""});
    const auto wrong = check_trace(p.file, named.where, kernel);
    errors.insert(errors.end(), wrong.begin(), wrong.end());
  }
  return [p](const Context& context) { return std::make_unique<Trace>(context, p); };
}

}  // namespace
}  // namespace trace_workload

void register_workload_trace(WorkloadRegistry& registry) {
  registry.add(
      {"trace", "page allocations and frees that a real kernel has recorded",
       [](std::string_view prefix) { return trace_workload::trace_params().describe(prefix); },
       trace_workload::configure, figure_records<trace_workload::Trace>});
}

}  // namespace mhp::workloads
