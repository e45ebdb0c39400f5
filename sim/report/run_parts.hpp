#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "sim/record/dataset.hpp"
#include "sim/report/inputs.hpp"

// The members of one run in the document (docs/reports.md), each from the groups of its file that
// are there. Null: the file has nothing of it.
namespace mhp::report {

using nlohmann::ordered_json;

/// How much of a report one run may take: shared by the runs that are shown.
struct Budget {
  std::size_t operations = 1500;  ///< entries
  std::size_t samples = 24000;    ///< of free memory, over all zones
  std::size_t map = 2500;         ///< entries
  std::size_t series = 40000;     ///< values
  std::size_t bins = 4000;        ///< of latencies

  Budget shared_by(std::size_t runs) const;
};

/// The operations in the order of their beginnings; neighbours of one kind, node and result taken
/// together where there are more than `most`.
ordered_json operations_of(const record::FileContent& file, std::size_t most);

/// Free memory and watermarks of every zone that ever had pages.
ordered_json memory_of(const record::FileContent& file, std::size_t most);

/// Neighbouring blocks with the same story taken together, by address.
ordered_json map_of(const RunInput& run, std::size_t most);

/// Nodes and links of the machine, with the memory that was added.
ordered_json topology_of(const RunInput& run);

// What files of schema mhpsim-run/1 do not have: traffic of controllers and links, counters over
// time, latencies of workloads.
ordered_json traffic_of(const record::FileContent& file);
ordered_json series_of(const record::FileContent& file, std::size_t most);
ordered_json latency_of(const record::FileContent& file, std::size_t most);

/// The size of a page of the run's machine. A file that names no architecture is of the default's.
std::int64_t page_bytes(const RunInput& run);

}  // namespace mhp::report
