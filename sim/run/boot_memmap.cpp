#include "sim/run/boot_memmap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "sim/core/task.hpp"
#include "sim/core/types.hpp"
#include "sim/run/timed_machine.hpp"
#include "sim/run/timeline/run_timeline.hpp"
#include "sim/run/timeline/thread_spans.hpp"

namespace mhp::run {

namespace {

/// Pieces that a thread's share is simulated in; sections, if it has no more of them.
constexpr std::int64_t kPieces = 32;

const kernel::BootZone* highest_zone(const kernel::BootState& boot, NodeId node) {
  const kernel::BootZone* highest = nullptr;
  for (const kernel::BootZone& z : boot.zones)
    if (z.node == node && z.present.value > 0 &&
        (highest == nullptr || z.start_pfn > highest->start_pfn))
      highest = &z;
  return highest;
}

NodeId nearest_processors(const machine::Machine& machine, const machine::Topology& topology,
                          NodeId to) {
  NodeId best;
  for (std::size_t n = 0; n < machine.nodes.size(); ++n) {
    const NodeId from{static_cast<std::int32_t>(n)};
    if (machine.nodes[n].cpus == 0) continue;
    if (best == NodeId{} || topology.latency(from, to) < topology.latency(best, to)) best = from;
  }
  return best;
}

/// An idle machine on which memmaps are initialised, all at once.
class Bench {
 public:
  Bench(const machine::Machine& machine, const cost::CostProfile& costs,
        Bytes struct_page = kernel::kStructPageSize)
      : machine_(machine, costs, struct_page) {}

  /// Tells a timeline of the threads that begin from now on: it is the pass of that number, and
  /// those before have taken `offset`.
  void record(RunTimeline* timeline, std::size_t pass, SimTime offset) {
    timeline_ = timeline;
    pass_ = pass > 0 ? fmt::format(", pass {}", pass + 1) : "";
    offset_ = offset;
  }
  void begin(const kernel::MemmapInit::Work& work, NodeId cpus,
             const std::vector<kernel::Pass>& beside = {}) {
    kernel::MemmapInit& init = inits_.emplace_back(work);
    SimTime& end = ends_.emplace_back();
    const auto threads = static_cast<std::size_t>(work.threads);
    auto hosts = machine_.make_hosts(cpus, work.threads + static_cast<std::int64_t>(beside.size()));
    for (auto& host : hosts) host->set_busy(true);
    for (std::size_t i = 0; i < beside.size(); ++i)
      machine_.engine.spawn(busy(init.beside(*hosts[threads + i], beside[i]), *hosts[threads + i]));
    for (std::size_t i = 0; i < threads; ++i) {
      ThreadSpans* spans = nullptr;
      if (timeline_ != nullptr) {
        spans = &timeline_->thread(TrackKind::boot,
                                   fmt::format("memmap of node {}{}", work.node.value, pass_), cpus,
                                   offset_);
        hosts[i]->record(*spans);
      }
      machine_.engine.spawn(timed(busy(init.thread(*hosts[i]), *hosts[i]), end, spans));
    }
    for (auto& host : hosts) hosts_.push_back(std::move(host));
  }
  /// One thread does one after the other.
  void begin_in_turn(const std::vector<kernel::MemmapInit::Work>& works, NodeId cpus) {
    TimedHost& host = *hosts_.emplace_back(machine_.make_host(cpus));
    machine_.engine.spawn(in_turn(works, host));
  }
  /// Until the last thread is done.
  InitTime finish() {
    machine_.engine.run();
    InitTime out{SimTime{}, machine_.locks.spent, {ends_.begin(), ends_.end()}};
    for (const SimTime end : ends_) out.time = std::max(out.time, end);
    return out;
  }

 private:
  static Task<void> busy(Task<void> thread, TimedHost& host) {
    co_await std::move(thread);
    host.set_busy(false);
  }
  Task<void> timed(Task<void> thread, SimTime& end, ThreadSpans* spans) {
    co_await std::move(thread);
    end = std::max(end, machine_.engine.now());
    // By the clock of the boot: the run has another one.
    if (spans != nullptr) spans->conclude(machine_.engine.now());
  }
  Task<void> in_turn(std::vector<kernel::MemmapInit::Work> works, TimedHost& host) {
    for (const kernel::MemmapInit::Work& work : works) {
      co_await inits_.emplace_back(work).thread(host);
      ends_.push_back(machine_.engine.now());
    }
  }

  TimedMachine machine_;
  RunTimeline* timeline_ = nullptr;
  std::string pass_;
  SimTime offset_;
  std::deque<kernel::MemmapInit> inits_;
  std::vector<std::unique_ptr<TimedHost>> hosts_;
  std::deque<SimTime> ends_;  ///< of each memmap
};

}  // namespace

PageCount deferred_pages(const kernel::BootState& boot, NodeId node) {
  const kernel::BootZone* zone = highest_zone(boot, node);
  if (zone == nullptr) return PageCount{};
  const kernel::Geometry g = boot.arch.geometry();
  const Pfn first = g.section_start(g.sections_end(zone->start_pfn) + 1);
  PageCount pages;
  for (const PfnRange& r : zone->free)
    pages += PageCount{std::max<std::int64_t>(0, (r.end - std::max(first, r.start)).value)};
  return pages;
}

InitTime boot_memmap_init_time(const machine::Machine& machine, const machine::Topology& topology,
                               const cost::CostProfile& costs, const kernel::BootState& boot,
                               const kernel::KernelProfile& profile, RunTimeline* timeline) {
  const kernel::DeferredInitWork deferred = kernel::deferred_init_memmap(profile);
  InitTime sum;
  for (std::size_t i = 0; i < deferred.passes.size(); ++i) {
    Bench bench(machine, costs, boot.struct_page_size);
    bench.record(timeline, i, sum.time);
    for (std::size_t n = 0; n < machine.nodes.size(); ++n) {
      const NodeId node{static_cast<std::int32_t>(n)};
      const std::int64_t pages = deferred_pages(boot, node).value;
      if (pages == 0) continue;
      const std::int64_t cpus = machine.nodes[n].cpus;
      kernel::MemmapInit::Work work{.pages = PageCount{pages}, .node = node};
      work.geometry = boot.arch.geometry();
      const std::int64_t section = work.geometry.section_pages();
      work.threads = deferred.shared ? std::max<std::int64_t>(1, cpus) : 1;
      work.pass = deferred.passes[i];
      work.to_buddy = i + 1 == deferred.passes.size();
      const std::int64_t piece = round_up(pages / (work.threads * kPieces), section);
      work.grain = PageCount{std::max(section, piece)};
      bench.begin(work, cpus > 0 ? node : nearest_processors(machine, topology, node));
    }
    sum += bench.finish();
  }
  return sum;
}

InitTime nodes_init_time(const machine::Machine& machine, const cost::CostProfile& costs,
                         const kernel::MemmapInit::Work& work) {
  Bench bench(machine, costs);
  std::vector<kernel::MemmapInit::Work> works;
  NodeId first;
  for (std::size_t n = 0; n < machine.nodes.size(); ++n) {
    if (machine.nodes[n].memory.value == 0) continue;
    const NodeId node{static_cast<std::int32_t>(n)};
    if (!first.valid()) first = node;
    works.push_back(work);
    works.back().node = node;
    if (work.threads > 0) bench.begin(works.back(), node);
    works.back().threads = 1;
  }
  if (work.threads == 0) bench.begin_in_turn(works, first);
  return bench.finish();
}

InitTime memmap_init_time(const machine::Machine& machine, const cost::CostProfile& costs,
                          const kernel::MemmapInit::Work& work, NodeId cpus,
                          const std::vector<kernel::Pass>& beside) {
  Bench bench(machine, costs);
  bench.begin(work, cpus, beside);
  return bench.finish();
}

}  // namespace mhp::run
