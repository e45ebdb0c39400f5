#include "sim/run/result/run_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sim/core/interval_map.hpp"
#include "sim/core/units.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"
#include "sim/run/result/metric/record.hpp"
#include "sim/run/result/objection.hpp"
#include "sim/run/result/snapshot.hpp"
#include "workloads/workload.hpp"

namespace mhp::run {

namespace {
/// At most about this many samples of the zones are kept while blocks go online.
constexpr std::int64_t kSamples = 200;

/// Memory that a device is to bring: of virtio-mem, what is requested first.
PageCount planned(const Device& d, const kernel::Geometry& g, PageCount block) {
  if (!d.adder->parts || d.spec->requests.empty()) return d.range.pages();
  const PageCount first = g.pages_of(d.spec->requests.front().size);
  return std::min(d.range.pages(), PageCount{round_up(first.value, block.value)});
}

/// Whether a device is in, or has been refused: the run has not ended before. One that comes on
/// demand is no part of the plan until it is asked for.
bool adding_has_ended(const Device& d) {
  if (!d.asked) return d.spec->params.when == config::Arrival::free_below;
  if (!d.virtio_mem) return d.added;
  const VirtioMemWork& w = *d.virtio_mem;
  const auto& requests = d.spec->requests;
  const auto next = static_cast<std::size_t>(w.requests);
  const bool more = d.spec->params.requested_by == config::RequestedBy::schedule &&
                    next < requests.size() &&
                    requests[next].when == config::SizeRequest::When::time;
  return w.dead || (!w.queued && !w.active && !more);
}

void add_to(std::optional<VirtioMemFacts>& facts, const VirtioMemWork& device) {
  using State = kernel::VirtioMemState;
  if (!facts) facts.emplace();
  facts->requested += device.driver->requested();
  facts->plugged += device.driver->plugged();
  facts->requests += device.requests;
  facts->retries += device.retries;
  for (const State partial :
       {State::offline_partial, State::kernel_partial, State::movable_partial})
    facts->partial_blocks += device.driver->count(partial);
}
}  // namespace

void RunLog::expect(std::vector<Device>& devices) {
  if (timeline_ != nullptr) timeline_->expect(devices);
  for (const Device& d : devices)
    if (d.spec->params.online != kernel::OnlineType::offline)
      facts_.blocks_planned +=
          planned(d, system_.mm.geometry(), system_.boot.block_pages) / system_.boot.block_pages;
  sample_every_ = std::max<std::int64_t>(1, facts_.blocks_planned / kSamples);
  facts_.first_insertion = devices.front().inserted;
  ledger_.mark(Mark::first_insertion, facts_.first_insertion);
}

void RunLog::notified(SimTime at) {
  if (facts_.first_notification) return;
  facts_.first_notification = at;
  ledger_.mark(Mark::first_notification, at);
}

void RunLog::unplug_begins(SimTime at) {
  if (facts_.first_unplug) return;
  facts_.first_unplug = at;
  ledger_.mark(Mark::first_unplug, at);
}

// Between operations nothing changes; of one that writes, or adds, only what is in use before and
// after counts.
void RunLog::look_at_heads() {
  const PageCount now = system_.hotplug.heads().now().unwritten;
  const double seconds = static_cast<double>((system_.engine.now() - looked_).value) / 1e9;
  facts_.unwritten_page_seconds += seconds * static_cast<double>(std::min(unwritten_, now).value);
  unwritten_ = now;
  looked_ = system_.engine.now();
}

void RunLog::conclude_heads() {
  look_at_heads();
  const kernel::MemoryHotplug& hotplug = system_.hotplug;
  facts_.heads = hotplug.heads().most();
  facts_.head_sites = hotplug.heads().sites();
  facts_.head_online_sites = hotplug.heads().online_sites();
  facts_.away_unit = system_.mm.geometry().bytes_of(hotplug.largest_away_unit());
  facts_.reserved_at_boot = system_.boot.memmap_reservation.range.pages();
  for (std::size_t n = 0; n < system_.mm.nodes(); ++n)
    for (const kernel::Zone& zone : system_.mm.node(NodeId{static_cast<std::int32_t>(n)}).zones)
      if (zone.present_pages > zone.present_early_pages && !zone.contiguous)
        ++facts_.zones_not_contiguous;
}

void RunLog::begin(Phase phase, Operation& op, Meanwhile& meanwhile) {
  look_at_heads();
  op.started = system_.engine.now();
  ledger_.begin(phase, op.started, meanwhile);
  if (op.kind == Operation::Kind::offline) offlining_ = op;
  if (timeline_ != nullptr) timeline_->began(op);
}

void RunLog::finish(Operation op, const kernel::OpResult& result) {
  op.finished = system_.engine.now();
  if (op.kind == Operation::Kind::offline) offlining_.reset();
  ledger_.end(op.finished);
  look_at_heads();
  constexpr std::array kMarks{Mark::last_add, Mark::last_online, Mark::last_operation,
                              Mark::last_remove, Mark::last_operation};
  ledger_.mark(kMarks[static_cast<std::size_t>(op.kind)], op.finished);
  op.status = result.status;
  op.reason = result.reason;
  if (timeline_ != nullptr) timeline_->finished(op);
  if (!result.placement_refusal.empty()) facts_.placement_refusal = result.placement_refusal;
  fingerprint_.absorb(op.finished, word(op.kind), op.reason, op.block.value);
  const bool adding = op.kind == Operation::Kind::add;
  if (op.kind == Operation::Kind::online && result.status == kernel::Status::ok)
    facts_.blocks_online +=
        system_.hotplug.block(op.block).plan.online_unit.pages() / system_.boot.block_pages;
  operations_.push_back(std::move(op));
  if (!adding && facts_.blocks_online % sample_every_ != 0) return;
  sample();
  if (options_.progress)
    options_.progress(facts_.blocks_online, facts_.blocks_planned, system_.engine.now());
}

void RunLog::sample() {
  const SimTime now = system_.engine.now();
  if (!samples_.empty() && samples_.back().time == now) samples_.pop_back();
  samples_.push_back(sample_of(system_.mm, now));
}

void RunLog::conclude_running() {
  if (!offlining_) return;
  offlining_->finished = system_.engine.now();
  offlining_->status = kernel::Status::eintr;
  offlining_->reason =
      fmt::format("offlining block {} has not ended when the run does", offlining_->block.value);
  operations_.push_back(*std::exchange(offlining_, std::nullopt));
}

void RunLog::add_workloads(const std::vector<std::unique_ptr<workloads::Workload>>& workloads,
                           RunResult& r) {
  std::int64_t draws = 0;
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    for (const workloads::Figure& f : workloads[i]->figures())
      r.metrics.push_back({fmt::format("{}_{}", system_.scenario.workloads[i].prefix, f.what.name),
                           f.what.unit, f.what.better, MetricPhase::run, f.value,
                           f.what.definition});
    draws += static_cast<std::int64_t>(workloads[i]->draws());
  }
  for (Metric& m : cgroup_metrics(system_.mm.reclaim().memcgs())) r.metrics.push_back(std::move(m));
  for (const Metric& m : r.metrics)
    fingerprint_.absorb(system_.engine.now(), m.name, word(m.phase), m.value.value_or(-1));
  fingerprint_.absorb(system_.engine.statistics().executed +
                      system_.locks.device_hotplug_pollers.events_saved());
  fingerprint_.absorb(draws);
}

namespace {

/// Where devices add their memory, each page frame once: of two in one place one is refused.
std::vector<PfnRange> places_of(const std::vector<Device>& devices) {
  std::vector<PfnRange> out;
  IntervalSet taken;
  for (const Device& d : devices) {
    const auto [start, end] = std::pair(d.range.start.value, d.range.end.value);
    taken.for_each_gap_in(start, end, [&](std::int64_t from, std::int64_t to) {
      out.push_back({Pfn{from}, Pfn{to}});
    });
    taken.insert(start, end);
  }
  return out;
}

}  // namespace

RunResult RunLog::conclude(const std::vector<Device>& devices, const ZoneWatch& watch,
                           const std::vector<std::unique_ptr<workloads::Workload>>& workloads) {
  const kernel::MemoryHotplug& hotplug = system_.hotplug;
  RunResult r;
  r.placement = system_.config.memmap_placement;
  r.seed = options_.seed;
  r.replicate = options_.replicate;
  r.nodes = system_.mm.nodes();
  r.geometry = system_.mm.geometry();
  r.engine = system_.engine.statistics();
  facts_.mem_total_after = system_.mm.mem_total();
  const std::vector<PfnRange> added = places_of(devices);
  for (const PfnRange& range : added) {
    facts_.gigantic_pages += hotplug.gigantic_pages_possible(range);
    facts_.gigantic_ranges += gigantic_ranges(hotplug, range);
    facts_.struct_pages_off_node += hotplug.struct_pages_off_node(range);
  }
  for (const Device& d : devices) {
    if (d.virtio_mem) add_to(facts_.virtio_mem, *d.virtio_mem);
    ++facts_.devices;
    if (adding_has_ended(d)) ++facts_.devices_added;
  }
  facts_.gigantic_page = r.geometry.bytes_of(hotplug.gigantic_page());
  facts_.overhead = hotplug.overhead();
  facts_.hugetlb_vmemmap_saved = hotplug.hugetlb_vmemmap_saved();
  facts_.nr_memmap_pages = hotplug.nr_memmap_pages();
  facts_.nr_memmap_boot_pages = hotplug.nr_memmap_boot_pages();
  r.blocks = block_states(hotplug, system_.mm, added, operations_);
  facts_.memmap_latency = memmap_latency(r.blocks, system_.scenario.machine, system_.topology);
  conclude_heads();
  conclude_running();
  const ZoneLockUse zone_locks = system_.locks.zones.use();
  const RunEnd end{facts_, operations_, hotplug.counters(),  system_.mm, system_.locks.pressure,
                   watch,  zone_locks,  system_.engine.now()};
  r.metrics = metrics_of(end);
  for (const Objection& o : objections()) r.objections.push_back(o.value(end));
  add_workloads(workloads, r);
  auto times = times_of(ledger_, r.metrics);
  if (options_.explain)
    r.times = {time_rows(ledger_, system_.scenario, system_.topology), std::move(times)};
  std::tie(r.outcome, r.reason) = outcome_of(operations_, facts_.placement_refusal);
  if (r.outcome == Outcome::ok && facts_.devices_added < facts_.devices)
    r.reason = fmt::format("cut short: the run ended at {} with {} of {} devices added",
                           format_time(end.now), facts_.devices_added, facts_.devices);
  if (!facts_.broken.empty() && r.outcome < Outcome::broken) {
    r.outcome = Outcome::broken;
    r.reason = facts_.broken;
  }
  if (!facts_.panic.empty()) {
    r.outcome = Outcome::panic;
    r.reason = facts_.panic;
  }
  r.operations = std::move(operations_);
  r.samples = std::move(samples_);
  r.fingerprint = fingerprint_.value();
  return r;
}

}  // namespace mhp::run
