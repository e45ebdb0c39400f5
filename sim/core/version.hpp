#pragma once

namespace mhp {

/// Version of the program.
inline constexpr const char* kProgramVersion = "0.1.0";
/// Version of the model: changes whenever the same scenario may give other figures.
inline constexpr const char* kModelVersion = "10";
/// Schemas of the result files (docs/results.md).
inline constexpr const char* kRunSchema = "mhpsim-run/2";
inline constexpr const char* kStudySchema = "mhpsim-study/1";

}  // namespace mhp
