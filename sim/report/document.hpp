#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sim/report/inputs.hpp"

namespace mhp::report {

inline constexpr const char* kSchema = "mhpsim-report/1";

/// The document of a report (docs/reports.md), from what was read alone: the same inputs give the
/// same bytes. It stays below about 4 MiB whatever the inputs. An error if a study has more points
/// than can be shown.
Result<nlohmann::ordered_json> document_of(const Inputs& in);

/// The document as text: ASCII alone, on one line. Bytes that are no UTF-8 are replaced.
std::string text_of(const nlohmann::ordered_json& document);

}  // namespace mhp::report
