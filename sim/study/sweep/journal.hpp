#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/figure.hpp"
#include "sim/record/file_sink.hpp"
#include "sim/run/result/run_result.hpp"

namespace mhp::study {

/// What a metric is called; its value stands elsewhere.
struct MetricName {
  std::string name;
  Unit unit = Unit::one;
  Better better = Better::none;
  run::MetricPhase phase = run::MetricPhase::run;
  std::string_view definition = {};  ///< what it is; empty if the program does not know it

  /// Whether "NAME" or "NAME:PHASE" means it.
  bool is(std::string_view text) const;
  /// In the order of their words, as journals and files have them; these make a metric what it is,
  /// and the definition follows from them.
  std::strong_ordering operator<=>(const MetricName& other) const;
  bool operator==(const MetricName& other) const { return (*this <=> other) == 0; }
};

/// The metrics that a run has, in their order.
using MetricSet = std::vector<MetricName>;

/// What a sweep keeps of a run.
struct RunRecord {
  enum class Status : std::uint8_t { complete, invalid };  ///< invalid: no scenario, so not run

  std::uint64_t id = 0;
  Status status = Status::complete;
  run::Outcome outcome = run::Outcome::ok;  ///< of a complete run
  std::string reason;
  std::uint64_t fingerprint = 0;
  std::shared_ptr<const MetricSet> metrics = std::make_shared<MetricSet>();
  std::vector<std::optional<std::int64_t>> values;  ///< one for each metric
};

/// The record of a run. `set` is that of the run before: runs alike share one.
RunRecord record_of(std::uint64_t id, const run::RunResult& result,
                    std::shared_ptr<const MetricSet>& set);

// A journal is a file of records, each appended by one write and never changed: 4 bytes "MHPJ",
// the length of the body, its CRC-32 (both 32 bits, little-endian), the body. A body of type 'M'
// defines a metric set, one of type 'R' is a run that refers to the set before it in the same
// file. A crash can leave a piece of a record at the end; whoever writes on cuts it off.

/// The metrics that a journal knows and how its bodies are made.
std::string metric_set_body(std::uint32_t number, const MetricSet& set);
std::string run_body(const RunRecord& record, std::uint32_t set_number);
/// A body with its head, as it stands in the file.
std::string framed(const std::string& body);

/// Appends to a journal; from any thread. The first failure sticks.
class JournalWriter {
 public:
  /// Opens or makes the journal at `path`, cutting off what a crash left at its end: the file then
  /// holds its first `length` bytes, whose metric sets are `sets`.
  JournalWriter(std::string path, std::uint64_t length,
                std::vector<std::shared_ptr<const MetricSet>> sets, record::FileSink& sink);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  /// Whether the record was taken.
  bool append(const RunRecord& record);
  /// Makes durable what was appended; does nothing if nothing was.
  void sync();
  /// What went wrong, if something did.
  std::optional<Diagnostic> problem() const;

 private:
  void fail_with(int error, const std::string& what);

  std::string path_;
  record::FileSink& sink_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const MetricSet>> sets_;
  std::uint64_t length_;
  int fd_ = -1;
  bool dirty_ = false;
  std::optional<Diagnostic> problem_;
};

}  // namespace mhp::study
