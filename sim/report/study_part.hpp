#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/report/study_table.hpp"

namespace mhp::report {

/// So many points of a study can be shown, with one metric at least.
constexpr std::size_t kMostPoints = 100'000;
/// So many numbers of it are: metrics that go beyond are named and left out.
constexpr std::size_t kMostNumbers = 350'000;

/// The member "study" of the document (docs/reports.md). Leaves metrics out of `table` that would
/// take too much room.
nlohmann::ordered_json study_json(const StudyTable& table, const std::string& status);

/// The metric that the study is told by: `time_to_usable` if it has that, else the first that is
/// compared, else the first that varies. Empty if there is none.
std::string headline_of(const StudyTable& table);

/// What the study answers, from its figures alone.
std::vector<std::string> answer_of_study(const StudyTable& table);

}  // namespace mhp::report
