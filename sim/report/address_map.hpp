#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/record/dataset.hpp"

namespace mhp::report {

/// Neighbouring memory with one story: what it is, and who holds its struct pages. All in pages.
struct Stretch {
  std::int64_t start_pfn = 0;
  std::int64_t pages = 0;
  std::int64_t node = 0;
  std::string kind;   ///< "boot", "hot_added", "device"
  std::string state;  ///< "online", "offline"
  std::string zone;   ///< of the memory; empty: the file does not say
  std::int64_t block = -1;
  std::int64_t count = 1;  ///< memory blocks
  std::int64_t memmap_pages = 0;
  std::int64_t memmap_pfn = -1;  ///< -1: not known
  std::int64_t memmap_node = -1;
  std::string memmap_zone;
  std::string memmap_owner;     ///< empty: the file does not say
  std::int64_t head_pages = 0;  ///< at the heads of the blocks, for their own memmap
  std::string placement;        ///< that the kernel followed
  std::int64_t online_first = -1, online_last = -1;  ///< ns; -1: never
  bool mixed = false;  ///< stories differ inside; node, zone and owner are those of most pages
};

/// The physical address map of a run by address, at most `most` stretches: neighbours with the same
/// story are one, and where stories change too often those next to each other are taken together.
/// The pages of all add up to the memory that the file has. Empty if it has none.
std::vector<Stretch> address_map(const record::FileContent& file, std::size_t most);

/// Takes neighbours together until there are at most `most`; sums stay.
std::vector<Stretch> coarsened(std::vector<Stretch> stretches, std::size_t most);

}  // namespace mhp::report
