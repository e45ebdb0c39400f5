#pragma once

#include <string>
#include <vector>

#include "analysis/validation/host/buffer.hpp"
#include "analysis/validation/host/host.hpp"
#include "analysis/validation/host/memory_plan.hpp"
#include "analysis/validation/host/sampling.hpp"
#include "analysis/validation/host/series.hpp"

namespace mhp::host {

/// Times of the primitives on a node's own memory.
struct WorkTimes {
  Series init_cold{"initialise, cold", "struct page", {}};
  Series init_hot{"initialise, cached", "struct page", {}};
  Series free_cold{"light pass, cold", "struct page", {}};
  Series free_hot{"light pass, cached", "struct page", {}};
  Series clear_cold{"clear records, cold", "struct page", {}};
  Series clear_hot{"clear records, cached", "struct page", {}};
  Series clear_twice{"clear records twice by batches, cold", "struct page", {}};
  Series walk_cold{"contiguity walk, cold", "pageblock", {}};
  Series walk_hot{"contiguity walk, cached", "pageblock", {}};
  Series clear_pages{"clear pages", "4 KiB page", {}};
  Series additions{"dependent additions", "addition", {}};  ///< none unless kCanTellClock
};

/// So many threads that read at once: the time of each.
struct Readers {
  std::int64_t threads = 1;
  Series series{"read", "line", {}};
};

/// How processors of one node get on with the memory of a node.
struct PathTimes {
  std::size_t cpu_node = 0;  ///< positions in Host::nodes()
  std::size_t memory_node = 0;
  Series chase{"pointer chase, idle", "line", {}};
  std::vector<Readers> readers;  ///< ascending; the first is one thread
  std::int64_t loaders = 0;      ///< threads that read during the loaded chase; 0: not measured
  Series chase_loaded{"pointer chase, loaded", "line", {}};
};

/// All that a calibration measures.
struct Measurements {
  std::vector<WorkTimes> work;     ///< of each node
  std::vector<PathTimes> paths;    ///< of each node's processors to each node's memory
  std::vector<MemoryPlan> memory;  ///< that was worked in, of each node
  bool pinned = true;
  bool bound = true;
  int huge_percent = 100;

  const PathTimes* path(std::size_t cpu_node, std::size_t memory_node) const;
  /// Every series with a name that tells it from the others.
  std::vector<std::pair<std::string, const Series*>> all() const;
};

/// Measures the machine at hand. `with` is measured in turn with the first node's own memory, so
/// that whatever changes in the meantime changes both.
Result<Measurements> measure(const Host& host, const Limits& limits, const Progress& progress,
                             std::vector<Bench> with = {});

}  // namespace mhp::host
