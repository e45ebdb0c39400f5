#pragma once

#include <array>
#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/arch/geometry.hpp"
#include "sim/kernel/hotplug/op_result.hpp"

namespace mhp::kernel {

/// Where the struct pages of a namespace of persistent memory lie (ndctl create-namespace --map).
enum class NamespaceMap : std::uint8_t { dev, mem };
constexpr std::array<Word, 2> words_of(NamespaceMap) {
  return {{{"dev", "on the device, before the data"}, {"mem", "in the page allocator's memory"}}};
}

/// A namespace of persistent memory as its info block lays it out (struct nd_pfn_sb).
struct NdPfn {
  PfnRange range;        ///< what gets struct pages: the namespace less what is cut off its end
  PageCount reserve;     ///< of it, pages for the info block, which have no use for a memmap
  PageCount data_start;  ///< pages from the start to the data
  PageCount npfns;       ///< pages of data
};

/// nd_pfn_init and __nvdimm_setup_pfn (drivers/nvdimm/pfn_devs.c, Linux 6.12): 8 KiB for the info
/// block, with map=dev 64 bytes for each page besides, up to a multiple of `align`; the end is cut
/// down to one. EINVAL where the namespace does not begin at a subsection of 2 MiB, ENXIO (here
/// ENODEV) where no data would be left.
OpResult nd_pfn_init(PfnRange space, NamespaceMap map, Bytes align, const Geometry& geometry,
                     NdPfn& out);

}  // namespace mhp::kernel
