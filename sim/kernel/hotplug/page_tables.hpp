#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "sim/core/interval_map.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/arch/table_shape.hpp"
#include "sim/kernel/vmemmap.hpp"

namespace mhp::kernel {

/// The kernel's direct map and vmemmap as far as hot-add changes them: which ranges are mapped by
/// which leaf size, and which table pages exist, with the page frame of each. Decides how many
/// table pages a mapping needs; the caller gives and takes the pages. After arch/x86/mm/init.c
/// (split_mem_range) and init_64.c, arch/arm64/mm/mmu.c and
/// arch/powerpc/mm/book3s64/radix_pgtable.c of Linux 6.12.
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

  explicit PageTables(const TableShape& shape = {}, Vmemmap vmemmap = Vmemmap{});

  /// Maps memory that was there at boot; its table pages are part of the boot image.
  void map_at_boot(PfnRange range);

  /// One call of init_memory_mapping, or of what an architecture has for it: by the largest leaves
  /// that the shape allows, aligned.
  Mapped map_direct(PfnRange range, const TakePage& take);
  /// Unmaps; table pages left empty are given back, but for those of the top level where they stay
  /// (x86-64: four-level tables keep their PUD pages, five-level ones their P4D pages).
  void unmap_direct(PfnRange range, const GivePage& give);

  /// The table pages that a leaf of the vmemmap needs; call before the leaf's memory is taken.
  Mapped map_vmemmap_leaf(std::int64_t leaf, const TakePage& take);
  /// The pages of a leaf are mapped one by one, by a PTE table of their own.
  void add_vmemmap_pte_table(std::int64_t leaf, Pfn table) { pte_tables_.emplace(leaf, table); }
  /// Whether the pages of a leaf can be mapped one by one with the tables that there are.
  bool has_vmemmap_pte_table(std::int64_t leaf) const {
    return shape_.vmemmap_base_pages || pte_tables_.contains(leaf);
  }
  void unmap_vmemmap_leaf(std::int64_t leaf, const GivePage& give);

  /// Whether the direct map has one leaf for all of the PUD entry that a page frame lies in.
  bool gigabyte_leaf(Pfn pfn) const;
  /// Leaves of the direct map by what maps them: single pages, PMD entries, PUD entries.
  std::int64_t direct_map_leaves(int level) const {
    return leaves_[static_cast<std::size_t>(level)].total();
  }
  /// Table pages that did not come with boot.
  std::int64_t table_pages() const {
    return pages_ + static_cast<std::int64_t>(pte_tables_.size());
  }

 private:
  static constexpr int kLevels = 4;  ///< PTE, PMD, PUD and P4D tables
  /// Tables of one level by number, each with its page frame less that number, so that tables in a
  /// row are one entry.
  struct Level {
    IntervalSet boot;  ///< that came with boot
    IntervalMap<std::int64_t> taken;
  };
  /// One range of virtual addresses, in base pages from where it begins.
  struct Map {
    std::array<Level, kLevels> levels;
    IntervalSet mapped;
  };
  using Slots = Vmemmap::Span;
  /// Base pages that one table of a level maps, as a power of two.
  int span(int level) const { return span_[static_cast<std::size_t>(level)]; }
  Level& level(Map& map, int n) { return map.levels[static_cast<std::size_t>(n)]; }
  void boot_tables(Map& map, int from, std::int64_t first, std::int64_t end);
  /// Gives the tables of a level that a range needs and that are not there.
  bool ensure(Map& map, int level, std::int64_t first, std::int64_t end, const TakePage& take,
              Mapped& done);
  /// Takes away those of levels from `from` on that a range had and that map nothing any more.
  void drop(Map& map, int from, std::int64_t first, std::int64_t end, const GivePage& give);
  /// Calls f(level, first, end) for the parts of a range of the direct map by the level of the
  /// tables in which their leaves stand; until it says false.
  template <class F>
  bool by_leaf(std::int64_t first, std::int64_t end, F&& f) const;
  std::int64_t to_map(Pfn pfn) const { return (pfn - shape_.origin).value; }
  Slots vmemmap_pages(std::int64_t leaf) const;
  std::optional<Pfn> take_table(int level, const TakePage& take, Mapped& done);
  void give_table(Pfn page, const GivePage& give);

  TableShape shape_;
  Vmemmap vmemmap_;
  std::array<int, kLevels> span_{};
  std::int64_t vmemmap_start_ = 0;  // pages from a border of the highest tables
  Map direct_;
  std::array<IntervalSet, 3> leaves_;       // of the direct map, in units of what each maps
  Map map_;                                 // the vmemmap
  std::map<std::int64_t, Pfn> pte_tables_;  // of its leaves whose pages are mapped one by one
  /// Where a page holds several tables: how many are still to be handed out or given back, and by
  /// level the page that has some left.
  std::map<Pfn, std::int64_t> shared_pages_;
  struct Open {
    Pfn page;
    std::int64_t left = 0;
  };
  std::array<Open, kLevels> open_{};
  std::int64_t pages_ = 0;
};

}  // namespace mhp::kernel
