#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "sim/core/interval_map.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/vmemmap.hpp"

namespace mhp::kernel {

/// The kernel's direct map and vmemmap as far as hot-add changes them: which ranges are mapped by
/// which leaf size, and which table pages exist, with the page frame of each. Decides how many
/// table pages a mapping needs; the caller gives and takes the pages. After arch/x86/mm/init.c
/// (split_mem_range) and init_64.c of Linux 6.12.
class PageTables {
 public:
  /// Gives one table page, or nothing when memory is short.
  using TakePage = std::function<std::optional<Pfn>()>;
  using GivePage = std::function<void(Pfn)>;

  struct Mapped {
    bool ok = true;           ///< false: a table page could not be had; what was mapped stays
    std::int64_t leaves = 0;  ///< leaves written
    std::int64_t tables = 0;  ///< table pages allocated
  };

  explicit PageTables(bool gigabyte_leaves, bool five_levels = false, Vmemmap vmemmap = Vmemmap{})
      : gigabyte_leaves_(gigabyte_leaves), five_levels_(five_levels), vmemmap_(vmemmap) {}

  /// Maps memory that was there at boot; its table pages are part of the boot image.
  void map_at_boot(PfnRange range);

  /// One call of init_memory_mapping: whole aligned GiB by 1 GiB leaves if the CPU has them, the
  /// rest by 2 MiB leaves.
  Mapped map_direct(PfnRange range, const TakePage& take);
  /// Unmaps; table pages left empty are given back. Four-level tables keep their PUD pages,
  /// five-level ones their P4D pages (remove_p4d_table, remove_pagetable).
  void unmap_direct(PfnRange range, const GivePage& give);

  /// The table pages that a leaf of the vmemmap needs; call before the leaf's memory is taken.
  Mapped map_vmemmap_leaf(std::int64_t leaf, const TakePage& take);
  /// The pages of a leaf are mapped one by one, by a PTE table of their own.
  void add_vmemmap_pte_table(std::int64_t leaf, Pfn table) { pte_tables_.emplace(leaf, table); }
  bool has_vmemmap_pte_table(std::int64_t leaf) const { return pte_tables_.contains(leaf); }
  void unmap_vmemmap_leaf(std::int64_t leaf, const GivePage& give);

  bool gigabyte_leaf(Pfn pfn) const { return mapped_1g_.contains(pfn.value / k1GiBPages); }
  std::int64_t direct_map_1g_leaves() const { return mapped_1g_.total(); }
  std::int64_t direct_map_2m_leaves() const { return mapped_2m_.total(); }
  std::int64_t table_pages() const;

 private:
  using Tables = std::map<std::int64_t, Pfn>;
  static bool ensure(Tables& tables, std::int64_t slot, const TakePage& take, Mapped& done);
  static void drop(Tables& tables, std::int64_t slot, const GivePage& give);

  bool gigabyte_leaves_;
  bool five_levels_;
  Vmemmap vmemmap_;
  IntervalSet mapped_1g_;  // slots of 1 GiB
  IntervalSet mapped_2m_;  // slots of 2 MiB
  IntervalSet boot_puds_;  // slots of 512 GiB with a table since boot
  IntervalSet boot_pmds_;  // slots of 1 GiB with a table since boot
  IntervalSet boot_p4ds_;  // slots of 256 TiB with a table since boot
  Tables p4ds_, puds_, pmds_;
  IntervalSet leaves_;  // of the vmemmap
  IntervalSet boot_vmemmap_pmds_, boot_vmemmap_puds_;
  Tables vmemmap_pmds_, vmemmap_puds_, pte_tables_;
};

}  // namespace mhp::kernel
