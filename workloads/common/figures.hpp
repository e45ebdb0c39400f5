#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "workloads/common/tally.hpp"

namespace mhp::workloads {

/// A figure of a workload W and how it is computed. W says its own, beside those that all have
/// (Tally::records), by `static const std::vector<FigureOf<W>>& own_figures()`.
template <class W>
struct FigureOf : FigureRecord {
  std::int64_t (*value)(const W&) = nullptr;
};

template <class W>
concept HasOwnFigures = requires {
  W::own_figures();
};

/// What a workload reports.
template <class W>
std::vector<FigureRecord> figure_records() {
  auto out = Tally::records();
  if constexpr (HasOwnFigures<W>)
    for (const FigureOf<W>& f : W::own_figures()) out.push_back(f);
  return out;
}

/// The figures of a workload that keeps this tally.
template <class W>
std::vector<Figure> figures_of(const Tally& tally, const W& workload) {
  auto out = tally.figures();
  if constexpr (HasOwnFigures<W>)
    for (const FigureOf<W>& f : W::own_figures()) out.push_back({f, f.value(workload)});
  return out;
}

/// Figures of several workloads.
inline constexpr FigureRecord kPagesReclaimed{"pages_reclaimed", Unit::page, Better::lower,
                                              "pages of it that reclaim has taken"};
inline constexpr FigureRecord kResidentPages{"resident_pages", Unit::page, Better::none,
                                             "its pages in memory at the end"};
inline constexpr FigureRecord kCachedPages{"cached_pages", Unit::page, Better::higher,
                                           "pages in the cache at the end"};

}  // namespace mhp::workloads
