#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/figure.hpp"
#include "sim/core/types.hpp"
#include "sim/engine/event.hpp"
#include "sim/kernel/hotplug/op_result.hpp"
#include "sim/kernel/mm/fragmentation.hpp"
#include "sim/kernel/mm/zone_type.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/run/explain/time_table.hpp"
#include "sim/run/result/outcome.hpp"

namespace mhp::run {

/// One hot-plug operation of the kernel, in simulated time.
struct Operation {
  enum class Kind : std::uint8_t { add, online, offline, remove, online_again };
  friend constexpr std::array<Word, 5> words_of(Kind) {
    return {{{"add"}, {"online"}, {"offline"}, {"remove"}, {"online_again"}}};
  }
  Kind kind = Kind::add;
  std::int64_t device = 0;
  BlockId block;  ///< invalid if it is for a whole device
  NodeId node;
  SimTime submitted;  ///< notified (add) or asked for (the others)
  SimTime started;    ///< device_hotplug_lock granted
  SimTime finished;
  kernel::Status status = kernel::Status::ok;
  std::string reason;
};

/// State of all zones at one moment.
struct Sample {
  struct ZoneState {
    std::int64_t free, spanned, present, managed, min, low, high, boost, pcp;
    kernel::FreeBlocks free_blocks;
  };
  SimTime time;
  std::vector<ZoneState> zones;  ///< [node][zone], zones fastest
};

/// One hot-added memory block as the run left it.
struct BlockState {
  BlockId block;
  Pfn start;
  PageCount pages;
  PageCount memmap_pages;
  PageCount head_pages;
  NodeId memmap_node;
  std::optional<kernel::ZoneType> memmap_zone;  ///< nothing if the memmap lies in no zone
  SimTime init_start{-1};                       ///< -1: never
  SimTime online_at{-1};
  bool placement_refused = false;  ///< the kernel fell back to boot_memory
};

/// The part of a run that a metric describes.
enum class MetricPhase : std::uint8_t { boot, add, online, remove, run };
constexpr std::array<Word, 5> words_of(MetricPhase) {
  return {{{"boot", "what was before the run"},
           {"add", "phase 1 of hot-add"},
           {"online", "phase 2 of hot-add"},
           {"remove", "hot-remove"},
           {"run", "the whole run"}}};
}

/// A figure of a run. `value` is empty if the run did not get there.
struct Metric {
  std::string name;
  Unit unit = Unit::one;
  Better better = Better::none;
  MetricPhase phase = MetricPhase::run;
  std::optional<std::int64_t> value;
  std::string_view definition;
};

struct Recording;

/// Everything that a run leaves.
struct RunResult {
  std::string placement;
  std::uint64_t seed = 0;
  std::uint64_t replicate = 0;
  Outcome outcome = Outcome::ok;
  std::string reason;
  std::uint64_t fingerprint = 0;
  std::vector<Metric> metrics;
  std::vector<std::optional<double>> objections;  ///< figures, in the order of objections()
  std::vector<Operation> operations;
  std::vector<Sample> samples;
  std::vector<BlockState> blocks;
  TimeTable times;                             ///< where the time of the metrics went
  std::shared_ptr<const Recording> recording;  ///< null: the run was not told to record
  kernel::PrimitiveSet spent = 0;  ///< the primitives that anybody's time went into, boot included
  std::size_t nodes = 0;
  kernel::Geometry geometry;
  engine::EngineStatistics engine;
};

}  // namespace mhp::run
