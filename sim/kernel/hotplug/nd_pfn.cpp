#include "sim/kernel/hotplug/nd_pfn.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mhp::kernel {

namespace {
constexpr std::int64_t kInfoBlock = 8 * kKiB;    // nd_info_block_reserve
constexpr std::int64_t kMaxStructPageSize = 64;  // MAX_STRUCT_PAGE_SIZE
}  // namespace

OpResult nd_pfn_init(PfnRange space, NamespaceMap map, Bytes align, const Geometry& geometry,
                     NdPfn& out) {
  const std::int64_t subsection = geometry.bytes_of(PageCount{geometry.subsection_pages()}).value;
  const std::int64_t start = geometry.address_of(space.start).value;
  const std::int64_t size = geometry.bytes_of(space.pages()).value;
  const std::int64_t unit = std::max(align.value, subsection);
  if (start % subsection != 0)
    return {Status::einval, fmt::format("start {:#x} misaligned to {:#x}", start, subsection)};
  const std::int64_t end = round_down(start + size, unit);
  const std::int64_t page = geometry.page_size();
  const std::int64_t memmap =
      map == NamespaceMap::dev ? (size - kInfoBlock) / page * kMaxStructPageSize : 0;
  const std::int64_t offset = round_up(start + kInfoBlock + memmap, unit) - start;
  if (size <= kInfoBlock || start + offset >= end)
    return {Status::enodev, "unable to satisfy requested alignment: no room for data is left"};
  out.range = {space.start, geometry.pfn_of(Bytes{end})};
  out.reserve = geometry.pages_of(Bytes{kInfoBlock});
  out.data_start = geometry.pages_of(Bytes{offset});
  out.npfns = out.range.pages() - out.data_start;
  return {};
}

}  // namespace mhp::kernel
