#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/random.hpp"
#include "workloads/common/held_blocks.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/process.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

/// Which node a guest is put on.
enum class NodePolicy : std::uint8_t { most_free, first_fit, round_robin };
constexpr std::array<Word, 3> words_of(NodePolicy) {
  return {{{"most_free", "the one with the most memory not promised to guests"},
           {"first_fit", "the first that has room"},
           {"round_robin", "the next one that has room"}}};
}

struct VmFleetParams : CommonParams {
  std::vector<std::int64_t> sizes_gib{4, 8, 16, 32, 64, 128};
  std::vector<std::int64_t> weights{30, 25, 20, 12, 8, 5};
  SimTime arrival{10'000'000'000};
  SimTime lifetime{14'400'000'000'000};
  std::int64_t initial_percent = 50;
  std::int64_t reserve_percent = 3;
  NodePolicy node_policy = NodePolicy::most_free;
  std::int64_t touched_percent = 80;
  BytesPerSecond touch_rate{2'000'000'000};
  Bytes chunk{256 * kMiB};
  SimTime interval{10'000'000'000};
  Bytes stream{64 * kMiB};
  std::int64_t balloon_percent = 20;
  std::int64_t balloon_below_percent = 5;
};

/// What the guests of a fleet have done together.
struct FleetBooks {
  PageCount ballooned, ballooned_max;
  std::int64_t ended = 0;

  void balloon(PageCount change) {
    ballooned += change;
    ballooned_max = std::max(ballooned_max, ballooned);
  }
};

/// A virtual machine: touches its memory for the first time in chunks, then works on it, gives some
/// back through its balloon while the host is short, and ends.
class Guest {
 public:
  Guest(const Context& context, const VmFleetParams& params, Tally& tally, FleetBooks& books,
        std::uint64_t number, NodeId node, Bytes size, SimTime lifetime);

  /// Memory that it has touched already when the run begins.
  void touch_at_once();
  Task<void> run();
  bool ended() const { return ended_; }
  NodeId node() const { return thread_.node(); }
  PageCount size() const { return size_; }
  std::uint64_t draws() const { return random_.draws(); }

 private:
  bool alive() const { return process_.lives() == 0 && thread_.now() < end_; }
  PageCount target() const { return size_ * params_.touched_percent / 100; }
  bool host_short(std::int64_t percent) const;
  Task<bool> touch_chunk();
  Task<void> boot();
  Task<void> work();
  Task<void> balloon();
  Task<void> give_back(PageCount pages);

  const Context& context_;
  const VmFleetParams& params_;
  Tally& tally_;
  FleetBooks& books_;
  Stream random_;
  Thread thread_;
  HeldBlocks memory_;
  PageCount block_;  ///< what its memory comes in
  Process process_;
  const PageCount size_;
  const SimTime end_;
  PageCount ballooned_;
  bool ended_ = false;
};

/// Managed and free pages of a node.
struct NodeMemory {
  PageCount managed, free;
};
NodeMemory memory_of(const kernel::Mm& mm, NodeId node);

}  // namespace mhp::workloads
