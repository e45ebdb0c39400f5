#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sim/record/file_sink.hpp"
#include "sim/study/design/scenarios.hpp"

namespace mhp::study {

/// One of `count` parts of a study, from 0: every count-th piece of work. Neighbours cost alike, so
/// the parts do too.
struct Shard {
  std::uint64_t index = 0;
  std::uint64_t count = 1;
};

/// "shard-1-of-4": what the files of a shard are called.
std::string shard_name(const Shard& shard);

/// How far a sweep is. Every run of the shard is in `seen` once it is dealt with.
struct SweepCounts {
  std::uint64_t total = 0;  ///< runs of the shard, excluded ones and spare replicates included
  std::uint64_t seen = 0;
  std::uint64_t simulated = 0;
  std::uint64_t reused = 0;    ///< had been simulated before
  std::uint64_t excluded = 0;  ///< by a constraint
  std::uint64_t spared = 0;    ///< replicates after the point had enough
  std::uint64_t skipped = 0;   ///< not asked for in this call
  std::uint64_t failed = 0;    ///< could not be simulated, now or before
};

struct SweepOptions {
  std::string folder;
  unsigned threads = 1;
  Shard shard;
  std::optional<std::uint64_t> shuffle;    ///< works in a random order with this seed
  std::string only;                        ///< pattern of the runs to simulate; empty: all
  std::optional<std::uint64_t> limit;      ///< runs to simulate at most
  std::string keep_runs;                   ///< pattern of the runs whose result files are kept
  bool keep_going = false;                 ///< after a run that cannot be simulated
  const std::atomic<int>* stop = nullptr;  ///< not 0: finish the runs at work and end
  std::function<void(const SweepCounts&)> progress;  ///< some times a second
  std::function<void(const Diagnostic&)> failed;     ///< not from two threads at once
  record::FileSink* sink = nullptr;                  ///< the machine's if null
};

struct SweepOutcome {
  SweepCounts counts;
  bool stopped = false;  ///< before all was done: a signal, a failure or the limit
  /// Why the journal or a run file could not be written: of the first, as others may only follow.
  std::optional<Diagnostic> unwritten;
};

/// Simulates the runs of a shard that the journals of the folder do not hold yet and appends each
/// to the shard's journal. The caller holds the shard's lock. What a run gives depends neither on
/// threads nor on order, shard or what ran before.
Result<SweepOutcome> sweep(const Scenarios& scenarios, const SweepOptions& options);

/// "size=3GiB,memmap_placement=boot_memory,replicate=0": what patterns are compared with; they may
/// also name the run by its id.
std::string run_label(const Plan& plan, const Position& position, std::uint64_t replicate);
bool matches(const std::string& pattern, const std::string& label, std::uint64_t id);

}  // namespace mhp::study
