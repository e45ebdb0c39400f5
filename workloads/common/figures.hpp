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
inline constexpr FigureRecord kPageTablePages{
    "page_table_pages", Unit::page, Better::lower,
    "pages of page tables that its processes have at the end"};
inline constexpr FigureRecord kCachedPages{"cached_pages", Unit::page, Better::higher,
                                           "pages in the cache at the end"};
inline constexpr FigureRecord kHeldPages{"held_pages", Unit::page, Better::none,
                                         "pages held at the end"};
inline constexpr FigureRecord kSlabPages{"slab_pages", Unit::page, Better::lower,
                                         "pages of its slabs at the end"};
inline constexpr FigureRecord kSlabPagesMax =
    ranked({"slab_pages_max", Unit::page, Better::lower,
            "sum over the nodes of the most that each ever had"});

}  // namespace mhp::workloads
