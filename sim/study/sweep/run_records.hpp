#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "sim/study/sweep/journal.hpp"

namespace mhp::study {

/// Where the records of finished runs are found.
class RunRecords {
 public:
  virtual ~RunRecords() = default;

  /// The record of a run; nothing if there is none. One thread at a time or many.
  virtual std::optional<RunRecord> find(std::uint64_t id) const = 0;
};

/// Records that are held in memory: few, and of no journal.
class HeldRecords : public RunRecords {
 public:
  /// Takes a record, unless there is one of its run; gives the one that is there.
  const RunRecord& add(RunRecord record) {
    const std::uint64_t id = record.id;
    return records_.try_emplace(id, std::move(record)).first->second;
  }

  std::optional<RunRecord> find(std::uint64_t id) const override {
    const auto it = records_.find(id);
    return it == records_.end() ? std::nullopt : std::optional(it->second);
  }

 private:
  std::map<std::uint64_t, RunRecord> records_;
};

}  // namespace mhp::study
