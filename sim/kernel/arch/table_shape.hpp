#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/arch/geometry.hpp"

namespace mhp::kernel {

struct Architecture;

/// How a kernel's page tables are built as far as its direct map and its vmemmap need them. The
/// default is x86-64's with four levels.
struct TableShape {
  Geometry geometry;
  /// Levels of tables below the root: PTE, PMD and PUD tables, and with four P4D tables; 0: there
  /// are none.
  int levels = 3;
  /// Largest leaf of the direct map: 0 single pages, 1 what a PMD entry maps, 2 a PUD entry.
  int direct_leaf = 2;
  /// Memory that is not mapped by leaves is by PMD entries, or by single pages.
  int direct_rest = 1;
  /// The vmemmap is mapped page by page, so that PTE tables belong to it.
  bool vmemmap_base_pages = false;
  /// Tables of the level below the root stay when they are empty.
  bool top_tables_stay = true;
  /// Tables that one page holds (pte_fragment_alloc, pmd_fragment_alloc).
  std::int64_t tables_a_page = 1;
  /// Where virtual addresses begin: page frames are mapped relative to it (memstart_addr).
  Pfn origin;
  /// So much before a border of the highest tables the vmemmap begins.
  Bytes vmemmap_before_border;
};

/// What of a machine and of its kernel's parameters decides about the shape besides the
/// architecture.
struct TableChoices {
  bool pud_leaves = true;     ///< the processors have them
  bool five_levels = false;   ///< and the kernel uses so many
  bool single_pages = false;  ///< the direct map may have to change page by page
  PageCount block_pages;
  Pfn first_memory;
};

TableShape table_shape(const Architecture& arch, const TableChoices& choices);

}  // namespace mhp::kernel
