#include "analysis/validation/pressure/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/run/looks.hpp"

namespace mhp::pressure {

namespace {

using kernel::LruList;
using Workloads = std::vector<std::unique_ptr<workloads::Workload>>;

std::int64_t figure(const workloads::Workload& workload, std::string_view name) {
  for (const workloads::Figure& f : workload.figures())
    if (f.what.name == name) return f.value;
  return 0;
}

Point point_of(const run::System& s) {
  Point p;
  p.events = s.mm.reclaim().events();
  const auto list = [&](LruList of) {
    PageCount sum;
    for (std::size_t n = 0; n < s.mm.nodes(); ++n)
      sum += s.mm.lru().size(NodeId{static_cast<std::int32_t>(n)}, of);
    return sum.value;
  };
  p.levels = {{"free", 0},
              {"pcp", 0},
              {"inactive_anon", list(LruList::inactive_anon)},
              {"active_anon", list(LruList::active_anon)},
              {"inactive_file", list(LruList::inactive_file)},
              {"active_file", list(LruList::active_file)}};
  for (std::size_t n = 0; n < s.mm.nodes(); ++n)
    for (const kernel::Zone& z : s.mm.node(NodeId{static_cast<std::int32_t>(n)}).zones) {
      p.levels["free"] += z.free_pages().value;
      p.levels["pcp"] += z.pcp_pages().value;
    }
  return p;
}

Pieces pieces_of(const kernel::HotplugCounters& c) {
  return {(c.memmap_pages_boot - c.memmap_base_pages) / 512, c.memmap_base_pages};
}

/// Looks at the model as the script looks at the guest.
class Observer {
 public:
  Observer(const Recording& recording, const Plan& plan, std::vector<LeftOut>& left_out)
      : recording_(recording), plan_(plan), left_out_(left_out) {
    for (std::size_t i = 0; i < recording.script().size(); ++i)
      if (looks(recording.script()[i])) steps_.push_back(i);
  }

  run::Looks looks() {
    run::Looks looks;
    for (const std::size_t i : steps_) looks.at.push_back(plan_.begins[i]);
    looks.see = [this](const run::System& s, const Workloads& w) { see(s, w); };
    return looks;
  }

  Story conclude(const run::RunResult& result) {
    story_.panicked = result.outcome == run::Outcome::panic;
    for (std::size_t i = 0; i < recording_.script().size(); ++i) {
      const Step& s = recording_.script()[i];
      if (s.op == Op::add)
        story_.added[i] = count(result, s.name, run::Operation::Kind::add, plan_.end) > 0;
      if (s.op == Op::offline || s.op == Op::offline_watch)
        story_.offline[i] =
            count(result, s.name, run::Operation::Kind::offline, plan_.begins[i + 1]);
    }
    return std::move(story_);
  }

 private:
  static bool looks(const Step& s) {
    return s.op == Op::snapshot || s.op == Op::resident || s.op == Op::kids || s.op == Op::trace;
  }

  void see(const run::System& s, const Workloads& w) {
    const std::size_t i = steps_[next_++];
    const Step& step = recording_.script()[i];
    if (step.op == Op::snapshot) {
      Point p = point_of(s);
      if (plan_.pool) p.huge_pages = figure(*w[*plan_.pool], "huge_pages");
      story_.points[i] = std::move(p);
    } else if (step.op == Op::trace) {
      trace(i, step, pieces_of(s.hotplug.counters()));
    } else if (step.op == Op::resident) {
      resident(i, step, w);
    } else {
      for (const auto& [number, workload] : plan_.processes) kid(i, number, *w[workload]);
    }
  }

  void trace(std::size_t i, const Step& step, const Pieces& now) {
    if (step.value == 0)
      story_.pieces[i] = {now.order9 - traced_.order9, now.base_pages - traced_.base_pages};
    traced_ = now;
  }

  /// Of a file the model knows the pages as a whole.
  void resident(std::size_t i, const Step& step, const Workloads& w) {
    const auto file = plan_.files.find(step.name);
    if (file == plan_.files.end()) return;
    const bool whole =
        std::all_of(recording_.script().begin(), recording_.script().end(), [&](const Step& other) {
          const bool touches = other.op == Op::read || other.op == Op::write ||
                               other.op == Op::map || other.op == Op::reader;
          return !touches || other.name != step.name ||
                 (other.from >= step.from && other.from + other.mib <= step.from + step.mib);
        });
    if (whole)
      story_.resident[i] = figure(*w[file->second], "cached_pages");
    else
      left_out_.push_back({step.words, "the model does not tell parts of a file apart"});
  }

  void kid(std::size_t i, std::int64_t number, const workloads::Workload& process) {
    // Not before its own step.
    if (begun(number) >= i) return;
    Kid kid;
    kid.number = number;
    kid.alive = figure(process, "killed") == 0;
    kid.done = figure(process, "operations");  // of 1 MiB each
    if (kid.alive) kid.rss = figure(process, "resident_pages");
    story_.kids[i].push_back(kid);
  }

  /// The step that starts a process that holds memory.
  std::size_t begun(std::int64_t number) const {
    const auto at = plan_.started.find(number);
    return at == plan_.started.end() ? 0 : at->second;
  }

  /// Operations of a device that have succeeded by then.
  std::int64_t count(const run::RunResult& result, const std::string& dimm,
                     run::Operation::Kind kind, SimTime by) const {
    const std::int64_t device = plan_.devices.at(dimm);
    return std::count_if(result.operations.begin(), result.operations.end(),
                         [&](const run::Operation& op) {
                           return op.device == device && op.kind == kind && op.finished <= by &&
                                  op.status == kernel::Status::ok;
                         });
  }

  const Recording& recording_;
  const Plan& plan_;
  std::vector<LeftOut>& left_out_;
  std::vector<std::size_t> steps_;
  std::size_t next_ = 0;
  Pieces traced_;
  Story story_;
};

}  // namespace

Story model_story(const Recording& recording, const Plan& plan, const config::Scenario& scenario,
                  std::vector<LeftOut>& left_out) {
  Observer observer(recording, plan, left_out);
  const run::RunResult result =
      run::simulate(scenario, {.seed = 1, .explain = false}, observer.looks());
  return observer.conclude(result);
}

}  // namespace mhp::pressure
