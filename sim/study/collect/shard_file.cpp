#include "sim/study/collect/shard_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "sim/record/stream_file.hpp"
#include "sim/study/collect/study_schema.hpp"

namespace mhp::study {

namespace {

using record::StreamArray;
using Type = StreamArray::Type;

/// Rows written at a time: 128 KiB of numbers.
constexpr std::size_t kRows = 16384;

/// A row: a finished run by its number in the study, point * replicates +
/// replicate.
class ShardWriter {
 public:
  ShardWriter(const Cells& cells, const Shard& shard)
      : cells_(cells),
        plan_(cells.plan()),
        shard_(shard),
        replicates_(static_cast<std::uint64_t>(plan_.study().max_replicates())),
        columns_({"*"}) {}

  tl::expected<void, record::WriteFailure> write(const std::string& path, record::FileSink& sink) {
    find_rows();
    columns_.settle();
    declare();
    record::FileContent header;
    add_attributes(header, plan_.study(), "mhpsim-shard/1",
                   fmt::format("{} ({})", plan_.study().params.name, shard_name(shard_)));
    for (const char* group : {"runs", "results"})
      header.group(group).coordinate("run", rows_, "1", "point * replicates + replicate");
    add_provenance(header, plan_.study(), columns_);
    std::vector<record::StreamArray> arrays;
    for (const Column& c : columns_of_file_) arrays.push_back(c.array);
    record::StreamFile file(header, arrays, {{"run", kRows}}, path, sink);
    for (std::size_t start = 0; start < rows_.size(); start += kRows)
      write_rows(file, start, std::min(kRows, rows_.size() - start));
    return file.finish(/*force=*/true);
  }

 private:
  /// Whether a run is of this shard (see Sweep): points are, if their
  /// replicates may stop early.
  bool is_mine(std::uint64_t row) const {
    const std::uint64_t piece = plan_.study().stop ? row / replicates_ : row;
    return piece % shard_.count == shard_.index;
  }

  /// Every record is read twice: which rows and which metrics there are stands before all numbers,
  /// and a shard may be too large to be kept.
  void find_rows() {
    for (std::uint64_t p = 0; p < plan_.points(); ++p) {
      bool mine = false;
      for (std::uint64_t r = 0; r < replicates_ && !mine; ++r) mine = is_mine(p * replicates_ + r);
      if (!mine) continue;
      const auto cells = cells_.at(p);
      for (std::uint64_t r = 0; r < replicates_; ++r) {
        if (!cells[r].record || !is_mine(p * replicates_ + r)) continue;
        rows_.push_back(static_cast<std::int64_t>(p * replicates_ + r));
        if (cells[r].status == CellStatus::complete) columns_.see(*cells[r].record);
      }
    }
  }

  /// A row of the file: a run, and where it stands in the study.
  struct Row {
    const Cell& cell;
    const Position& position;
    std::int64_t replicate;
  };
  /// An array and what a row has in it: declared where it is made.
  struct Column {
    record::StreamArray array;
    std::function<std::int64_t(const Row&)> number;  ///< of integers and flags
    std::function<double(const Row&)> real;
  };

  void declare() {
    const auto add = [&](const char* name, Type type, const char* long_name,
                         std::function<std::int64_t(const Row&)> number,
                         std::vector<std::string> meanings = {}) {
      columns_of_file_.push_back(
          {{"runs", name, {"run"}, type, "1", long_name, std::move(meanings)},
           std::move(number),
           {}});
    };
    add("replicate", Type::integer, "runs of the same number see the same draws",
        [](const Row& r) { return r.replicate; });
    add("run_id", Type::integer, "identity of the run: 64 bits, as a signed number",
        [](const Row& r) { return static_cast<std::int64_t>(r.cell.id); });
    add(
        "status", Type::flags, "how the run stands",
        [](const Row& r) { return static_cast<std::int64_t>(r.cell.status); }, status_words());
    add(
        "outcome", Type::flags, "how the simulation ended",
        [](const Row& r) { return std::int64_t{outcome_number(r.cell)}; }, outcome_words());
    add("fingerprint", Type::integer, "what happened: 64 bits, as a signed number",
        [](const Row& r) { return static_cast<std::int64_t>(r.cell.record->fingerprint); });
    for (std::size_t a = 0; a < plan_.study().axes.size(); ++a)
      columns_of_file_.push_back(
          {axis_array(plan_, a, "runs", "run"),
           [this, a](const Row& r) { return axis_value(plan_, a, r.position[a]); },
           {}});
    for (std::size_t m = 0; m < columns_.metrics().size(); ++m)
      columns_of_file_.push_back({metric_array(columns_, m, {"run"}), {}, [this, m](const Row& r) {
                                    return columns_.value(m, *r.cell.record);
                                  }});
  }

  void write_rows(record::StreamFile& file, std::size_t start, std::size_t count) {
    std::vector<std::vector<std::int64_t>> numbers(columns_of_file_.size());
    std::vector<std::vector<double>> reals(columns_of_file_.size());
    std::vector<Cell> cells;
    std::uint64_t point = plan_.points();  // of `cells`: none yet
    for (std::size_t i = start; i < start + count; ++i) {
      const auto run = static_cast<std::uint64_t>(rows_[i]);
      const Position position = plan_.at(run / replicates_);
      if (run / replicates_ != point) cells = cells_.at(point = run / replicates_);
      const Row row{cells[run % replicates_], position,
                    static_cast<std::int64_t>(run % replicates_)};
      for (std::size_t k = 0; k < columns_of_file_.size(); ++k)
        if (const Column& c = columns_of_file_[k]; c.real)
          reals[k].push_back(c.real(row));
        else
          numbers[k].push_back(c.number(row));
    }
    for (std::size_t k = 0; k < columns_of_file_.size(); ++k)
      switch (columns_of_file_[k].array.type) {
        case Type::real:
          file.write(k, {start}, {count}, reals[k]);
          break;
        case Type::integer:
          file.write(k, {start}, {count}, numbers[k]);
          break;
        case Type::flags:
          file.write(k, {start}, {count},
                     std::vector<std::uint8_t>(numbers[k].begin(), numbers[k].end()));
          break;
      }
  }

  const Cells& cells_;
  const Plan& plan_;
  const Shard shard_;
  const std::uint64_t replicates_;
  MetricColumns columns_;
  std::vector<std::int64_t> rows_;
  std::vector<Column> columns_of_file_;
};

}  // namespace

tl::expected<void, record::WriteFailure> write_shard_file(const Cells& cells, const Shard& shard,
                                                          const std::string& path,
                                                          record::FileSink& sink) {
  return ShardWriter(cells, shard).write(path, sink);
}

}  // namespace mhp::study
