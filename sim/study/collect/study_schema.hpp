#pragma once

#include <string>
#include <vector>

#include "sim/record/stream_file.hpp"
#include "sim/study/collect/cells.hpp"

namespace mhp::study {

// What study files and shard files have in common.

/// 0, 1, ..., n - 1.
std::vector<std::int64_t> count_up(std::size_t n);

/// The words for outcome_number(): the outcomes, and "none" for a run that is not complete.
std::vector<std::string> outcome_words();
std::uint8_t outcome_number(const Cell& cell);

/// What is to be said of a study's kernels that have no profile of their own
/// (config::kernel_note); empty if all have.
std::string kernel_notes(const Study& study);

void add_attributes(record::FileContent& file, const Study& study, const char* schema,
                    const std::string& title);

/// The study as text, and what the metrics are.
void add_provenance(record::FileContent& file, const Study& study, const MetricColumns& columns);

/// The array of a metric's values in the group results.
record::StreamArray metric_array(const MetricColumns& columns, std::size_t metric,
                                 std::vector<std::string> dims);

/// Adds the coordinates of a study's dimensions to a group: the values of a cartesian axis, the
/// positions 0, 1, ... of axes that move together.
void add_coordinates(record::Group& group, const Plan& plan);

/// An axis whose values stand in an array along a dimension, or in a table with a row a run.
record::StreamArray axis_array(const Plan& plan, std::size_t axis, const std::string& group,
                               const std::string& dimension);

/// The value of an axis for such an array: a number, or the position among the words.
std::int64_t axis_value(const Plan& plan, std::size_t axis, const Coordinate& c);

/// Whether the values of an axis are numbers.
bool is_numeric(const Axis& axis);

}  // namespace mhp::study
