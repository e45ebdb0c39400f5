#include "sim/study/design/axis.hpp"

#include <algorithm>
#include <cmath>

namespace mhp::study {

namespace {

/// floor(word * factor / 2^64).
std::uint64_t scaled(std::uint64_t word, std::uint64_t factor) {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(word) * factor) >> 64);
}

/// Bits of a fraction that a double can tell apart.
constexpr std::size_t kRoots = 52;

}  // namespace

Range::Range(std::int64_t from, std::int64_t to, bool logarithmic, std::int64_t multiple_of)
    : from_(from), to_(to), multiple_of_(multiple_of), logarithmic_(logarithmic) {
  if (!logarithmic_) return;
  // Square roots are the same on every machine, unlike logarithms.
  double root = static_cast<double>(to) / static_cast<double>(from);
  for (std::size_t k = 0; k < kRoots; ++k) roots_.push_back(root = std::sqrt(root));
}

std::int64_t Range::rounded(double value) const {
  const auto step = static_cast<double>(multiple_of_);
  const auto multiple = static_cast<std::int64_t>(std::floor(value / step + 0.5)) * multiple_of_;
  // The ends themselves need not be multiples; what lies between them is.
  if (multiple < from_) return from_;
  return std::min(multiple, to_);
}

std::int64_t Range::at(std::uint64_t fraction) const {
  if (!logarithmic_) {
    const auto places = static_cast<std::uint64_t>((to_ - from_) / multiple_of_) + 1;
    return from_ + static_cast<std::int64_t>(scaled(fraction, places)) * multiple_of_;
  }
  double value = static_cast<double>(from_);
  for (std::size_t k = 0; k < kRoots; ++k)
    if ((fraction >> (63 - k) & 1) != 0) value *= roots_[k];
  return rounded(value);
}

std::vector<std::int64_t> Range::spread(std::int64_t count) const {
  std::vector<std::int64_t> out;
  for (std::int64_t k = 0; k < count; ++k) {
    if (k == count - 1 && count > 1) {
      out.push_back(to_);
    } else if (logarithmic_) {
      const auto last = static_cast<unsigned __int128>(std::max<std::int64_t>(1, count - 1));
      out.push_back(
          at(static_cast<std::uint64_t>((static_cast<unsigned __int128>(k) << 64) / last)));
    } else {
      const auto way =
          static_cast<__int128>(to_ - from_) * k / std::max<std::int64_t>(1, count - 1);
      out.push_back(from_ + static_cast<std::int64_t>(way) / multiple_of_ * multiple_of_);
    }
  }
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::int64_t> Range::stepped(std::int64_t step) const {
  std::vector<std::int64_t> out;
  for (__int128 v = from_; v <= to_; v = logarithmic_ ? v * step : v + step)
    out.push_back(static_cast<std::int64_t>(v));
  return out;
}

}  // namespace mhp::study
