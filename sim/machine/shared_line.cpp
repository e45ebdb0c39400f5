#include "sim/machine/shared_line.hpp"

namespace mhp::machine {

namespace {

/// The node before `node` on the way that a route takes from `home`.
NodeId before(NodeId node, NodeId home, const Machine& machine, const Topology& topology) {
  const std::vector<std::size_t> route = topology.route(home, node);
  if (route.empty()) return home;
  const LinkParams& last = machine.links[route.back()];
  return last.to == node ? last.from : last.to;
}

}  // namespace

SharedLine::SharedLine(engine::Engine& engine, const Machine& machine, const Topology& topology,
                       NodeId home, SimTime within_node)
    : engine_(engine),
      topology_(topology),
      home_(home),
      within_node_(within_node),
      switches_(machine.nodes.size()) {
  for (std::size_t n = 0; n < switches_.size(); ++n) {
    const NodeId node{static_cast<std::int32_t>(n)};
    switches_[n].next = before(node, home, machine, topology).index();
    if (node != home) switches_[switches_[n].next].behind.push_back(n);
  }
}

// Half of what the links on the way add to a load.
SimTime SharedLine::one_way(NodeId from, NodeId to) const {
  return SimTime{(topology_.latency(from, to) - topology_.latency(to, to)).value / 2};
}

SimTime SharedLine::transfer(NodeId owner, NodeId to) const {
  if (owner == to) return within_node_;
  return topology_.latency(home_, home_) + one_way(to, home_) + one_way(home_, owner) +
         one_way(owner, to);
}

// The first writer is taken to have it.
SimTime SharedLine::length_of(const Write& write) const {
  if (owner_.writer == nullptr || owner_.writer == write.writer) return SimTime{};
  return SimTime{transfer(owner_.cpus, write.cpus).value * write.writes};
}

bool SharedLine::write_or_queue(NodeId cpus, const void* writer, std::int64_t writes,
                                std::coroutine_handle<> h) {
  const Write write{cpus, writer, writes, h};
  if (moves_) {
    push(write);
    return false;
  }
  const SimTime length = length_of(write);
  if (length > SimTime{}) {
    start(write, length);
    return false;
  }
  owner_ = write;
  return true;
}

void SharedLine::push(const Write& write) {
  std::size_t at = write.cpus.index();
  switches_[at].own.push(write);
  for (;; at = switches_[at].next) {
    ++switches_[at].waiting;
    if (at == home_.index()) return;
  }
}

SharedLine::Write SharedLine::take() {
  for (std::size_t at = home_.index();;) {
    Switch& s = switches_[at];
    --s.waiting;
    const std::size_t inputs = s.behind.size() + 1;
    const auto waits = [&](std::size_t input) {
      return input == 0 ? !s.own.empty() : switches_[s.behind[input - 1]].waiting > 0;
    };
    while (!waits(s.turn)) s.turn = (s.turn + 1) % inputs;
    const std::size_t input = s.turn;
    s.turn = (s.turn + 1) % inputs;
    if (input == 0) {
      const Write write = s.own.front();
      s.own.pop();
      return write;
    }
    at = s.behind[input - 1];
  }
}

void SharedLine::start(const Write& write, SimTime length) {
  owner_ = write;
  moves_ = true;
  const SimTime end = engine_.now() + length;
  engine_.resume_at(end, write.process);
  engine_.at(
      end, [](void* self) { static_cast<SharedLine*>(self)->serve(); }, this);
}

void SharedLine::serve() {
  moves_ = switches_[home_.index()].waiting > 0;
  if (!moves_) return;
  const Write next = take();
  start(next, length_of(next));
}

}  // namespace mhp::machine
