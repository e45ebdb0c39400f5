#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/study/sweep/run_records.hpp"

namespace mhp::study {

/// The finished runs of a folder of journals: where the record of each stands, 16 bytes a run. What
/// a crash or a writer at work left incomplete at the end of a journal is not part of it.
class JournalIndex : public RunRecords {
 public:
  /// One journal as far as its records reach.
  struct File {
    std::string path;
    std::uint64_t length = 0;                            ///< up to the end of the last record
    std::uint64_t tail = 0;                              ///< bytes after them
    std::vector<std::shared_ptr<const MetricSet>> sets;  ///< null: lost, or not understood
    int fd = -1;
  };

  /// Reads all journals (*.journal) of the folder, in the order of their names.
  static Result<JournalIndex> read(const std::string& folder);

  JournalIndex() = default;
  JournalIndex(JournalIndex&& other) noexcept;
  JournalIndex& operator=(JournalIndex&& other) noexcept;
  ~JournalIndex() override;

  /// Records, those that repeat a run included.
  std::size_t records() const { return entries_.size(); }
  const std::vector<File>& files() const { return files_; }
  /// The journal at that path; null if there is none.
  const File* file(const std::string& path) const;

  /// How the run ended; nothing if it did not.
  std::optional<RunRecord::Status> status(std::uint64_t id) const;
  /// The number of records of a run.
  std::size_t count(std::uint64_t id) const;
  /// The first record of a run.
  std::optional<RunRecord> find(std::uint64_t id) const override;
  /// Records that repeat a run must say the same; a diagnostic for the first that does not.
  Result<void> check_repeats() const;

 private:
  struct Entry {
    std::uint64_t id;
    std::uint64_t place;  ///< file in the upper 16 bits, offset of the body, status in the last bit
  };
  Result<void> add(const std::string& path);
  /// Takes in the records of `bytes`, which begin at `base` of the last file; returns how many
  /// bytes are dealt with. `last`: the file ends with them.
  std::size_t scan(std::string_view bytes, std::uint64_t base, bool last);
  std::vector<Entry>::const_iterator first(std::uint64_t id) const;
  std::optional<RunRecord> read_record(const Entry& entry) const;

  std::vector<File> files_;
  std::vector<Entry> entries_;  ///< by id, then place
};

}  // namespace mhp::study
