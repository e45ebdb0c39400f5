#include "sim/observed/failure/gfp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mhp::observed {

namespace {

// Bits that decide about zones, types and reserves, as include/linux/gfp.h had them from 3.10 to
// 4.5, the kernels that print no names. Of these 4.4 alone moved one: __GFP_RECLAIMABLE, 0x80000
// before.
constexpr std::uint64_t kDma = 0x1;
constexpr std::uint64_t kHighmem = 0x2;
constexpr std::uint64_t kDma32 = 0x4;
constexpr std::uint64_t kMovable = 0x8;
constexpr std::uint64_t kReclaimableSince44 = 0x10;
constexpr std::uint64_t kHigh = 0x20;
constexpr std::uint64_t kNoretry = 0x1000;
constexpr std::uint64_t kMemalloc = 0x2000;
constexpr std::uint64_t kThisnode = 0x40000;
/// __GFP_WAIT: up to 4.3 in the place of __GFP_RECLAIMABLE since.
constexpr std::uint64_t kWait = 0x10;
constexpr std::uint64_t kReclaimableTo43 = 0x80000;
/// Of no kernel: what is reclaimable, whichever bit says so.
constexpr std::uint64_t kReclaimable = std::uint64_t{1} << 40;

/// Names that include/trace/events/mmflags.h gives to flags and their combinations (4.6 to 7.0), as
/// far as they decide something here.
constexpr std::array<std::pair<std::string_view, std::uint64_t>, 18> kNames{{
    {"GFP_ATOMIC", kHigh},
    {"GFP_TEMPORARY", kReclaimable},
    {"GFP_DMA", kDma},
    {"GFP_DMA32", kDma32},
    {"GFP_HIGHUSER", kHighmem},
    {"GFP_HIGHUSER_MOVABLE", kHighmem | kMovable},
    {"GFP_TRANSHUGE", kHighmem | kMovable},
    {"GFP_TRANSHUGE_LIGHT", kHighmem | kMovable},
    {"__GFP_DMA", kDma},
    {"__GFP_HIGHMEM", kHighmem},
    {"__GFP_DMA32", kDma32},
    {"__GFP_MOVABLE", kMovable},
    {"__GFP_RECLAIMABLE", kReclaimable},
    {"__GFP_HIGH", kHigh},
    {"__GFP_NORETRY", kNoretry},
    {"__GFP_MEMALLOC", kMemalloc},
    {"__GFP_THISNODE", kThisnode},
    {"__GFP_ATOMIC", kHigh},
}};

std::uint64_t bits_of_names(const std::vector<std::string>& names) {
  std::uint64_t bits = 0;
  for (const std::string& name : names)
    for (const auto& [known, flags] : kNames)
      if (name == known) bits |= flags;
  return bits;
}

/// gfp_zone and gfp_migratetype of include/linux/gfp.h, on a 64-bit machine.
kernel::AllocRequest request_of(std::uint64_t bits) {
  kernel::AllocRequest rq;
  rq.highest = kernel::ZoneType::normal;
  if ((bits & kDma) != 0)
    rq.highest = kernel::ZoneType::dma;
  else if ((bits & kDma32) != 0)
    rq.highest = kernel::ZoneType::dma32;
  else if ((bits & kMovable) != 0 && (bits & kHighmem) != 0)
    rq.highest = kernel::ZoneType::movable;
  if ((bits & kMovable) != 0)
    rq.type = kernel::MigrateType::movable;
  else if ((bits & kReclaimable) != 0)
    rq.type = kernel::MigrateType::reclaimable;
  rq.atomic = (bits & kHigh) != 0;
  rq.this_node = (bits & kThisnode) != 0;
  rq.memalloc = (bits & kMemalloc) != 0;
  if ((bits & kNoretry) != 0) rq.retry = kernel::Retry::noretry;
  return rq;
}

bool is_4_4_or_4_5(std::string_view release) {
  return release.starts_with("4.4.") || release.starts_with("4.5.");
}

}  // namespace

GfpRequest gfp_request(const FailedRequest& failed) {
  GfpRequest out;
  if (!failed.gfp_names.empty()) {
    out.known = true;
    out.request = request_of(bits_of_names(failed.gfp_names));
  } else if (failed.gfp_bits) {
    out.known = true;
    std::uint64_t bits = *failed.gfp_bits & (kDma | kHighmem | kDma32 | kMovable | kHigh |
                                             kNoretry | kMemalloc | kThisnode);
    const bool new_bits = is_4_4_or_4_5(failed.release);
    if ((*failed.gfp_bits & (new_bits ? kReclaimableSince44 : kReclaimableTo43)) != 0)
      bits |= kReclaimable;
    out.request = request_of(bits);
    out.request.direct_reclaim = new_bits || (*failed.gfp_bits & kWait) != 0;
    if (failed.release.empty())
      out.note =
          "the report names neither its flags nor its kernel: bits are read as 3.10 to 4.3 "
          "had them";
  } else {
    out.request = request_of(0);
    out.note = failed.kind == FailedRequest::Kind::show_mem
                   ? "the report is of no request: what it says of one is of a page of GFP_KERNEL"
                   : "the report has no GFP flags: those of GFP_KERNEL are taken";
  }
  out.request.order = failed.order.value_or(0);
  return out;
}

std::string gfp_text(const FailedRequest& failed) {
  if (!failed.gfp_names.empty()) return fmt::format("{}", fmt::join(failed.gfp_names, "|"));
  if (failed.gfp_bits) return fmt::format("mode {:#x}", *failed.gfp_bits);
  return {};
}

}  // namespace mhp::observed
