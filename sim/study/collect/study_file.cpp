#include "sim/study/collect/study_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "sim/record/h5.hpp"
#include "sim/record/publication.hpp"
#include "sim/record/stream_file.hpp"
#include "sim/stats/stats.hpp"
#include "sim/study/collect/study_schema.hpp"

namespace mhp::study {

namespace {

using record::StreamArray;
using Type = StreamArray::Type;
using Shape = std::vector<std::size_t>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Writes the study file chunk by chunk: a chunk is a box of points, the same in every array.
class StudyWriter {
 public:
  StudyWriter(const Cells& cells, std::string path, record::FileSink& sink)
      : cells_(cells),
        plan_(cells.plan()),
        study_(plan_.study()),
        columns_(study_.params.metrics),
        path_(std::move(path)),
        sink_(sink),
        replicates_(static_cast<std::size_t>(study_.max_replicates())) {
    for (const Dimension& d : plan_.dimensions()) {
      dims_.push_back(d.name);
      shape_.push_back(d.size);
    }
    record::h5::Shape all(shape_.begin(), shape_.end());
    all.push_back(replicates_);
    const auto chunk = record::h5::chunk_of(all, sizeof(double));
    chunk_.assign(chunk.begin(), chunk.end() - 1);
  }

  tl::expected<StatusCounts, record::WriteFailure> write(bool force) {
    for (std::uint64_t p = 0; p < plan_.points(); ++p)
      for (const Cell& cell : cells_.at(p)) {
        ++counts_[static_cast<std::size_t>(cell.status)];
        if (cell.status == CellStatus::complete) columns_.see(*cell.record);
      }
    columns_.settle();
    declare();
    std::vector<std::pair<std::string, std::size_t>> chunks;
    for (std::size_t d = 0; d < dims_.size(); ++d) chunks.emplace_back(dims_[d], chunk_[d]);
    record::StreamFile file(header(), arrays_, chunks, path_, sink_);
    file_ = &file;
    write_axes();
    for_each_chunk([&](const Shape& start, const Shape& shape) { write_chunk(start, shape); });
    if (auto done = file.finish(force); !done)
      return tl::unexpected<record::WriteFailure>(done.error());
    return counts_;
  }

 private:
  bool replicated() const { return replicates_ > 1; }

  std::vector<std::string> groups() const {
    std::vector<std::string> names{"runs", "results"};
    if (replicated()) names.emplace_back("results_ci");
    if (study_.baseline) names.emplace_back("compare");
    return names;
  }

  record::FileContent header() const {
    record::FileContent file;
    add_attributes(file, study_, "mhpsim-study/1", study_.params.name);
    const auto missing = counts_[static_cast<std::size_t>(CellStatus::missing)];
    file.attribute("status", missing == 0 ? "complete" : "incomplete");
    for (const std::string& name : groups()) {
      record::Group& group = file.group(name);
      add_coordinates(group, plan_);
      if (name == "runs" || name == "results")
        group.coordinate("replicate", count_up(replicates_), "1",
                         "runs of the same number see the same random draws");
    }
    add_provenance(file, study_, columns_);
    return file;
  }

  void declare() {
    const auto add = [&](std::string group, std::string name, Type type, std::string units,
                         std::string long_name, std::vector<std::string> meanings = {}) {
      std::vector<std::string> dims = dims_;
      if (group == "runs" || group == "results") dims.emplace_back("replicate");
      arrays_.push_back({std::move(group), std::move(name), std::move(dims), type, std::move(units),
                         std::move(long_name), std::move(meanings)});
    };
    add("runs", "run_id", Type::integer, "1", "identity of the run: 64 bits, as a signed number");
    add("runs", "status", Type::flags, "1", "how the run stands", status_words());
    add("runs", "outcome", Type::flags, "1", "how the simulation ended", outcome_words());
    add("runs", "fingerprint", Type::integer, "1", "what happened: 64 bits, as a signed number");
    for (std::size_t m = 0; m < columns_.metrics().size(); ++m) {
      const MetricName& metric = columns_.metrics()[m];
      const std::string name = columns_.name(m);
      const std::string what = fmt::format("{} of phase {}", metric.name, metric.phase);
      std::vector<std::string> dims = dims_;
      dims.emplace_back("replicate");
      arrays_.push_back(metric_array(columns_, m, std::move(dims)));
      if (replicated()) {
        add("results_ci", name + "_mean", Type::real, metric.unit, what + ": mean");
        add("results_ci", name + "_lo", Type::real, metric.unit,
            what + ": lower end of the 95 % interval of the mean");
        add("results_ci", name + "_hi", Type::real, metric.unit,
            what + ": upper end of the 95 % interval of the mean");
        add("results_ci", name + "_n", Type::integer, "1", what + ": replicates that reached it");
      }
      if (study_.baseline) {
        add("compare", name + "_diff", Type::real, metric.unit,
            what + ": mean difference to the baseline, in pairs");
        add("compare", name + "_lo", Type::real, metric.unit,
            what + ": lower end of its 95 % interval");
        add("compare", name + "_hi", Type::real, metric.unit,
            what + ": upper end of its 95 % interval");
        add("compare", name + "_p", Type::real, "1",
            what + ": probability of such a difference by chance alone");
        add("compare", name + "_significant", Type::flags, "1", what + ": the interval excludes 0",
            {"no", "yes", "unknown"});
      }
    }
    first_axis_ = arrays_.size();
    for (const std::string& group : groups())
      for (const Dimension& d : plan_.dimensions())
        if (d.design != Design::cartesian)
          for (const std::size_t a : d.axes) arrays_.push_back(axis_array(plan_, a, group, d.name));
  }

  /// The values of axes that move together, along their dimension.
  void write_axes() {
    std::size_t array = first_axis_;
    for (std::size_t g = 0; g < groups().size(); ++g)
      for (std::size_t d = 0; d < shape_.size(); ++d) {
        if (plan_.dimensions()[d].design == Design::cartesian) continue;
        for (const std::size_t a : plan_.dimensions()[d].axes) write_axis(array++, a, d);
      }
  }

  void write_axis(std::size_t array, std::size_t axis, std::size_t dimension) {
    const std::uint64_t stride = stride_of(dimension);
    for (std::size_t start = 0; start < shape_[dimension]; start += chunk_[dimension]) {
      const std::size_t count = std::min(chunk_[dimension], shape_[dimension] - start);
      std::vector<std::int64_t> numbers;
      for (std::size_t i = start; i < start + count; ++i)
        numbers.push_back(axis_value(plan_, axis, plan_.at(i * stride)[axis]));
      if (arrays_[array].type == Type::flags)
        file_->write(array, {start}, {count},
                     std::vector<std::uint8_t>(numbers.begin(), numbers.end()));
      else
        file_->write(array, {start}, {count}, numbers);
    }
  }

  /// Points from one position along a dimension to the next.
  std::uint64_t stride_of(std::size_t dimension) const {
    std::uint64_t stride = 1;
    for (std::size_t d = dimension + 1; d < shape_.size(); ++d) stride *= shape_[d];
    return stride;
  }

  void for_each_chunk(const std::function<void(const Shape&, const Shape&)>& visit) const {
    Shape start(shape_.size(), 0);
    for (;;) {
      Shape shape;
      for (std::size_t d = 0; d < start.size(); ++d)
        shape.push_back(std::min(chunk_[d], shape_[d] - start[d]));
      visit(start, shape);
      std::size_t d = start.size();
      for (; d > 0; --d) {
        start[d - 1] += chunk_[d - 1];
        if (start[d - 1] < shape_[d - 1]) break;
        start[d - 1] = 0;
      }
      if (d == 0) return;
    }
  }

  /// The numbers of the points of a chunk, in its order.
  std::vector<std::uint64_t> points_of(const Shape& start, const Shape& shape) const {
    std::vector<std::uint64_t> points{0};
    for (std::size_t d = 0; d < shape.size(); ++d) {
      std::vector<std::uint64_t> next;
      next.reserve(points.size() * shape[d]);
      for (const std::uint64_t p : points)
        for (std::size_t i = 0; i < shape[d]; ++i) next.push_back(p * shape_[d] + start[d] + i);
      points = std::move(next);
    }
    return points;
  }

  std::uint64_t baseline_of(std::uint64_t point) const {
    for (std::size_t d = 0; d < shape_.size(); ++d) {
      const Dimension& dimension = plan_.dimensions()[d];
      if (dimension.design != Design::cartesian || dimension.axes.front() != study_.baseline->axis)
        continue;
      const std::uint64_t stride = stride_of(d);
      const std::uint64_t level = point / stride % shape_[d];
      return point - level * stride + static_cast<std::uint64_t>(study_.baseline->level) * stride;
    }
    return point;
  }

  void write_chunk(const Shape& start, const Shape& shape) {
    const auto points = points_of(start, shape);
    std::vector<std::vector<Cell>> cells, baseline;
    for (const std::uint64_t p : points) {
      cells.push_back(cells_.at(p));
      if (study_.baseline)
        baseline.push_back(baseline_of(p) == p ? cells.back() : cells_.at(baseline_of(p)));
    }
    std::size_t array = 0;
    write_runs(array, start, shape, cells);
    for (std::size_t m = 0; m < columns_.metrics().size(); ++m) {
      std::vector<std::vector<double>> values(cells.size());
      for (std::size_t i = 0; i < cells.size(); ++i) values[i] = values_of(m, cells[i]);
      write_results(array, start, shape, values);
      if (replicated()) write_intervals(array, start, shape, values);
      if (!study_.baseline) continue;
      std::vector<std::vector<double>> from(cells.size());
      for (std::size_t i = 0; i < cells.size(); ++i) from[i] = values_of(m, baseline[i]);
      write_comparison(array, start, shape, values, from);
    }
  }

  std::vector<double> values_of(std::size_t metric, const std::vector<Cell>& cells) const {
    std::vector<double> out;
    for (const Cell& c : cells)
      out.push_back(c.status == CellStatus::complete ? columns_.value(metric, *c.record) : kNaN);
    return out;
  }

  static Shape with(Shape shape, std::size_t last) {
    shape.push_back(last);
    return shape;
  }

  void write_runs(std::size_t& array, const Shape& start, const Shape& shape,
                  const std::vector<std::vector<Cell>>& cells) {
    std::vector<std::int64_t> ids, fingerprints;
    std::vector<std::uint8_t> status, outcome;
    for (const auto& point : cells)
      for (const Cell& c : point) {
        ids.push_back(static_cast<std::int64_t>(c.id));
        status.push_back(static_cast<std::uint8_t>(c.status));
        outcome.push_back(outcome_number(c));
        fingerprints.push_back(c.record ? static_cast<std::int64_t>(c.record->fingerprint) : 0);
      }
    const Shape at = with(start, 0);
    const Shape box = with(shape, replicates_);
    file_->write(array++, at, box, ids);
    file_->write(array++, at, box, status);
    file_->write(array++, at, box, outcome);
    file_->write(array++, at, box, fingerprints);
  }

  void write_results(std::size_t& array, const Shape& start, const Shape& shape,
                     const std::vector<std::vector<double>>& values) {
    std::vector<double> flat;
    for (const auto& v : values) flat.insert(flat.end(), v.begin(), v.end());
    file_->write(array++, with(start, 0), with(shape, replicates_), flat);
  }

  void write_intervals(std::size_t& array, const Shape& start, const Shape& shape,
                       const std::vector<std::vector<double>>& values) {
    std::vector<double> mean, lo, hi;
    std::vector<std::int64_t> n;
    for (const auto& all : values) {
      std::vector<double> reached;
      std::copy_if(all.begin(), all.end(), std::back_inserter(reached),
                   [](double v) { return !std::isnan(v); });
      n.push_back(static_cast<std::int64_t>(reached.size()));
      const auto e =
          reached.empty() ? analysis::Estimate{kNaN, {}, {}} : analysis::estimate(reached);
      mean.push_back(e.mean);
      lo.push_back(e.lo.value_or(kNaN));
      hi.push_back(e.hi.value_or(kNaN));
    }
    for (const auto* column : {&mean, &lo, &hi}) file_->write(array++, start, shape, *column);
    file_->write(array++, start, shape, n);
  }

  void write_comparison(std::size_t& array, const Shape& start, const Shape& shape,
                        const std::vector<std::vector<double>>& values,
                        const std::vector<std::vector<double>>& baseline) {
    std::vector<double> diff, lo, hi, p;
    std::vector<std::uint8_t> significant;
    for (std::size_t i = 0; i < values.size(); ++i) {
      // Replicates of the same number are a pair.
      std::vector<double> of, from;
      for (std::size_t r = 0; r < values[i].size(); ++r) {
        if (std::isnan(values[i][r]) || std::isnan(baseline[i][r])) continue;
        of.push_back(values[i][r]);
        from.push_back(baseline[i][r]);
      }
      const auto e =
          of.empty() ? analysis::Estimate{kNaN, {}, {}} : analysis::paired_difference(of, from);
      diff.push_back(e.mean);
      lo.push_back(e.lo.value_or(kNaN));
      hi.push_back(e.hi.value_or(kNaN));
      p.push_back(analysis::paired_p_value(of, from).value_or(kNaN));
      const auto s = analysis::significant(e);
      significant.push_back(s ? (*s ? 1 : 0) : 2);
    }
    for (const auto* column : {&diff, &lo, &hi, &p}) file_->write(array++, start, shape, *column);
    file_->write(array++, start, shape, significant);
  }

  const Cells& cells_;
  const Plan& plan_;
  const Study& study_;
  MetricColumns columns_;
  std::string path_;
  record::FileSink& sink_;
  const std::size_t replicates_;
  std::vector<std::string> dims_;
  Shape shape_, chunk_;
  std::vector<StreamArray> arrays_;
  std::size_t first_axis_ = 0;
  record::StreamFile* file_ = nullptr;
  StatusCounts counts_{};
};

}  // namespace

tl::expected<StatusCounts, record::WriteFailure> write_study_file(const Cells& cells,
                                                                  const std::string& path,
                                                                  bool force,
                                                                  record::FileSink& sink) {
  if (auto free = record::may_publish(path, force); !free)
    return tl::unexpected<record::WriteFailure>(free.error());
  return StudyWriter(cells, path, sink).write(force);
}

}  // namespace mhp::study
