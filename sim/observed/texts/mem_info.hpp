#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/observed/observed.hpp"
#include "sim/observed/texts/zone_line.hpp"

namespace mhp::observed {

/// A request for pages that the kernel reports because it could not meet it.
struct FailedRequest {
  enum class Kind : std::uint8_t { show_mem, allocation_failure, allocation_stall, oom };
  Kind kind = Kind::show_mem;
  std::optional<int> order;
  std::optional<std::uint64_t> gfp_bits;  ///< "mode" or "gfp_mask"
  std::vector<std::string> gfp_names;     ///< of these, as printed since 4.6: "GFP_KERNEL", ...
  /// Nodes that may serve it, where the log says: of a memory policy, of a cpuset.
  std::optional<std::vector<std::int64_t>> nodemask;
  std::optional<std::vector<std::int64_t>> mems_allowed;
  bool memory_cgroup = false;  ///< it was the limit of a memory cgroup that was met
  std::optional<std::int64_t> cpu;
  std::string release;                  ///< of the kernel
  std::string workqueue;                ///< function of the work, if a worker made the request
  std::vector<std::string> call_trace;  ///< functions, the innermost first

  /// Whether the trace has one of the functions whose names begin so.
  bool calls(std::string_view prefix) const;
};

/// A report of a kernel log: what failed, and what memory there was then.
struct MemInfoReport {
  FailedRequest request;
  Observed machine;
  /// Types of the free blocks of each order, as the letters of show_migration_types: U, M, E, H, C,
  /// I; R of kernels that had MIGRATE_RESERVE.
  std::map<ZonePlace, std::vector<std::string>> free_types;
  std::map<ZonePlace, PageCount> reserved_highatomic;
  bool has_memory = false;  ///< the Mem-Info part is there
  Location where;
};

/// Whether a line is the head of a report of warn_alloc: it names the flags of a request.
inline bool is_warn_alloc(std::string_view line) { return line.find(", mode:0x") != line.npos; }

/// All reports of a kernel log, in its order.
Result<std::vector<MemInfoReport>> read_mem_info_reports(std::string_view text, const Location& at);

}  // namespace mhp::observed
