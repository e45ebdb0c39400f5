#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"

namespace mhp::pressure {

/// The counters of a guest at one moment.
struct Snapshot {
  struct Zone {
    std::string name;
    PageCount free;
    PageCount pcp;  ///< on per-CPU lists
    PageCount managed;
  };
  std::vector<Zone> zones;
  std::map<std::string, std::int64_t> vmstat;  ///< by the names of /proc/vmstat; 0 where absent
  std::int64_t huge_pages = 0;                 ///< HugePages_Total
  Bytes swap;                                  ///< SwapTotal

  std::int64_t counter(const std::string& name) const;
  PageCount free_and_listed() const;  ///< of all zones, per-CPU lists included
  /// Pages that the kernel holds and no counter names: neither free nor on LRU lists, nor huge
  /// pages, slab, page tables or stacks. Modules, maps of swap, memmap.
  PageCount nameless() const;
};

/// A process of the guest's script, as it stood at one moment.
struct Kid {
  std::int64_t number = 0;
  bool alive = true;
  std::int64_t done = 0;            ///< MiB taken, of a process that holds memory
  std::optional<std::int64_t> rss;  ///< resident pages, of a live one
};

/// What the memmap of an addition was made of.
struct Pieces {
  std::int64_t order9 = 0;      ///< leaves of 2 MiB
  std::int64_t base_pages = 0;  ///< single pages
};

enum class Op : std::uint8_t {
  snapshot,
  setup,    ///< disk and swap
  lru_gen,  ///< multi-generational LRU on or off
  read,     ///< a file once through
  write,
  map,
  hold,       ///< a process that takes memory and keeps it
  reader,     ///< a process that goes round in a file
  unmovable,  ///< pages that cannot be moved, of which one in some stays
  resident,   ///< pages of a file in the cache are counted
  sleep,
  add,
  online,
  offline,
  offline_watch,  ///< the blocks one after the other, up to the first that does not come back
  setting,        ///< a value written to a file of /proc or /sys
  kids,           ///< the processes are looked at
  trace,
  nothing,  ///< a look that nothing is taken from
  unknown
};

/// A step of the script, with what came of it in one run.
struct Step {
  Op op = Op::unknown;
  std::string words;      ///< as it is recorded, for messages
  std::string name;       ///< label, file, DIMM or path
  std::int64_t from = 0;  ///< MiB
  std::int64_t mib = 0;
  std::int64_t value = 0;      ///< a switch, what is written, or one in how many stays
  std::string how;             ///< online type, or kind of memory
  std::int64_t chunk_kib = 0;  ///< of a process that goes round, at a time
  std::int64_t pause_us = 0;
  Bytes size;               ///< of a DIMM
  std::int64_t slot = 0;    ///< of a DIMM
  std::int64_t blocks = 0;  ///< of a DIMM, that the step is for
  SimTime wall;             ///< what it took under emulation

  std::optional<Snapshot> snapshot;
  std::vector<Kid> kids;
  std::optional<std::int64_t> pages;      ///< resident
  std::optional<std::int64_t> blocks_ok;  ///< that went where they should
  std::optional<Pieces> pieces;           ///< at the end of a trace

  /// Asks for huge pages of 2 MiB.
  bool sets_pool() const;
};

/// One boot of the guest with its script.
struct Run {
  bool panicked = false;
  std::vector<std::string> messages;  ///< of the kernel, those that say that something failed
  std::vector<Step> steps;            ///< fewer than the script's if it panicked

  bool add_failed(const Step& add) const;
};

/// A recorded script under memory pressure, with every run of it (format: README).
struct Recording {
  std::string name;
  std::string what;
  std::string series;  ///< kernel, for example "6.12"
  Bytes memory;
  std::int64_t cpus = 1;
  bool memmap_on_memory = false;
  std::vector<Run> runs;  ///< never empty; the first has the whole script

  const std::vector<Step>& script() const { return runs.front().steps; }
};

/// Reads a recording; a diagnostic with the file and the place in it if it is none.
Result<Recording> load_recording(const std::string& path);
/// The same from its text; `file` for messages.
Result<Recording> parse_recording(const std::string& text, const std::string& file);

}  // namespace mhp::pressure
