#include "sim/study/collect/shard_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/record/stream_file.hpp"
#include "sim/study/collect/study_schema.hpp"

namespace mhp::study {

namespace {

using record::StreamArray;
using Type = StreamArray::Type;

/// Rows written at a time: 128 KiB of numbers.
constexpr std::size_t kRows = 16384;

/// A row: a finished run by its number in the study, point * replicates + replicate.
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
    record::StreamFile file(header, arrays_, {{"run", kRows}}, path, sink);
    for (std::size_t start = 0; start < rows_.size(); start += kRows)
      write_rows(file, start, std::min(kRows, rows_.size() - start));
    return file.finish(/*force=*/true);
  }

 private:
  /// Whether a run is of this shard (see Sweep): points are, if their replicates may stop early.
  bool is_mine(std::uint64_t row) const {
    const std::uint64_t piece = plan_.study().stop ? row / replicates_ : row;
    return piece % shard_.count == shard_.index;
  }

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

  void declare() {
    const auto add = [&](const char* group, std::string name, Type type, std::string units,
                         std::string long_name, std::vector<std::string> meanings = {}) {
      arrays_.push_back({group,
                         std::move(name),
                         {"run"},
                         type,
                         std::move(units),
                         std::move(long_name),
                         std::move(meanings)});
    };
    add("runs", "replicate", Type::integer, "1", "runs of the same number see the same draws");
    add("runs", "run_id", Type::integer, "1", "identity of the run: 64 bits, as a signed number");
    add("runs", "status", Type::flags, "1", "how the run stands", status_words());
    add("runs", "outcome", Type::flags, "1", "how the simulation ended", outcome_words());
    add("runs", "fingerprint", Type::integer, "1", "what happened: 64 bits, as a signed number");
    for (std::size_t a = 0; a < plan_.study().axes.size(); ++a)
      arrays_.push_back(axis_array(plan_, a, "runs", "run"));
    for (std::size_t m = 0; m < columns_.metrics().size(); ++m)
      arrays_.push_back(metric_array(columns_, m, {"run"}));
  }

  void write_rows(record::StreamFile& file, std::size_t start, std::size_t count) {
    std::vector<std::vector<std::int64_t>> integers(5 + plan_.study().axes.size());
    std::vector<std::vector<double>> reals(columns_.metrics().size());
    std::vector<Cell> cells;
    std::uint64_t point = plan_.points();  // of `cells`: none yet
    for (std::size_t i = start; i < start + count; ++i) {
      const auto row = static_cast<std::uint64_t>(rows_[i]);
      const Position position = plan_.at(row / replicates_);
      if (row / replicates_ != point) cells = cells_.at(point = row / replicates_);
      const Cell& cell = cells[row % replicates_];
      integers[0].push_back(static_cast<std::int64_t>(row % replicates_));
      integers[1].push_back(static_cast<std::int64_t>(cell.id));
      integers[2].push_back(static_cast<std::int64_t>(cell.status));
      integers[3].push_back(outcome_number(cell));
      integers[4].push_back(static_cast<std::int64_t>(cell.record->fingerprint));
      for (std::size_t a = 0; a < position.size(); ++a)
        integers[5 + a].push_back(axis_value(plan_, a, position[a]));
      for (std::size_t m = 0; m < reals.size(); ++m)
        reals[m].push_back(columns_.value(m, *cell.record));
    }
    for (std::size_t k = 0; k < integers.size(); ++k)
      if (arrays_[k].type == Type::flags)
        file.write(k, {start}, {count},
                   std::vector<std::uint8_t>(integers[k].begin(), integers[k].end()));
      else
        file.write(k, {start}, {count}, integers[k]);
    for (std::size_t m = 0; m < reals.size(); ++m)
      file.write(integers.size() + m, {start}, {count}, reals[m]);
  }

  const Cells& cells_;
  const Plan& plan_;
  const Shard shard_;
  const std::uint64_t replicates_;
  MetricColumns columns_;
  std::vector<std::int64_t> rows_;
  std::vector<StreamArray> arrays_;
};

}  // namespace

tl::expected<void, record::WriteFailure> write_shard_file(const Cells& cells, const Shard& shard,
                                                          const std::string& path,
                                                          record::FileSink& sink) {
  return ShardWriter(cells, shard).write(path, sink);
}

}  // namespace mhp::study
