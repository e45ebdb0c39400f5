#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/captures/known_misses.hpp"

namespace mhp::cli {

/// A capture that was replayed, or could not be.
struct Replayed {
  std::string file;
  validation::CaptureReport report;
  std::optional<validation::KnownMiss> known;  ///< it is named as one that misses

  /// It is exact, or misses as it is known to.
  bool as_expected() const;
  /// Why it is not exact; of one that is, why it is not as expected.
  std::string reason() const;
};

void print_captures(const std::vector<Replayed>& captures, std::size_t show);
/// `kernel_note`: which of their kernels have no profile of their own; may be empty.
void print_captures_json(const std::vector<Replayed>& captures, const std::string& kernel_note);

}  // namespace mhp::cli
