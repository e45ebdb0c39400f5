#include "sim/run/timeline/run_timeline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/run/explain/time_table.hpp"

namespace mhp::run {

namespace {

/// Done by user space: a worker of udev, or an operator.
bool by_user_space(Spent spent) {
  return spent == Spent::online_delay || spent == Spent::online_latency ||
         spent == Spent::udev_event_latency || spent == Spent::sysfs_lock_poll;
}

SpanKind kind_of(Spent spent) {
  if (spent == Spent::work) return SpanKind::work;
  if (spent == Spent::stage) return SpanKind::stage;
  return is_pause(spent) ? SpanKind::pause : SpanKind::wait;
}

}  // namespace

RunTimeline::RunTimeline(System& system, std::size_t most)
    : system_(system),
      recorder_(most),
      names_(recorder_),
      user_space_(recorder_, {.kind = TrackKind::thread, .name = "user space"}),
      steps_(recorder_),
      locks_(recorder_),
      watermarks_(recorder_, system.mm) {
  system_.locks.spans = &locks_;
}

void RunTimeline::expect(std::vector<Device>& devices) {
  for (Device& d : devices) {
    const NodeId node = d.spec->params.node;
    const Track track{
        .kind = TrackKind::device,
        .name = fmt::format("device {} ({}, node {})", d.index, d.adder->name, node.value),
        .node = node,
        .device = d.index};
    devices_.push_back({Lanes(recorder_, track), d.range.pages()});
    d.host->known_as(devices_.back().lanes.main_track());
  }
}

void RunTimeline::paused(const Device& device, const Activity& activity, SimTime from, SimTime to) {
  const std::string_view name = activity.spent == Spent::stage
                                    ? std::string_view(device.stages.at(activity.what).name)
                                    : name_of(activity.spent);
  Lanes& lanes = by_user_space(activity.spent)
                     ? user_space_
                     : devices_[static_cast<std::size_t>(device.index)].lanes;
  lanes.add({.name = recorder_.name(name),
             .kind = kind_of(activity.spent),
             .begin = from,
             .end = to,
             .device = device.index,
             .units = pauses_in(activity.spent, to - from)});
}

std::uint16_t RunTimeline::name_of_spent(Spent spent) {
  auto& name = spent_names_[static_cast<std::size_t>(spent)];
  if (!name) name = recorder_.name(name_of(spent));
  return *name;
}

std::int64_t RunTimeline::pauses_in(Spent spent, SimTime time) const {
  if (spent != Spent::sysfs_lock_poll) return 1;
  return time.value / system_.scenario.costs.general.sysfs_lock_poll.value;
}

void RunTimeline::began(const Operation& op) {
  Lanes& lanes = devices_[static_cast<std::size_t>(op.device)].lanes;
  running_.push_back({op, lanes.open(op.started)});
}

// Where operations overlap (Ledger), it is of the last that had begun by then.
void RunTimeline::passed(const Activity& activity, std::int64_t units, SimTime from, SimTime to) {
  const auto of = std::find_if(running_.rbegin(), running_.rend(),
                               [&](const Running& r) { return r.operation.started <= from; });
  if (of == running_.rend()) return;
  const Lanes& lanes = devices_[static_cast<std::size_t>(of->operation.device)].lanes;
  const std::uint16_t name = activity.spent == Spent::work
                                 ? names_.of(static_cast<kernel::Primitive>(activity.what))
                                 : name_of_spent(activity.spent);
  steps_.add({.track = lanes.track(of->row),
              .name = name,
              .kind = kind_of(activity.spent),
              .depth = 1,
              .begin = from,
              .end = to,
              .units = units});
}

void RunTimeline::finished(const Operation& op) {
  steps_.flush();
  Known& device = devices_[static_cast<std::size_t>(op.device)];
  Span span{.name = recorder_.name(word(op.kind)),
            .kind = SpanKind::operation,
            .result = op.status,
            .begin = op.started,
            .end = op.finished,
            .device = op.device,
            .block = op.block.value,
            .pages = op.block.valid() ? system_.boot.block_pages.value : device.pages.value};
  const auto ended = std::find_if(running_.begin(), running_.end(), [&](const Running& r) {
    return r.operation.device == op.device && r.operation.kind == op.kind &&
           r.operation.block == op.block && r.operation.started == op.started;
  });
  MHP_INVARIANT(ended != running_.end(), "an operation ends at {} ns that has not begun",
                op.finished.value);
  device.lanes.close(ended->row, span);
  running_.erase(ended);
}

ThreadSpans& RunTimeline::thread(TrackKind kind, const std::string& name, NodeId cpus,
                                 SimTime offset) {
  const std::int32_t lane = lanes_of_[{kind, name}]++;
  const std::uint32_t track =
      recorder_.track({.kind = kind, .name = name, .lane = lane, .node = cpus});
  return threads_.emplace_back(recorder_, names_, track, offset);
}

Timeline RunTimeline::conclude() {
  const SimTime now = system_.engine.now();
  while (!running_.empty()) {
    Operation op = running_.back().operation;
    op.finished = now;
    op.status = kernel::Status::eintr;
    finished(op);
  }
  for (ThreadSpans& t : threads_) t.conclude(now);
  for (Known& d : devices_) d.lanes.flush();
  user_space_.flush();
  locks_.conclude(now);
  watermarks_.conclude(now);
  return recorder_.take();
}

}  // namespace mhp::run
