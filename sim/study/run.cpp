#include "sim/study/run.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "sim/engine/fingerprint.hpp"
#include "sim/engine/signal.hpp"
#include "sim/engine/worker_pool.hpp"
#include "sim/kernel/hotplug/steps.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/machine/topology.hpp"
#include "sim/study/kernel_threads.hpp"
#include "sim/study/ledger.hpp"
#include "sim/study/metrics.hpp"
#include "sim/study/pressure_metrics.hpp"
#include "sim/study/snapshot.hpp"
#include "sim/study/timed_host.hpp"
#include "sim/study/triggers.hpp"

namespace mhp::study {

namespace {

using kernel::Lock;
using kernel::OnlineType;

/// At most about this many samples of the zones are kept while blocks go online.
constexpr std::int64_t kSamples = 200;

OnlineType online_type(const std::string& word) {
  if (word == "online") return OnlineType::online;
  if (word == "online_kernel") return OnlineType::online_kernel;
  if (word == "online_movable") return OnlineType::online_movable;
  return OnlineType::offline;
}

kernel::KernelConfig with_placement(kernel::KernelConfig config, const std::string& placement) {
  if (!placement.empty()) config.memmap_placement = placement;
  return config;
}

/// One device on its way into the machine.
struct Device {
  const config::Hotplug* spec = nullptr;
  std::int64_t index = 0;
  std::int64_t number = 0;  ///< in its table
  SimTime inserted;
  SimTime notified;
  std::vector<machine::Stage> stages;
  PfnRange range;
  const kernel::Adder* adder = nullptr;
  std::int32_t group = -1;
  Pfn added_to;     ///< what the driver has added so far
  PageCount tried;  ///< of that, what user space has brought online so far, or tried to
  bool added = false;
  std::unique_ptr<engine::Signal> progress;
  std::unique_ptr<TimedHost> host;
  Meanwhile meanwhile;
};

class Run {
 public:
  Run(const config::Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        topology_(scenario.machine),
        config_(with_placement(scenario.kernel, options.placement)),
        boot_(kernel::boot(machine::describe(scenario.machine, topology_), config_)),
        memory_(engine_, scenario.machine, topology_),
        mm_(boot_, config_, scenario.profile),
        hotplug_(mm_, boot_, config_, scenario.profile),
        locks_(engine_, scenario.costs.general),
        triggers_(engine_, mm_),
        arrived_(engine_),
        udev_(engine_, scenario.udev.children_max > 0
                           ? scenario.udev.children_max
                           : config::udev_children_max(scenario.machine)) {
    plan_devices();
  }

  RunResult go() {
    make_workloads();
    mm_.reclaim().set_waker(&locks_.signals);
    threads_ = start_kernel_threads(engine_, mm_, [this](NodeId n) { return make_host(n); });
    for (const auto& w : workloads_) w->start();
    facts_.mem_total_before = mm_.mem_total();
    ZoneWatch watch(engine_, mm_);
    engine_.observe(&watch);
    sample();
    engine_.spawn(acpi_worker());
    for (Device& d : devices_) engine_.spawn(plug(d));
    if (scenario_.run.until.value > 0)
      engine_.run_until(scenario_.run.until);
    else
      engine_.run();
    engine_.observe(nullptr);
    sample();
    facts_.free_pages_min = watch.least_free();
    locks_.pressure.advance(engine_.now());
    facts_.pressure = pressure_metrics(mm_, locks_.pressure, watch);
    RunResult result = conclude();
    engine_.clear();  // the workloads' processes end before the workloads do
    return result;
  }

 private:
  std::unique_ptr<TimedHost> make_host(NodeId cpus, Ledger* ledger = nullptr) {
    return std::make_unique<TimedHost>(engine_, memory_, locks_, scenario_.costs,
                                       cost::Pricer(scenario_.costs, topology_, cpus), ledger);
  }

  void make_workloads() {
    for (const config::Workload& w : scenario_.workloads)
      workloads_.push_back(
          w.make({engine_, mm_, memory_, topology_, scenario_.costs, scenario_.profile,
                  [this](Pfn p) { return hotplug_.memmap_node(p); }, options_.seed,
                  options_.replicate, [this](NodeId cpus) { return make_host(cpus); }, w.name}));
  }

  // Devices get addresses behind boot memory and above 4 GiB in the order of their insertion,
  // aligned to 1 GiB and to a memory block.
  void plan_devices() {
    for (const config::Hotplug& h : scenario_.hotplug)
      for (std::int64_t i = 0; i < h.params.count; ++i)
        devices_.push_back({.spec = &h, .number = i, .inserted = h.params.at + h.params.every * i});
    std::stable_sort(devices_.begin(), devices_.end(),
                     [](const Device& a, const Device& b) { return a.inserted < b.inserted; });
    const std::int64_t unit = std::max(kernel::k1GiBPages, boot_.block_pages.value);
    std::int64_t next = std::max(boot_.memory.back().end.value, 4 * kGiB / kPageSize);
    std::int64_t index = 0;
    for (Device& d : devices_) {
      d.adder = kernel::adders().find(d.spec->params.adder);
      const PageCount size = pages_of(d.spec->params.size) / boot_.block_pages * boot_.block_pages;
      d.index = index++;
      d.range.start = Pfn{round_up(next, unit)};
      d.range.end = d.range.start + size;
      d.added_to = d.range.start;
      d.progress = std::make_unique<engine::Signal>(engine_);
      d.stages = d.spec->stages(d.spec->params.size);
      next = d.range.end.value;
      d.host = make_host(d.spec->params.cpu_node, &ledger_);
      if (d.spec->params.online != "offline") facts_.blocks_planned += size / boot_.block_pages;
    }
    sample_every_ = std::max<std::int64_t>(1, facts_.blocks_planned / kSamples);
    facts_.first_insertion = devices_.front().inserted;
    ledger_.mark(Mark::first_insertion, facts_.first_insertion);
  }

  /// Time that passes for a thread of a device outside the kernel's operations.
  Task<void> pause(const Device& d, Meanwhile& meanwhile, Spent spent, SimTime duration,
                   std::uint16_t what = 0) {
    const SimTime from = engine_.now();
    co_await engine_.delay(duration);
    note(d, meanwhile, spent, from, what);
  }

  void note(const Device& d, Meanwhile& meanwhile, Spent spent, SimTime from,
            std::uint16_t what = 0) {
    if (from == engine_.now()) return;
    const auto table = static_cast<std::int32_t>(d.spec - scenario_.hotplug.data());
    meanwhile.note({Phase::device, spent, what, table}, from, engine_.now());
  }

  /// The stages that pass once, or those before every call of add_memory.
  Task<void> pass_stages(Device& d, bool each_call) {
    std::uint16_t number = 0;
    for (const machine::Stage& stage : d.stages) {
      if (stage.each_call == each_call && stage.duration > SimTime{})
        co_await pause(d, d.meanwhile, Spent::stage, stage.duration, number);
      ++number;
    }
  }

  /// Firmware's part: the stages of the device, then the notification. ACPI handles devices one
  /// after the other; other drivers work side by side.
  Task<void> plug(Device& d) {
    co_await pause(d, d.meanwhile, Spent::before_insertion, d.inserted);
    const SimTime before = engine_.now();
    co_await triggers_.wanted(*d.spec, d.number);
    note(d, d.meanwhile, Spent::trigger, before);
    co_await pass_stages(d, false);
    d.notified = engine_.now();
    if (!facts_.first_notification) {
      facts_.first_notification = d.notified;
      ledger_.mark(Mark::first_notification, d.notified);
    }
    if (d.adder->name == "acpi_dimm") {
      queue_.push_back(&d);
      arrived_.notify_all();
    } else {
      co_await add_device(d);
    }
  }

  /// The kernel's ACPI hot-plug work queue: one thread (acpi_device_hotplug).
  Task<void> acpi_worker() {
    for (;;) {
      while (queue_.empty()) co_await arrived_.wait();
      Device& d = *queue_.front();
      queue_.pop_front();
      co_await add_device(d);
    }
  }

  /// The driver's part: add_memory() for the whole device, or for one memory block after the other
  /// until one fails.
  Task<void> add_device(Device& d) {
    const config::HotplugParams& params = d.spec->params;
    const bool in_kernel = d.adder->onlines_itself || params.online_by == "kernel";
    const PageCount call = d.adder->block_by_block ? boot_.block_pages : d.range.pages();
    if (d.adder->group == kernel::GroupKind::dynamic)
      d.group = hotplug_.register_dynamic_group(params.node, boot_.block_pages);
    const PageCount offline_limit = std::max(pages_of(d.adder->offline_limit), call * 2);
    const bool by_udev = !in_kernel && params.online_by == "udev";
    if (!in_kernel) engine_.spawn(by_udev ? await_udev(d) : online_from_user_space(d));
    for (d.added_to = d.range.start; d.added_to < d.range.end;) {
      while (!in_kernel && d.adder->offline_limit.value > 0 &&
             (d.added_to + call) - (d.range.start + d.tried) > offline_limit)
        co_await d.progress->wait();
      const PfnRange range{d.added_to, d.added_to + call};
      Operation op{.kind = Operation::Kind::add,
                   .device = d.index,
                   .node = params.node,
                   .submitted = d.added_to == d.range.start ? d.notified : engine_.now()};
      if (d.adder->block_by_block) op.block = hotplug_.block_of(range.start);
      co_await pass_stages(d, true);
      co_await kernel::acquire(*d.host, Lock::device_hotplug_lock);
      op.started = engine_.now();
      ledger_.begin(Phase::add, op.started, d.meanwhile);
      const auto added =
          co_await hotplug_.add(*d.host, {params.node, range, params.cpu_node, d.adder, d.group});
      finish(std::move(op), added);
      if (added.status == kernel::Status::ok && in_kernel)
        co_await online_blocks(d, d.meanwhile, range, false);
      co_await kernel::release(*d.host, Lock::device_hotplug_lock);
      if (added.status != kernel::Status::ok) break;
      d.added_to = range.end;
      d.progress->notify_all();
      for (Pfn p = range.start; by_udev && p < range.end; p += boot_.block_pages)
        udev_.submit(udev_event(d, p));
    }
    d.added = true;
    d.progress->notify_all();
    if (in_kernel) co_await unplug(d);
  }

  Task<void> online_from_user_space(Device& d) {
    while (d.added_to == d.range.start && !d.added) co_await d.progress->wait();
    if (d.spec->params.online_delay > SimTime{})
      co_await pause(d, d.meanwhile, Spent::online_delay, d.spec->params.online_delay);
    for (;;) {
      const Pfn next = d.range.start + d.tried;
      while (next == d.added_to && !d.added) co_await d.progress->wait();
      if (next == d.added_to) break;
      co_await pause(d, d.meanwhile, Spent::online_latency, d.spec->params.online_latency);
      co_await try_online(d, d.meanwhile, next);
    }
    co_await unplug(d);
  }

  Task<void> await_udev(Device& d) {
    while (!d.added || d.range.start + d.tried < d.added_to) co_await d.progress->wait();
    co_await unplug(d);
  }

  /// One worker of systemd-udevd, for the event of one block. (The kernel sends it when the block
  /// is registered; but no worker gets the lock before the call that adds it is over.)
  Task<void> udev_event(Device& d, Pfn block) {
    Meanwhile meanwhile;
    co_await pause(d, meanwhile, Spent::udev_event_latency, scenario_.udev.event_latency);
    co_await try_online(d, meanwhile, block);
  }

  Task<void> try_online(Device& d, Meanwhile& meanwhile, Pfn block) {
    co_await online_blocks(d, meanwhile, {block, block + boot_.block_pages}, true);
    d.tried += boot_.block_pages;
    d.progress->notify_all();
  }

  /// Takes a device away again, if it is to be. A driver that adds block by block removes so too,
  /// from the highest, and leaves those that cannot go (virtio_mem_unplug_request,
  /// dlpar_memory_remove_by_count); the others need all blocks offline first, and give up at the
  /// first that stays (acpi_scan_try_to_offline).
  Task<void> unplug(Device& d) {
    triggers_.arrived(*d.spec);
    if (!d.spec->params.unplug || d.added_to == d.range.start) co_return co_await device_done();
    co_await pause(d, d.meanwhile, Spent::unplug_after, d.spec->params.unplug_after);
    const SimTime before = engine_.now();
    co_await triggers_.superfluous(*d.spec);
    note(d, d.meanwhile, Spent::trigger, before);
    if (!facts_.first_unplug) {
      facts_.first_unplug = engine_.now();
      ledger_.mark(Mark::first_unplug, engine_.now());
    }
    const PfnRange there{d.range.start, d.added_to};
    const PageCount call = d.adder->block_by_block ? boot_.block_pages : there.pages();
    for (Pfn end = there.end; end > there.start; end = end - call) {
      const PfnRange range{end - call, end};
      bool gone = true;
      co_await kernel::acquire(*d.host, Lock::device_hotplug_lock);
      for (Pfn p = range.end; p > range.start && gone; p = p - boot_.block_pages)
        gone = co_await offline_block(d, hotplug_.block_of(p - boot_.block_pages));
      if (gone) gone = co_await remove_range(d, range);
      co_await kernel::release(*d.host, Lock::device_hotplug_lock);
    }
    triggers_.left(*d.spec);
    co_await device_done();
  }

  Task<bool> offline_block(Device& d, BlockId block) {
    if (hotplug_.block(block).state != kernel::MemoryBlock::State::online) co_return true;
    Operation op = operation(d, Operation::Kind::offline, block);
    ledger_.begin(Phase::offline, op.started, d.meanwhile);
    const auto done = co_await hotplug_.offline(*d.host, block);
    finish(std::move(op), done);
    co_return done.status == kernel::Status::ok;
  }

  Task<bool> remove_range(Device& d, PfnRange range) {
    Operation op = operation(d, Operation::Kind::remove,
                             d.adder->block_by_block ? hotplug_.block_of(range.start) : BlockId{});
    ledger_.begin(Phase::remove, op.started, d.meanwhile);
    const auto done = co_await hotplug_.remove(*d.host, range);
    finish(std::move(op), done);
    if (done.status == kernel::Status::ok) facts_.removed += range.pages();
    co_return done.status == kernel::Status::ok;
  }

  Operation operation(const Device& d, Operation::Kind kind, BlockId block) const {
    return {.kind = kind,
            .device = d.index,
            .block = block,
            .node = d.spec->params.node,
            .submitted = engine_.now(),
            .started = engine_.now()};
  }

  /// A write to sysfs does not queue for the lock: it sleeps and tries again.
  Task<void> lock_from_sysfs(const Device& d, Meanwhile& meanwhile) {
    while (!locks_.device_hotplug.try_lock())
      co_await pause(d, meanwhile, Spent::sysfs_lock_poll, scenario_.costs.general.sysfs_lock_poll);
  }

  /// Brings blocks online in address order; from user space each write takes the lock by itself.
  Task<void> online_blocks(Device& d, Meanwhile& meanwhile, PfnRange range, bool take_lock) {
    const OnlineType type = online_type(d.spec->params.online);
    if (type == OnlineType::offline) co_return;
    for (Pfn p = range.start; p < range.end; p += hotplug_.block_pages()) {
      const BlockId block = hotplug_.block_of(p);
      Operation op{.kind = Operation::Kind::online,
                   .device = d.index,
                   .block = block,
                   .node = d.spec->params.node,
                   .submitted = engine_.now()};
      if (take_lock) co_await lock_from_sysfs(d, meanwhile);
      op.started = engine_.now();
      ledger_.begin(Phase::online, op.started, meanwhile);
      const auto onlined = co_await hotplug_.online(*d.host, block, type);
      finish(std::move(op), onlined);
      if (take_lock) co_await kernel::release(*d.host, Lock::device_hotplug_lock);
    }
  }

  Task<void> device_done() {
    if (++done_ < devices_.size() || scenario_.run.until.value > 0) co_return;
    co_await engine_.delay(scenario_.run.settle);
    engine_.stop();
  }

  void finish(Operation op, const kernel::OpResult& result) {
    op.finished = engine_.now();
    ledger_.end(op.finished);
    constexpr std::array kMarks{Mark::last_add, Mark::last_online, Mark::last_operation,
                                Mark::last_remove};
    ledger_.mark(kMarks[static_cast<std::size_t>(op.kind)], op.finished);
    kernel::note(*devices_[static_cast<std::size_t>(op.device)].host, kernel::TaskState::asleep);
    op.status = result.status;
    op.reason = result.reason;
    if (!hotplug_.placement_refusal().empty())
      facts_.placement_refusal = hotplug_.placement_refusal();
    constexpr std::array kNames{"add", "online", "offline", "remove"};
    fingerprint_.absorb(op.finished, kNames[static_cast<std::size_t>(op.kind)], op.reason,
                        op.block.value);
    const bool adding = op.kind == Operation::Kind::add;
    if (op.kind == Operation::Kind::online && result.status == kernel::Status::ok)
      ++facts_.blocks_online;
    operations_.push_back(std::move(op));
    if (adding || facts_.blocks_online % sample_every_ == 0) {
      sample();
      if (options_.progress)
        options_.progress(facts_.blocks_online, facts_.blocks_planned, engine_.now());
    }
  }

  void sample() {
    if (!samples_.empty() && samples_.back().time == engine_.now()) samples_.pop_back();
    samples_.push_back(sample_of(mm_, engine_.now()));
  }

  RunResult conclude() {
    RunResult r;
    r.placement = config_.memmap_placement;
    r.seed = options_.seed;
    r.replicate = options_.replicate;
    r.nodes = mm_.nodes();
    r.engine = engine_.statistics();
    facts_.mem_total_after = mm_.mem_total();
    for (const Device& d : devices_)
      facts_.gigantic_pages += hotplug_.gigantic_pages_possible(d.range);
    std::vector<PfnRange> added;
    for (const Device& d : devices_) added.push_back(d.range);
    r.blocks = block_states(hotplug_, mm_, added, operations_);
    facts_.memmap_latency = memmap_latency(r.blocks, scenario_.machine, topology_);
    for (const Device& d : devices_)
      facts_.struct_pages_off_node += hotplug_.struct_pages_off_node(d.range);
    r.metrics = metrics_of(facts_, operations_, hotplug_.counters());
    std::int64_t draws = 0;
    for (std::size_t i = 0; i < workloads_.size(); ++i) {
      add_figures(scenario_.workloads[i].prefix, workloads_[i]->figures(), r.metrics);
      draws += static_cast<std::int64_t>(workloads_[i]->draws());
    }
    r.times = time_table(ledger_, scenario_, topology_, r.metrics);
    std::tie(r.outcome, r.reason) = outcome_of(operations_, facts_.placement_refusal);
    r.operations = std::move(operations_);
    r.samples = std::move(samples_);
    for (const Metric& m : r.metrics)
      fingerprint_.absorb(engine_.now(), m.name, m.phase, m.value.value_or(-1));
    fingerprint_.absorb(engine_.statistics().executed);
    fingerprint_.absorb(draws);
    r.fingerprint = fingerprint_.value();
    return r;
  }

  const config::Scenario& scenario_;
  const RunOptions& options_;
  const machine::Topology topology_;
  const kernel::KernelConfig config_;
  const kernel::BootState boot_;
  engine::Engine engine_;
  machine::MemorySystem memory_;
  kernel::Mm mm_;
  kernel::MemoryHotplug hotplug_;
  LockTable locks_;
  Triggers triggers_;
  engine::Signal arrived_;
  engine::WorkerPool udev_;
  Ledger ledger_;
  std::vector<std::unique_ptr<TimedHost>> threads_;  ///< the kernel's own
  std::vector<std::unique_ptr<workloads::Workload>> workloads_;
  std::vector<Device> devices_;
  std::deque<Device*> queue_;
  std::size_t done_ = 0;
  std::int64_t sample_every_ = 1;
  RunFacts facts_;
  std::vector<Operation> operations_;
  std::vector<Sample> samples_;
  engine::Fingerprint fingerprint_;
};

}  // namespace

RunResult run(const config::Scenario& scenario, const RunOptions& options) {
  return Run(scenario, options).go();
}

}  // namespace mhp::study
