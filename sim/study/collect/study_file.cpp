#include "sim/study/collect/study_file.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "sim/record/h5.hpp"
#include "sim/record/publication.hpp"
#include "sim/record/stream_file.hpp"
#include "sim/study/collect/study_arrays.hpp"
#include "sim/study/collect/study_schema.hpp"

namespace mhp::study {

namespace {

using record::StreamArray;
using Type = StreamArray::Type;
using Shape = std::vector<std::size_t>;

/// An array that holds the values of an axis along its dimension.
struct AxisOutput {
  std::size_t array = 0, axis = 0, dimension = 0;
};

/// Writes the study file chunk by chunk: a chunk is a box of points, the same
/// in every array.
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
    // Every record is read twice. Before the first number the file says which metrics it has and
    // whether a run is missing, which all records together tell; to keep them until then would take
    // memory that grows with the study.
    for (std::uint64_t p = 0; p < plan_.points(); ++p)
      for (const Cell& cell : cells_.at(p)) {
        ++counts_[static_cast<std::size_t>(cell.status)];
        if (cell.status == CellStatus::complete) columns_.see(*cell.record);
      }
    columns_.settle();
    declare();
    std::vector<std::pair<std::string, std::size_t>> chunks;
    for (std::size_t d = 0; d < dims_.size(); ++d) chunks.emplace_back(dims_[d], chunk_[d]);
    record::StreamFile file(header(), specs_, chunks, path_, sink_);
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
    arrays_ = study_arrays(study_, columns_, dims_);
    for (const StudyArray& a : arrays_) specs_.push_back(a.array);
    for (const std::string& group : groups())
      for (std::size_t d = 0; d < shape_.size(); ++d)
        if (const Dimension& dimension = plan_.dimensions()[d];
            dimension.design != Design::cartesian)
          for (const std::size_t a : dimension.axes) {
            axes_.push_back({specs_.size(), a, d});
            specs_.push_back(axis_array(plan_, a, group, dimension.name));
          }
  }

  /// The values of axes that move together, along their dimension.
  void write_axes() {
    for (const AxisOutput& a : axes_) write_axis(a.array, a.axis, a.dimension);
  }

  void write_axis(std::size_t array, std::size_t axis, std::size_t dimension) {
    const std::uint64_t stride = stride_of(dimension);
    for (std::size_t start = 0; start < shape_[dimension]; start += chunk_[dimension]) {
      const std::size_t count = std::min(chunk_[dimension], shape_[dimension] - start);
      std::vector<std::int64_t> numbers;
      for (std::size_t i = start; i < start + count; ++i)
        numbers.push_back(axis_value(plan_, axis, plan_.at(i * stride)[axis]));
      if (specs_[array].type == Type::flags)
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
    std::map<std::uint64_t, PointCells> read;  // once a chunk, whoever has it as baseline
    const auto cells_of = [&](std::uint64_t p) {
      PointCells& cells = read[p];
      if (!cells) cells = std::make_shared<const std::vector<Cell>>(cells_.at(p));
      return cells;
    };
    std::vector<PointCells> cells, baseline;
    for (const std::uint64_t p : points_of(start, shape)) {
      cells.push_back(cells_of(p));
      if (study_.baseline) baseline.push_back(cells_of(baseline_of(p)));
    }
    const StudyChunk chunk(columns_, std::move(cells), std::move(baseline));
    for (std::size_t i = 0; i < arrays_.size(); ++i) {
      Shape at = start;
      Shape box = shape;
      if (arrays_[i].array.dims.size() > dims_.size()) {  // each replicate by itself
        at.push_back(0);
        box.push_back(replicates_);
      }
      std::visit([&](const auto& values) { file_->write(i, at, box, values); },
                 arrays_[i].values(chunk));
    }
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
  std::vector<StudyArray> arrays_;
  std::vector<AxisOutput> axes_;
  std::vector<StreamArray> specs_;  ///< of both, in the order of the file
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
