#include "workloads/trace/gfp_flags.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace mhp::workloads {

namespace {

/// Every flag that a kernel since 2.6.32 has had. `wait` and `no_kswapd` are those of kernels
/// before 4.4: no set holds them, they are read as what they allow.
enum Flag : std::uint8_t {
  dma,
  highmem,
  dma32,
  movable,
  reclaimable,
  high,
  io,
  fs,
  cold,
  zero,
  atomic,
  direct_reclaim,
  kswapd_reclaim,
  write,
  nowarn,
  retry_mayfail,
  nofail,
  noretry,
  memalloc,
  comp,
  nomemalloc,
  hardwall,
  thisnode,
  account,
  notrack,
  other_node,
  zerotags,
  skip_zero,
  skip_kasan,
  nolockdep,
  no_obj_ext,
  wait,
  no_kswapd,
};

/// Their names in the kernel, without __GFP_.
constexpr std::array<std::string_view, no_kswapd + 1> kNames{"DMA",
                                                             "HIGHMEM",
                                                             "DMA32",
                                                             "MOVABLE",
                                                             "RECLAIMABLE",
                                                             "HIGH",
                                                             "IO",
                                                             "FS",
                                                             "COLD",
                                                             "ZERO",
                                                             "ATOMIC",
                                                             "DIRECT_RECLAIM",
                                                             "KSWAPD_RECLAIM",
                                                             "WRITE",
                                                             "NOWARN",
                                                             "RETRY_MAYFAIL",
                                                             "NOFAIL",
                                                             "NORETRY",
                                                             "MEMALLOC",
                                                             "COMP",
                                                             "NOMEMALLOC",
                                                             "HARDWALL",
                                                             "THISNODE",
                                                             "ACCOUNT",
                                                             "NOTRACK",
                                                             "OTHER_NODE",
                                                             "ZEROTAGS",
                                                             "SKIP_ZERO",
                                                             "SKIP_KASAN",
                                                             "NOLOCKDEP",
                                                             "NO_OBJ_EXT",
                                                             "WAIT",
                                                             "NO_KSWAPD"};

template <class... F>
constexpr std::uint64_t bits(F... f) {
  return ((std::uint64_t{1} << f) | ...);
}

constexpr std::uint64_t kReclaim = bits(direct_reclaim, kswapd_reclaim);
constexpr std::uint64_t kUser = kReclaim | bits(io, fs, hardwall);
constexpr std::uint64_t kHighuserMovable = kUser | bits(highmem, movable);
constexpr std::uint64_t kHuge = (kHighuserMovable | bits(comp, nomemalloc, nowarn)) & ~kReclaim;

struct NamedFlags {
  std::string_view name;
  std::uint64_t flags;
};

/// Combinations, in the order in which the kernel looks for them when it prints
/// (include/trace/events/mmflags.h).
constexpr std::array<NamedFlags, 12> kCombinations{{
    {"GFP_TRANSHUGE", kHuge | bits(direct_reclaim)},
    {"GFP_TRANSHUGE_LIGHT", kHuge},
    {"GFP_HIGHUSER_MOVABLE", kHighuserMovable},
    {"GFP_HIGHUSER", kUser | bits(highmem)},
    {"GFP_USER", kUser},
    {"GFP_KERNEL_ACCOUNT", kReclaim | bits(io, fs, account)},
    {"GFP_KERNEL", kReclaim | bits(io, fs)},
    {"GFP_NOFS", kReclaim | bits(io)},
    {"GFP_ATOMIC", bits(high, kswapd_reclaim)},
    {"GFP_NOIO", kReclaim},
    {"GFP_DMA", bits(dma)},
    {"GFP_DMA32", bits(dma32)},
}};

/// Names that are read but not written: of older kernels, and of what has another name above.
constexpr std::array<NamedFlags, 9> kReadOnly{{
    {"none", 0},
    {"GFP_NOWAIT", bits(kswapd_reclaim)},
    {"__GFP_RECLAIM", kReclaim},
    {"GFP_TEMPORARY", kReclaim | bits(io, fs, reclaimable)},  // to 4.14
    {"GFP_REPEAT", bits(retry_mayfail)},                      // to 4.5
    {"__GFP_REPEAT", bits(retry_mayfail)},                    // 4.6 to 4.12
    {"__GFP_SKIP_KASAN_POISON", bits(skip_kasan)},            // 5.14 to 6.3
    {"__GFP_SKIP_KASAN_UNPOISON", bits(skip_kasan)},          // 5.18 to 6.3
    {"GFP_KMEMCG", bits(account)},                            // 3.8 to 3.15
}};

/// include/linux/gfp.h, since 6.0 include/linux/gfp_types.h, of these kernels.
constexpr std::array<GfpLayout, 9> kLayouts{{
    {{2, 6},
     "DMA HIGHMEM DMA32 MOVABLE WAIT HIGH IO FS COLD NOWARN RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC "
     "COMP ZERO NOMEMALLOC HARDWALL THISNODE RECLAIMABLE ACCOUNT NOTRACK NO_KSWAPD OTHER_NODE "
     "WRITE"},
    // __GFP_WAIT falls into two (d0164adc89f6), __GFP_RECLAIMABLE moves (016c13daa5c9).
    {{4, 4},
     "DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS COLD NOWARN RETRY_MAYFAIL NOFAIL NORETRY "
     "MEMALLOC COMP ZERO NOMEMALLOC HARDWALL THISNODE ATOMIC ACCOUNT NOTRACK DIRECT_RECLAIM "
     "OTHER_NODE WRITE KSWAPD_RECLAIM"},
    // Without __GFP_OTHER_NODE (41b6167e8f74); __GFP_NOLOCKDEP came with 4.12.
    {{4, 10},
     "DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS COLD NOWARN RETRY_MAYFAIL NOFAIL NORETRY "
     "MEMALLOC COMP ZERO NOMEMALLOC HARDWALL THISNODE ATOMIC ACCOUNT NOTRACK DIRECT_RECLAIM WRITE "
     "KSWAPD_RECLAIM NOLOCKDEP"},
    // The bits of __GFP_COLD and __GFP_NOTRACK are used anew (S. Butt, May 2018).
    {{4, 18},
     "DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS WRITE NOWARN RETRY_MAYFAIL NOFAIL NORETRY "
     "MEMALLOC COMP ZERO NOMEMALLOC HARDWALL THISNODE ATOMIC ACCOUNT DIRECT_RECLAIM "
     "KSWAPD_RECLAIM NOLOCKDEP"},
    // Those of GFP_KERNEL and GFP_ATOMIC lie together (A. Dobriyan, January 2019).
    {{5, 1},
     "DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO ATOMIC DIRECT_RECLAIM KSWAPD_RECLAIM "
     "WRITE NOWARN RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT "
     "NOLOCKDEP"},
    // Flags of memory tags (013bb59dbb7c).
    {{5, 14},
     "DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO ATOMIC DIRECT_RECLAIM KSWAPD_RECLAIM "
     "WRITE NOWARN RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT "
     "ZEROTAGS SKIP_KASAN NOLOCKDEP"},
    // More of them (A. Konovalov, January 2022), there or not by CONFIG_KASAN_HW_TAGS.
    {{5, 18},
     "DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO ATOMIC DIRECT_RECLAIM KSWAPD_RECLAIM "
     "WRITE NOWARN RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT "
     "ZEROTAGS SKIP_ZERO SKIP_KASAN SKIP_KASAN NOLOCKDEP"},
    // Without __GFP_ATOMIC (2973d8229b78); 6.4 has one flag of KASAN less.
    {{6, 3},
     "DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO - DIRECT_RECLAIM KSWAPD_RECLAIM WRITE "
     "NOWARN RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT "
     "ZEROTAGS SKIP_ZERO * * *"},
    // An enumeration (772dd0342727): what is not configured has no bit.
    {{6, 9},
     "DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO - DIRECT_RECLAIM KSWAPD_RECLAIM WRITE "
     "NOWARN RETRY_MAYFAIL NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT "
     "ZEROTAGS * * * *"},
}};

/// The flags of a number; nothing if it has a bit without a flag.
std::optional<GfpFlags> flags_of(std::uint64_t number, const GfpLayout& layout) {
  std::uint64_t set = 0;
  std::string_view rest = layout.flags;
  for (int i = 0; number >> i != 0 || !rest.empty(); ++i) {
    if (rest.empty()) return std::nullopt;
    const std::string_view name = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if ((number >> i & 1) == 0 || name == "*") continue;
    std::size_t flag = 0;
    while (flag < kNames.size() && kNames[flag] != name) ++flag;
    if (flag == kNames.size()) return std::nullopt;
    set |= std::uint64_t{1} << flag;
  }
  if (&layout == &kLayouts.front()) {
    if ((set & bits(no_kswapd)) == 0) set |= bits(kswapd_reclaim);
    if ((set & bits(wait)) != 0) set |= bits(direct_reclaim);
    set &= ~bits(wait, no_kswapd);
  }
  return GfpFlags{set};
}

/// The flags that a name stands for. Kernels to 4.5 printed single flags as GFP_NAME.
std::optional<std::uint64_t> flags_named(std::string_view name) {
  for (const NamedFlags& n : kCombinations)
    if (n.name == name) return n.flags;
  for (const NamedFlags& n : kReadOnly)
    if (n.name == name) return n.flags;
  if (name.substr(0, 2) == "__") name.remove_prefix(2);
  if (name.substr(0, 4) != "GFP_") return std::nullopt;
  name.remove_prefix(4);
  if (name == kNames[wait]) return kReclaim;
  for (std::size_t i = 0; i < wait; ++i)
    if (kNames[i] == name) return std::uint64_t{1} << i;
  return std::nullopt;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  const bool hex = text.substr(0, 2) == "0x";
  if (hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool same(const kernel::AllocRequest& a, const kernel::AllocRequest& b) {
  return a.highest == b.highest && a.atomic == b.atomic && a.this_node == b.this_node &&
         a.retry == b.retry && a.direct_reclaim == b.direct_reclaim && a.kswapd == b.kswapd;
}

/// Kernels whose layout gives a number another meaning to the allocator, as "4.10 to 4.17".
std::string kernels_that_differ(std::uint64_t number, const GfpLayout& layout) {
  std::string out;
  const auto here = request_of(*flags_of(number, layout), 0, 0);
  for (const GfpLayout& l : kLayouts) {
    const auto there = flags_of(number, l);
    if (!there || same(request_of(*there, 0, 0), here)) continue;
    out += (out.empty() ? "" : ", ") + kernels_of(l);
  }
  return out;
}

}  // namespace

std::optional<KernelVersion> KernelVersion::of(std::string_view text) {
  KernelVersion v;
  const char* const end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, v.major);
  if (error != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  const auto [rest, wrong] = std::from_chars(dot + 1, end, v.minor);
  if (wrong != std::errc{} || v.major < 2 || v.major > 99 || v.minor < 0) return std::nullopt;
  if (rest != end && *rest >= 'a' && *rest <= 'z') return std::nullopt;
  return v;
}

const GfpLayout& gfp_layout(std::optional<KernelVersion> version) {
  if (!version) return kLayouts.back();
  const GfpLayout* layout = &kLayouts.front();
  for (const GfpLayout& l : kLayouts)
    if (l.since <= *version) layout = &l;
  return *layout;
}

std::string kernels_of(const GfpLayout& layout) {
  const auto text = [](KernelVersion v) { return fmt::format("{}.{}", v.major, v.minor); };
  if (&layout == &kLayouts.back()) return text(layout.since) + " and later";
  const KernelVersion next = (&layout + 1)->since;
  if (&layout == &kLayouts.front()) return "4.3 and before";
  // Series end with 4.20 and 5.19.
  const KernelVersion last = next.minor > 0 ? KernelVersion{next.major, next.minor - 1}
                                            : KernelVersion{next.major - 1, 20};
  return text(layout.since) + " to " + text(last);
}

kernel::AllocRequest request_of(GfpFlags flags, int order, int migratetype) {
  const auto has = [&](Flag f) { return (flags.bits & bits(f)) != 0; };
  kernel::AllocRequest rq{.order = order};
  rq.type = migratetype == 1   ? kernel::MigrateType::movable
            : migratetype == 2 ? kernel::MigrateType::reclaimable
                               : kernel::MigrateType::unmovable;
  if (has(movable) && has(highmem)) rq.highest = kernel::ZoneType::movable;
  if (has(dma32)) rq.highest = kernel::ZoneType::dma32;
  if (has(dma)) rq.highest = kernel::ZoneType::dma;
  rq.direct_reclaim = has(direct_reclaim);
  rq.kswapd = has(kswapd_reclaim);
  rq.atomic = !rq.direct_reclaim && (has(high) || has(atomic));
  rq.this_node = has(thisnode);
  if (has(noretry)) rq.retry = kernel::Retry::noretry;
  if (has(retry_mayfail)) rq.retry = kernel::Retry::mayfail;
  return rq;
}

std::string names_of(GfpFlags flags) {
  std::string out;
  std::uint64_t left = flags.bits;
  const auto take = [&](std::string_view name, std::uint64_t set) {
    if ((left & set) != set) return;
    out += (out.empty() ? "" : "|") + std::string(name);
    left &= ~set;
  };
  for (const NamedFlags& n : kCombinations) take(n.name, n.flags);
  for (std::size_t i = 0; i < wait; ++i)
    take("__GFP_" + std::string(kNames[i]), std::uint64_t{1} << i);
  return out.empty() ? "none" : out;
}

tl::expected<GfpReader::Read, GfpReader::Wrong> GfpReader::read(std::string_view text) {
  constexpr std::size_t kMostKnown = 1024;  // memory stays bounded whatever a file holds
  if (const auto at = known_.find(text); at != known_.end()) return at->second;
  Read out;
  std::uint64_t number = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('|', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    at = end + 1;
    if (const auto n = number_of(part)) {
      out.numeric = true;
      number |= *n;
    } else if (const auto named = flags_named(part)) {
      out.flags.bits |= *named;
    } else {
      return tl::unexpected(
          Wrong{part.empty() ? "no GFP flags" : fmt::format("unknown GFP flag '{}'", part),
                "names that the kernel prints, as in GFP_KERNEL|__GFP_ZERO, or a number"});
    }
  }
  if (out.numeric) {
    const auto set = flags_of(number, *layout_);
    if (!set)
      return tl::unexpected(
          Wrong{fmt::format("gfp_flags {:#x} has a bit that is no flag of kernels {}", number,
                            kernels_of(*layout_)),
                "say of which kernel the recording is: kernel = \"6.12\", or --kernel 6.12"});
    out.flags.bits |= set->bits;
    out.otherwise = kernels_that_differ(number, *layout_);
  }
  if (known_.size() < kMostKnown) known_.emplace(text, out);
  return out;
}

}  // namespace mhp::workloads
