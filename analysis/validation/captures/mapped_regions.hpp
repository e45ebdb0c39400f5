#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/mmu_gather.hpp"

namespace mhp::validation {

/// What the scripts call a huge page.
inline constexpr Bytes kHugePage{2 * kMiB};

/// Order in which a script touches or frees `count` places: "fwd", "rev", or "rndSEED", a
/// Fisher-Yates shuffle from the end, by xorshift64* (captures/README.md).
std::vector<std::size_t> order_of_places(std::size_t count, const std::string& how);

/// The memory that the process of an allocator sequence has mapped on one node: anonymous pages,
/// transparent or reserved huge ones.
class MappedRegions final : public kernel::PageOwner {
 public:
  enum class Kind : std::uint8_t { pages, transparent_huge, hugetlb };

  MappedRegions(kernel::Mm& mm, kernel::Hugetlb& hugetlb) : mm_(mm), hugetlb_(hugetlb) {
    mm_.add_owner(*this);
  }
  ~MappedRegions() override { mm_.remove_owner(*this); }
  MappedRegions(const MappedRegions&) = delete;
  MappedRegions& operator=(const MappedRegions&) = delete;

  void map(int region, std::size_t pages, NodeId node, Kind kind);
  std::size_t pages(int region) const { return regions_.at(region).pages; }
  /// Touches a page on a CPU; its frame, or nothing if there is no memory.
  std::optional<Pfn> touch(int region, std::size_t page, CpuId cpu);
  /// Frames of a part of a region, ascending, those not touched left out.
  std::vector<Pfn> frames(int region, std::size_t first, std::size_t pages) const;
  /// Gives a part of a region back (madvise(MADV_DONTNEED)). False for a part of a huge page.
  bool free(int region, std::size_t first, std::size_t pages, CpuId cpu);
  /// Gives a region back and forgets it.
  void unmap(int region, CpuId cpu);

  PageCount pages_in(PfnRange range) const override;
  void migrate(PfnRange range, const Move& move) override;

 private:
  static constexpr std::int64_t kAbsent = -1;
  struct Region {
    NodeId node;
    Kind kind = Kind::pages;
    std::size_t pages = 0;
    std::vector<std::int64_t> frames;  ///< of each page, or of each huge page; or kAbsent
    std::size_t unit() const { return kind == Kind::pages ? 1 : kernel::kPageblockPages; }
    int order() const { return kind == Kind::pages ? 0 : kernel::kPageblockOrder; }
  };
  std::optional<Pfn> allocate(const Region& region, CpuId cpu);
  void count(Pfn pfn, const Region& region, std::int64_t sign);

  kernel::Mm& mm_;
  kernel::Hugetlb& hugetlb_;
  std::map<int, Region> regions_;
  std::vector<std::int64_t> in_pageblock_;  // movable pages held, by pageblock
};

}  // namespace mhp::validation
