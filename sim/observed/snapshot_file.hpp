#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"

namespace mhp::observed {

/// The first line of a snapshot file.
inline constexpr std::string_view kSnapshotTitle = "mhpsim snapshot 1";
/// Larger files are refused before they are read.
inline constexpr std::size_t kMostSnapshotBytes = std::size_t{64} << 20;

/// A text of a snapshot under the path at which it was read, "/proc/zoneinfo".
struct SnapshotSection {
  std::string path;
  std::string text;
  int line = 1;  ///< of the file, on which the text begins
};

/// A snapshot file: texts under a line "==> PATH <==" each, after a title and lines for people.
struct SnapshotFile {
  std::string name;                ///< of the file, for diagnostics
  std::vector<std::string> notes;  ///< what could not be read, and what was left out
  std::vector<SnapshotSection> sections;

  const SnapshotSection* find(std::string_view path) const;
  Location place(const SnapshotSection& section) const { return {name, section.line, 0}; }
};

/// Whether a text is that of a snapshot, damaged or not.
bool is_snapshot(std::string_view text);
/// Takes lines that end in CR LF as well. Sections that are there twice, or under a line that is
/// none of a section, are errors.
Result<SnapshotFile> parse_snapshot(std::string_view text, const std::string& name);
std::string write_snapshot(const SnapshotFile& file);

}  // namespace mhp::observed
