#include "analysis/validation/captures/mapped_regions.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "sim/kernel/arch/x86_64.hpp"

namespace mhp::validation {

std::vector<std::size_t> order_of_places(std::size_t count, const std::string& how) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (how == "rev") std::reverse(order.begin(), order.end());
  if (!how.starts_with("rnd")) return order;
  std::uint64_t x = std::strtoull(how.c_str() + 3, nullptr, 10) * 2654435761U + 88172645463325252U;
  for (std::size_t i = count; i-- > 1;) {
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    std::swap(order[i], order[((x * 2685821657736338717U) >> 33) % (i + 1)]);
  }
  return order;
}

void MappedRegions::map(int region, std::size_t pages, NodeId node, Kind kind) {
  Region made{node, kind, pages, {}};
  made.frames.assign((pages + made.unit() - 1) / made.unit(), kAbsent);
  regions_[region] = std::move(made);
}

// Pages in the pool of huge pages are not on the LRU.
void MappedRegions::count(Pfn pfn, const Region& region, std::int64_t sign) {
  if (region.kind == Kind::hugetlb) return;
  const auto block = static_cast<std::size_t>(pfn.value / kernel::kPageblockPages);
  if (in_pageblock_.size() <= block) in_pageblock_.resize(block + 1, 0);
  in_pageblock_[block] += sign * static_cast<std::int64_t>(region.unit());
}

std::optional<Pfn> MappedRegions::allocate(const Region& region, CpuId cpu) {
  if (region.kind == Kind::hugetlb) return hugetlb_.map(region.node, kHugePage);
  const auto got = mm_.alloc_pages({.node = region.node,
                                    .order = region.order(),
                                    .type = kernel::MigrateType::movable,
                                    .highest = kernel::ZoneType::movable,
                                    .this_node = true,
                                    .cpu = cpu},
                                   mm_.nobody());
  return got ? std::optional(got->pfn) : std::nullopt;
}

std::optional<Pfn> MappedRegions::touch(int region, std::size_t page, CpuId cpu) {
  Region& r = regions_.at(region);
  std::int64_t& frame = r.frames.at(page / r.unit());
  if (frame == kAbsent) {
    const auto got = allocate(r, cpu);
    if (!got) return std::nullopt;
    frame = got->value;
    count(*got, r, 1);
    if (r.kind != Kind::hugetlb) mm_.lru_batches().add(*got, r.order(), cpu, mm_.nobody());
  }
  return Pfn{frame + static_cast<std::int64_t>(page % r.unit())};
}

std::vector<Pfn> MappedRegions::frames(int region, std::size_t first, std::size_t pages) const {
  const Region& r = regions_.at(region);
  std::vector<Pfn> out;
  for (std::size_t p = first; p < std::min(first + pages, r.pages); ++p)
    if (const std::int64_t frame = r.frames[p / r.unit()]; frame != kAbsent)
      out.emplace_back(frame + static_cast<std::int64_t>(p % r.unit()));
  return out;
}

bool MappedRegions::free(int region, std::size_t first, std::size_t pages, CpuId cpu) {
  Region& r = regions_.at(region);
  const std::size_t end = std::min(first + pages, r.pages);
  if (first % r.unit() != 0 || (end % r.unit() != 0 && end != r.pages)) return false;
  kernel::MmuGather gather(mm_, cpu, mm_.nobody());
  for (std::size_t i = first / r.unit(); i * r.unit() < end; ++i) {
    const Pfn pfn{r.frames[i]};
    if (pfn.value == kAbsent) continue;
    r.frames[i] = kAbsent;
    count(pfn, r, -1);
    if (r.kind == Kind::hugetlb)
      hugetlb_.unmap(r.node, kHugePage, pfn);
    else
      gather.add(pfn, r.order());
  }
  gather.finish();
  return true;
}

void MappedRegions::unmap(int region, CpuId cpu) {
  free(region, 0, regions_.at(region).pages, cpu);
  regions_.erase(region);
}

PageCount MappedRegions::pages_in(PfnRange range) const {
  const auto end = std::min(static_cast<std::size_t>(range.end.value / kernel::kPageblockPages),
                            in_pageblock_.size());
  PageCount n;
  for (auto b = static_cast<std::size_t>(range.start.value / kernel::kPageblockPages); b < end; ++b)
    n += PageCount{in_pageblock_[b]};
  return n;
}

void MappedRegions::migrate(PfnRange range, const Move& move) {
  for (auto& [id, r] : regions_) {
    if (r.kind == Kind::hugetlb) continue;
    for (std::int64_t& frame : r.frames) {
      if (frame == kAbsent || !range.contains(Pfn{frame})) continue;
      const auto to = move(Pfn{frame}, r.order());
      if (!to) return;
      count(Pfn{frame}, r, -1);
      count(*to, r, 1);
      frame = to->value;
    }
  }
}

}  // namespace mhp::validation
