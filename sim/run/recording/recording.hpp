#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/mm/zone_type.hpp"
#include "sim/run/timeline/timeline.hpp"

namespace mhp::run {

/// How the numbers of a quantity over time are to be read.
enum class SeriesKind : std::uint8_t {
  counter,  ///< a sum since the run began, at the end of the bucket; never falls
  gauge,    ///< the value at the end of the bucket
  rate,     ///< the mean over the bucket
};
constexpr std::array<Word, 3> words_of(SeriesKind) { return {{{"counter"}, {"gauge"}, {"rate"}}}; }

/// Something that moves while a run goes on: [time][place], places as its axes have them, the last
/// fastest.
struct SeriesQuantity {
  std::string name;
  std::vector<std::string> axes;  ///< besides time: node, zone, lock, resource, workload
  std::string units;
  SeriesKind kind = SeriesKind::counter;
  std::string long_name;
  bool whole = true;           ///< its values are whole numbers
  std::vector<double> values;  ///< at the end of each bucket
  std::vector<double> least;   ///< within the bucket, of every event; empty: not watched
  std::vector<double> most;
};

/// What moves, in equal buckets of time.
struct SeriesRecord {
  std::vector<SimTime> time;  ///< end of each bucket; the first is the start of the run
  std::vector<std::string> locks;
  std::vector<std::string> resources;
  std::vector<std::string> workloads;
  std::vector<SeriesQuantity> quantities;
};

/// How long the operations of the workloads took.
struct LatencyRecord {
  struct Bin {
    std::int64_t first;  ///< ns
    std::int64_t end;
  };
  struct Of {
    std::string workload;
    std::vector<std::int64_t> operations;  ///< in each bin
    SimTime most;
    SimTime sum;
  };
  std::vector<Bin> bins;
  std::vector<Of> workloads;
};

/// Neighbouring sections of the physical address map with one story: who pays for their memmap.
struct SectionRun {
  enum class Kind : std::uint8_t { boot, hot_added, device };
  friend constexpr std::array<Word, 3> words_of(Kind) {
    return {{{"boot"}, {"hot_added"}, {"device"}}};
  }
  enum class Owner : std::uint8_t {
    boot_memory,  ///< memory that was there at boot
    own_head,     ///< the block that it describes
    other_block,  ///< another block that was added, from its head or by the page allocator
    reservation,  ///< set aside at boot for what comes later
    device,       ///< the device itself
    none,         ///< there is no memmap yet
    unknown,      ///< of boot memory of a machine that was found running
  };
  friend constexpr std::array<Word, 7> words_of(Owner) {
    return {{{"boot_memory"},
             {"own_head"},
             {"other_block"},
             {"reservation"},
             {"device"},
             {"none"},
             {"unknown"}}};
  }

  PfnRange memory;
  Kind kind = Kind::boot;
  bool online = false;
  NodeId node;
  BlockId block;  ///< the first
  std::optional<kernel::ZoneType> zone;
  PageCount memmap_pages;
  Pfn memmap{-1};  ///< the first page frame of the memmap, which is contiguous; -1: not known
  NodeId memmap_node{-1};
  std::optional<kernel::ZoneType> memmap_zone;
  Owner owner = Owner::unknown;
};

/// What a memory controller or a link has moved.
struct TrafficRecord {
  std::string name;
  bool link = false;
  NodeId from;
  NodeId to;
  BytesPerSecond capacity;
  double moved = 0;
  double by_kernel = 0;
  SimTime busy;
};

/// What only the file of a run holds: noted where a run is told to record (RunOptions::record).
struct Recording {
  SeriesRecord series;
  LatencyRecord latency;
  std::vector<SectionRun> sections;
  std::vector<TrafficRecord> traffic;
  Timeline timeline;
};

}  // namespace mhp::run
