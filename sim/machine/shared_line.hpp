#pragma once

#include <coroutine>
#include <cstdint>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/ring_buffer.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::machine {

/// A cache line that processors of all nodes write in turn, such as a counter of the whole machine.
/// Whoever writes has to own it: it comes from its last writer, by way of the node in whose memory
/// it lies, and nobody else writes meanwhile. Who has to wait does so in the switches on the way
/// there, each of which serves its inputs in turn, its own processors among them: so who is near
/// comes more often than who is far behind many. Decides who writes next and how long that takes;
/// such messages load no link.
class SharedLine {
 public:
  /// `home`: the node in whose memory it lies. `within_node`: from one processor of a node to
  /// another.
  SharedLine(engine::Engine& engine, const Machine& machine, const Topology& topology, NodeId home,
             SimTime within_node);
  SharedLine(const SharedLine&) = delete;
  SharedLine& operator=(const SharedLine&) = delete;

  /// True: `writer`, on processors of node `cpus`, owns the line and has written. False: `h` is
  /// resumed when it has. `writes`: so many, between which others write, that are simulated as one.
  bool write_or_queue(NodeId cpus, const void* writer, std::int64_t writes,
                      std::coroutine_handle<> h);

  /// How long the line takes from a writer of one node to one of another: the request goes home,
  /// from there to the owner, and the owner answers. A link's latency is there and back.
  SimTime transfer(NodeId owner, NodeId to) const;

 private:
  struct Write {
    NodeId cpus;
    const void* writer = nullptr;
    std::int64_t writes = 1;
    std::coroutine_handle<> process = {};
  };
  /// A node on the way home.
  struct Switch {
    std::size_t next = 0;             ///< the switch towards home; home itself: its own
    std::vector<std::size_t> behind;  ///< those of which this is the next
    engine::RingBuffer<Write> own;    ///< writes of the node's own processors that wait
    std::int64_t waiting = 0;         ///< the same here and in all that is behind
    std::size_t turn = 0;             ///< who is next: 0 its own, i those behind[i - 1]
  };

  SimTime one_way(NodeId from, NodeId to) const;
  void push(const Write& write);
  Write take();
  void start(const Write& write, SimTime length);
  void serve();
  SimTime length_of(const Write& write) const;

  engine::Engine& engine_;
  const Topology& topology_;
  const NodeId home_;
  const SimTime within_node_;
  std::vector<Switch> switches_;
  Write owner_;  ///< the last write that was begun
  bool moves_ = false;
};

}  // namespace mhp::machine
