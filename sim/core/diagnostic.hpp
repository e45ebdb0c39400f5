#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace mhp {

/// Where a piece of user input stands. `line` and `column` count from 1; 0 means the input as a
/// whole.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  Location() = default;
  // No aggregate: g++ 12 warns of uninitialised members when one is built inside another.
  Location(std::string f, int l, int c) : file(std::move(f)), line(l), column(c) {}
};

/// One thing wrong with user input, and what would be right.
struct Diagnostic {
  Location where;
  std::string problem;  ///< what is wrong, one sentence without a full stop
  std::string remedy;   ///< what would be right; may be empty

  /// "file:line:column: problem; remedy", the one line a user sees.
  std::string text() const;
};

using Diagnostics = std::vector<Diagnostic>;

/// A value, or everything that is wrong with the input it was to come from.
template <class T>
using Result = tl::expected<T, Diagnostics>;

/// A failure with a single diagnostic.
inline tl::unexpected<Diagnostics> fail(Location where, std::string problem,
                                        std::string remedy = {}) {
  return tl::unexpected<Diagnostics>(
      Diagnostics{Diagnostic{std::move(where), std::move(problem), std::move(remedy)}});
}

/// The names of `known` nearest to `wanted` by edit distance, best first; empty when none is near.
std::vector<std::string> nearest_names(std::string_view wanted,
                                       const std::vector<std::string>& known, std::size_t most = 3);

/// "did you mean a, b or c?" for the nearest names, else "known: ..." for a short list, else empty.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& known);

}  // namespace mhp
