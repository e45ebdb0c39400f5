#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/words.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/observed/texts/mem_info.hpp"

namespace mhp::observed {

/// Why a zone did not serve a request.
enum class Verdict : std::uint8_t {
  would_serve,
  above_request,
  other_node,
  below_watermark,
  no_block,
  not_told,
};
constexpr std::array<Word, 6> words_of(Verdict) {
  return {{{"would serve", "as printed, the zone could have served the request"},
           {"not for it", "the flags allow no zone as high as this"},
           {"other node", "neither nodemask nor cpuset have its node"},
           {"below mark", "taking the pages would leave it below its watermark and reserve"},
           {"no block", "enough pages are free, but no block of the order for this request"},
           {"not told", "the report breaks off before what would tell"}}};
}

/// A zone with pages, held against the request by the kernel's rule (__zone_watermark_ok).
struct ZoneVerdict {
  NodeId node;
  kernel::ZoneType type = kernel::ZoneType::dma;
  Said<PageCount> managed;
  Said<PageCount> free;
  PageCount unusable;      ///< of these, CMA and reserved blocks that the request may not have
  PageCount mark;          ///< watermark that counts for the request, with its reserves
  PageCount reserve;       ///< lowmem_reserve for its highest zone
  int largest_order = -1;  ///< of a free block that the request may have; -1: none is told of
  Verdict verdict = Verdict::not_told;
};

/// Whether the memmap in the added range would have spared the failure.
enum class RangeAnswer : std::uint8_t { yes, newer_kernel, already, headroom, no, not_told };
constexpr std::array<Word, 6> words_of(RangeAnswer) {
  return {{{"yes", "the pages that were missing were for the memmap itself"},
           {"by a newer kernel",
            "so they were, but its kernel does not place it there, or not so much"},
           {"already", "the memmap lies in the added range as it is"},
           {"headroom", "this request would have been met; what ate the memory may eat that too"},
           {"no", "the memmap of what was added is not what was missing"},
           {"not told", "the report does not say"}}};
}

struct Explanation {
  kernel::AllocRequest request;
  std::vector<ZoneVerdict> zones;
  std::vector<std::string> why;  ///< one sentence each, the first is the cause
  RangeAnswer range = RangeAnswer::not_told;
  std::vector<std::string> range_why;
  PageCount memmap_pages;  ///< memmap of Movable zones that lies in other zones, at most
};

/// A zone of a report held against a request. `more`: pages that are free besides, in blocks of
/// 2 MiB of memory.
ZoneVerdict judge(const MemInfoReport& report, const kernel::AllocRequest& rq, const Zone& zone,
                  PageCount more = {});

/// Says of a report why its request failed, and whether the range placement would have helped.
Explanation explain(const MemInfoReport& report);

}  // namespace mhp::observed
