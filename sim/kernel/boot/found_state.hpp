#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/params.hpp"
#include "sim/core/types.hpp"
#include "sim/core/value.hpp"
#include "sim/kernel/arch/architecture.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/config.hpp"
#include "sim/machine/description.hpp"

namespace mhp::kernel {

class Mm;

/// Zone type by the name that /proc/zoneinfo prints.
std::optional<ZoneType> zone_type(std::string_view name);

/// The pages of free blocks, which are counted by order from order 0 up.
PageCount pages_in(const std::vector<std::int64_t>& blocks);

/// A zone as a running kernel accounts for it. Free blocks are counts by order, from order 0 up.
struct FoundZone {
  NodeId node;
  std::string zone = "Normal";  ///< type, by its name
  std::int64_t start_pfn = 0;
  PageCount spanned;
  PageCount present;
  PageCount managed;
  PageCount min;  ///< watermarks without boost; all 0: as the kernel computes them
  PageCount low;
  PageCount high;
  std::vector<std::int64_t> lowmem_reserve;  ///< for requests of DMA, DMA32, Normal, ...
  std::int64_t pcp_batch = 0;                ///< of per-CPU lists; 0: as `managed` has it
  PageCount pcp;                             ///< free pages on per-CPU lists
  std::vector<std::int64_t> free_blocks;     ///< movable; all of them where types are not known
  std::vector<std::int64_t> free_unmovable;
  std::vector<std::int64_t> free_reclaimable;
  std::vector<std::int64_t> free_cma;
  std::int64_t pageblocks_unmovable = -1;  ///< -1: types are not known
  std::int64_t pageblocks_reclaimable = 0;
  PageCount cma;  ///< of the contiguous memory allocator
  PageCount inactive_anon;
  PageCount active_anon;
  PageCount inactive_file;
  PageCount active_file;
  PageCount unevictable;

  bool typed() const { return pageblocks_unmovable >= 0; }
  PageCount on_lists() const {
    return inactive_anon + active_anon + inactive_file + active_file + unevictable;
  }
};

/// The memory of a machine as its kernel accounts for it at some moment of its life.
struct FoundState {
  Bytes block_size;
  std::int64_t min_free_kbytes = 0;    ///< 0: as the kernel computes it
  std::vector<std::string> memory;     ///< System RAM, "FIRST-LAST" page frames, ascending
  std::vector<std::string> blocks;     ///< memory blocks online: "FIRST-LAST NODE"
  std::vector<std::int64_t> distance;  ///< row by row; empty: as the links have them
  std::vector<FoundZone> zones;        ///< by node, then type
};

ParamSet<FoundState> found_state_params();
ParamSet<FoundZone> found_zone_params();

/// Reads the table of a state with its [[zone]] tables for a machine of so many nodes. What cannot
/// be, of one number or of several together, is appended to `errors`.
FoundState read_found_state(const Value& table, std::size_t nodes, Diagnostics& errors,
                            std::vector<ParamValue>* used, const std::string& path);

/// What the contiguous memory allocator has of a zone, where that is known.
struct CmaArea {
  PfnRange range;  ///< empty: nothing
  PageCount free;  ///< pages of it
};

/// Pageblocks of one type.
struct Pageblocks {
  PfnRange range;  ///< whole pageblocks, but for where the zone begins or ends
  MigrateType type = MigrateType::movable;
};

/// The pageblocks of a zone with these page frames by type, where types are known, ascending: those
/// of CMA, what is unmovable, what is reclaimable, then the rest.
std::vector<Pageblocks> pageblocks_of(const FoundZone& zone, const std::vector<PfnRange>& online,
                                      const Geometry& g);

/// A zone with its free blocks laid out in these ranges of page frames, as far as they lie in its
/// span. Which page frames are free nobody says: the largest blocks come first, from the start of
/// the zone, or of the pageblocks of their type, so that no two are buddies. The pages of per-CPU
/// lists are single ones; what lies there was in use as far as free lists can tell.
BootZone lay_out(const FoundZone& zone, const std::vector<PfnRange>& memory, const Geometry& g,
                 const CmaArea& cma = {});

/// Whole sections around ranges of memory: those whose memmap is initialised.
std::vector<PfnRange> whole_sections(const std::vector<PfnRange>& memory, const Geometry& g);

/// Page frames of a zone that are neither free nor on per-CPU lists: those of movable pageblocks
/// first, the highest before the others.
std::vector<PfnRange> in_use(const FoundZone& found, const BootZone& zone, const Geometry& g);

/// The state from which a machine goes on that was found so. Where the placement wants memory for
/// the memmap of `config.max_hotpluggable` set aside at boot, it is taken from what is free.
BootState boot(const FoundState& found, const machine::Description& machine,
               const KernelConfig& config, const Architecture& arch);

/// Gives the pageblocks of a machine that has come up in a state found their types.
void set_pageblock_types(const FoundState& found, const BootState& boot, Mm& mm);

}  // namespace mhp::kernel
