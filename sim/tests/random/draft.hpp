#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mhp::random {

/// One table of a scenario that is being drawn or made smaller, as TOML writes it: each value as
/// the text that stands behind its `=`.
struct DraftTable {
  std::string header;  ///< "[kernel]"; empty for what stands before the first table
  std::vector<std::pair<std::string, std::string>> lines;
};

/// A scenario as text in its parts, so that parts can be taken away.
struct Draft {
  std::vector<DraftTable> tables;

  /// The TOML file.
  std::string text() const;
};

/// The draft of a file as `Draft::text` writes it.
Draft draft_of(const std::string& text);

}  // namespace mhp::random
