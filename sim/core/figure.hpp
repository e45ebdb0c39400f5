#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/core/words.hpp"

namespace mhp {

/// Units of figures and parameters, with their words in files (as CF has them) and what tables show
/// behind a figure's name; empty where the value itself is shown in a unit that reads best.
enum class Unit : std::uint8_t { one, ns, ps, page, byte, byte_per_second, thousandth, millionth };
constexpr std::array<Word, 8> words_of(Unit) {
  return {{{"1", "count"},
           {"ns"},
           {"ps"},
           {"page", "pages"},
           {"byte"},
           {"byte/s"},
           {"1e-3", "1/1000"},
           {"1e-6", "ppm"}}};
}
constexpr std::string_view label(Unit u) { return words_of(u)[static_cast<std::size_t>(u)].doc; }

/// Which direction of a figure is an improvement.
enum class Better : std::uint8_t { lower, higher, none };
constexpr std::array<Word, 3> words_of(Better) {
  return {{{"lower"}, {"higher"}, {"none", "the figure describes and does not judge"}}};
}

/// What there is to say of a figure of a run, said once: tables, result files and docs/metrics.md
/// have it from here.
struct FigureRecord {
  std::string_view name;
  Unit unit = Unit::one;
  Better better = Better::none;
  std::string_view definition;           ///< what it is, without a full stop
  std::string_view null_when = "never";  ///< when it has no value
  std::string_view see = {};             ///< where docs/ has more: "model.md#gigantic-pages"
  bool order_statistic = false;  ///< a quantile, the greatest or least of many: see ranked()
};

/// A figure that is an order statistic. Its values are skewed or lie in a few steps: replicates of
/// it are summed up by their median, those of all other figures by their mean.
constexpr FigureRecord ranked(FigureRecord figure) {
  figure.order_statistic = true;
  return figure;
}

}  // namespace mhp
