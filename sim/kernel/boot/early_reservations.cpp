#include "sim/kernel/boot/early_reservations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace mhp::kernel {

namespace {

constexpr std::int64_t kSlab = 2 * kKiB;            // 1 << IO_TLB_SHIFT
constexpr std::int64_t kSegment = 128;              // IO_TLB_SEGSIZE
constexpr std::int64_t kLeastSlabs = kMiB / kSlab;  // IO_TLB_MIN_SLABS
constexpr std::int64_t kSlot = 24;                  // sizeof(struct io_tlb_slot)
constexpr std::int64_t kCrashAlign = 16 * kMiB;     // CRASH_ALIGN
constexpr std::int64_t kLow = 4 * kGiB;             // CRASH_ADDR_LOW_MAX, ARCH_LOW_ADDRESS_LIMIT
constexpr std::int64_t kHigh = 64 * kTiB;           // CRASH_ADDR_HIGH_MAX

/// Reads a text from its start.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }
  char next() const { return text_.empty() ? '\0' : text_.front(); }
  bool skip(std::string_view what) {
    if (!text_.starts_with(what)) return false;
    text_.remove_prefix(what.size());
    return true;
  }
  /// memparse(): digits, decimal, octal or hexadecimal as C has them, and K, M, G, T, P or E.
  std::optional<std::int64_t> memparse() {
    auto value = number();
    if (!value) return value;
    constexpr std::string_view kUnits = "KMGTPE";
    const char c = next() >= 'a' ? static_cast<char>(next() - 'a' + 'A') : next();
    const auto unit = kUnits.find(c);
    if (c == '\0' || unit == std::string_view::npos) return value;
    text_.remove_prefix(1);
    const int shift = 10 * (static_cast<int>(unit) + 1);
    if (*value > (std::numeric_limits<std::int64_t>::max() >> shift)) return std::nullopt;
    return *value << shift;
  }
  std::optional<std::int64_t> number() {
    int base = 10;
    if (text_.starts_with("0x") || text_.starts_with("0X")) {
      text_.remove_prefix(2);
      base = 16;
    } else if (next() == '0') {
      base = 8;
    }
    std::optional<std::int64_t> value;
    for (; !text_.empty(); text_.remove_prefix(1)) {
      const int d = digit(text_.front());
      if (d < 0 || d >= base) break;
      const std::int64_t so_far = value.value_or(0);
      if (so_far > (std::numeric_limits<std::int64_t>::max() - d) / base) return std::nullopt;
      value = so_far * base + d;
    }
    return value;
  }

 private:
  static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }
  std::string_view text_;
};

std::string unrecognized(char c) {
  return c == '\0' ? "it ends too early" : fmt::format("unrecognized char: {}", c);
}

/// parse_crashkernel_mem: the first range that holds the memory there is.
Parsed<CrashkernelParam> parse_ranges(Cursor at, Bytes system_ram) {
  const std::int64_t ram = round_up(system_ram.value, 128 * kMiB);
  CrashkernelParam param;
  do {
    const auto start = at.memparse();
    if (!start) return {{}, "Memory value expected"};
    if (!at.skip("-")) return {{}, "'-' expected"};
    std::int64_t end = std::numeric_limits<std::int64_t>::max();
    if (at.next() != ':') {
      const auto stated = at.memparse();
      if (!stated) return {{}, "Memory value expected"};
      if (*stated <= *start) return {{}, "end <= start"};
      end = *stated;
    }
    if (!at.skip(":")) return {{}, "':' expected"};
    const auto size = at.memparse();
    if (!size) return {{}, "Memory value expected"};
    if (*size >= ram) return {{}, "invalid size"};
    if (param.size.value == 0 && ram >= *start && ram < end) param.size = Bytes{*size};
  } while (at.skip(","));
  if (at.skip("@")) {
    const auto base = at.memparse();
    if (!base) return {{}, "Memory value expected after '@'"};
    param.base = Bytes{*base};
  }
  if (!at.at_end()) return {{}, unrecognized(at.next())};
  return {param, ""};
}

/// What is free, as memblock sees it.
class Memory {
 public:
  explicit Memory(BootState& state)
      : state_(state), g_(state.arch.geometry()), before_(state.zones) {}

  Pfn pfn_of(Bytes address) const { return g_.pfn_of(address); }
  /// All is as it was at first.
  void restore() { state_.zones = before_; }

  /// The highest free stretch between two addresses, aligned; nothing, and nothing done, if none.
  std::optional<PfnRange> take(Bytes size, Bytes align, Bytes from, Bytes to) {
    const PageCount pages = g_.pages_of(Bytes{round_up(size.value, g_.page_size())});
    const std::int64_t unit = g_.pages_of(align).value;
    std::optional<PfnRange> best;
    BootZone* of = nullptr;
    for (BootZone& zone : state_.zones)
      for (const PfnRange& free : zone.free) {
        const Pfn low = std::max(free.start, g_.pfn_of(from));
        const Pfn high = std::min(free.end, g_.pfn_of(to));
        const Pfn start{round_down((high - pages).value, unit)};
        if (start < low || high < low || (best && start < best->start)) continue;
        best = PfnRange{start, start + pages};
        of = &zone;
      }
    if (best) cut(*of, *best);
    return best;
  }

 private:
  static void cut(BootZone& zone, PfnRange taken) {
    std::vector<PfnRange> left;
    for (const PfnRange& free : zone.free) {
      const PfnRange before{free.start, std::min(free.end, taken.start)};
      const PfnRange after{std::max(free.start, taken.end), free.end};
      if (free.end <= taken.start || free.start >= taken.end) {
        left.push_back(free);
        continue;
      }
      for (const PfnRange& part : {before, after})
        if (!part.empty()) left.push_back(part);
    }
    zone.free = std::move(left);
    zone.managed -= taken.pages();
  }

  BootState& state_;
  const Geometry g_;
  const std::vector<BootZone> before_;
};

Bytes system_ram(const BootState& state) {
  PageCount pages;
  for (const PfnRange& r : state.memory) pages += r.pages();
  return state.arch.geometry().bytes_of(pages);
}

/// swiotlb_adjust_nareas and round_up_default_nslabs: each area has a segment at least.
std::int64_t slabs_of(const SwiotlbParam& param, std::int64_t cpus) {
  const auto areas = static_cast<std::int64_t>(std::bit_ceil(
      static_cast<std::uint64_t>(std::max<std::int64_t>(1, param.areas > 0 ? param.areas : cpus))));
  const std::int64_t slabs = std::max(param.slabs, kSegment * areas);
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(slabs)));
}

// reserve_crashkernel_generic. Without ",high" first below 4 GiB, then above, with 256 MiB below.
void reserve_crashkernel(Memory& memory, const CrashkernelParam& param, Bytes low_default,
                         EarlyReservations& out) {
  const Bytes align{kCrashAlign};
  Bytes low = param.high ? param.low_size : Bytes{0};
  std::optional<PfnRange> got;
  if (param.base.value > 0) {
    got = memory.take(param.size, Bytes{4 * kKiB}, param.base, param.base + param.size);
  } else if (param.high) {
    got = memory.take(param.size, align, Bytes{kLow}, Bytes{kHigh});
    if (!got) {
      got = memory.take(param.size, align, Bytes{0}, Bytes{kLow});
      low = Bytes{0};
    }
  } else {
    got = memory.take(param.size, align, Bytes{0}, Bytes{kLow});
    if (!got) {
      got = memory.take(param.size, align, Bytes{kLow}, Bytes{kHigh});
      low = low_default;
    }
  }
  if (!got) {
    out.failed.push_back(
        param.base.value > 0
            ? "crashkernel reservation failed - memory is in use"
            : fmt::format("cannot allocate crashkernel (size:{:#x})", param.size.value));
    return;
  }
  if (low.value > 0 && got->start >= memory.pfn_of(Bytes{kLow})) {
    const auto below = memory.take(low, align, Bytes{0}, Bytes{kLow});
    if (!below) {
      memory.restore();
      out.failed.push_back(
          fmt::format("cannot allocate crashkernel low memory (size:{:#x})", low.value));
      return;
    }
    out.made.push_back({"crashkernel low", *below});
  }
  out.made.push_back({"crashkernel", *got});
}

// swiotlb_init_remap: half as much, and half of that, until there is room.
void reserve_swiotlb(Memory& memory, std::int64_t slabs, EarlyReservations& out) {
  const Bytes page{4 * kKiB};
  for (;; slabs = round_up(slabs / 2, kSegment)) {
    if (const auto buffers = memory.take(Bytes{slabs * kSlab}, page, Bytes{0}, Bytes{kLow})) {
      out.made.push_back({"swiotlb", *buffers});
      break;
    }
    if (slabs > kLeastSlabs) continue;
    out.failed.emplace_back("swiotlb: no low memory");
    return;
  }
  if (const auto slots = memory.take(Bytes{slabs * kSlot}, page, Bytes{0}, Bytes{kHigh}))
    out.made.push_back({"swiotlb slots", *slots});
}

}  // namespace

Parsed<SwiotlbParam> parse_swiotlb(std::string_view text) {
  SwiotlbParam param;
  if (text == "default") return {param, ""};
  Cursor at(text);
  if (at.next() >= '0' && at.next() <= '9') {
    const auto slabs = at.number();
    if (!slabs || *slabs > (kLow / kSlab)) return {{}, "the number of slabs is out of bounds"};
    param.slabs = round_up(*slabs, kSegment);
  }
  at.skip(",");
  if (at.next() >= '0' && at.next() <= '9') {
    const auto areas = at.number();
    if (!areas || *areas > 1'000'000) return {{}, "the number of areas is out of bounds"};
    param.areas = std::max<std::int64_t>(1, *areas);
  }
  at.skip(",");
  param.force = at.skip("force");
  param.noforce = !param.force && at.skip("noforce");
  if (!at.at_end()) return {{}, unrecognized(at.next())};
  return {param, ""};
}

Parsed<CrashkernelParam> parse_crashkernel(std::string_view text, Bytes system_ram) {
  // Of two, one after the other as on the command line, one says what lies above and one below.
  std::string_view first = text;
  std::string_view second;
  if (const auto space = text.find(' '); space != std::string_view::npos) {
    first = text.substr(0, space);
    second = text.substr(space + 1);
  }
  if (!second.empty() && first.ends_with(",low")) std::swap(first, second);
  Parsed<CrashkernelParam> parsed;
  if (first.find(':') != std::string_view::npos) {
    if (!second.empty()) return {{}, "a second value goes with ',high' alone"};
    parsed = parse_ranges(Cursor(first), system_ram);
  } else {
    Cursor at(first);
    CrashkernelParam param;
    const auto size = at.memparse();
    if (!size) return {{}, "memory value expected"};
    param.size = Bytes{*size};
    if (at.skip("@")) {
      const auto base = at.memparse();
      if (!base) return {{}, "memory value expected after '@'"};
      param.base = Bytes{*base};
    }
    param.high = at.skip(",high");
    if (!at.at_end()) return {{}, unrecognized(at.next())};
    if (param.high) param.low_size = Bytes{-1};
    parsed = {param, ""};
  }
  if (!parsed.value) return parsed;
  CrashkernelParam& param = *parsed.value;
  if (!second.empty()) {
    Cursor at(second);
    const auto low = at.memparse();
    if (!param.high || !low || !at.skip(",low") || !at.at_end())
      return {{}, "a second value is SIZE,low and goes with SIZE,high"};
    param.low_size = Bytes{*low};
  }
  if (param.size >= system_ram) return {{}, "it is more than the machine has"};
  return parsed;
}

EarlyReservations reserve_early(BootState& state, const KernelConfig& config) {
  EarlyReservations out;
  if (config.swiotlb.empty() && config.crashkernel.empty()) return out;
  Memory memory(state);
  const SwiotlbParam swiotlb = parse_swiotlb(config.swiotlb).value.value_or(SwiotlbParam{});
  std::int64_t cpus = 0;
  for (const BootNode& node : state.nodes) cpus += node.cpus;
  if (const auto crash = parse_crashkernel(config.crashkernel, system_ram(state)).value;
      !config.crashkernel.empty() && crash && crash->size.value > 0) {
    // DEFAULT_CRASH_KERNEL_LOW_SIZE of x86: room for bounce buffers of the crash kernel.
    const Bytes low_default{std::max(swiotlb.slabs * kSlab + 8 * kMiB, 256 * kMiB)};
    CrashkernelParam param = *crash;
    if (param.low_size.value < 0) param.low_size = low_default;
    reserve_crashkernel(memory, param, low_default, out);
  }
  // pci_swiotlb_detect: memory above 4 GiB, or a place for some.
  const Bytes end = state.arch.geometry().address_of(state.memory.back().end);
  const bool needed = end > Bytes{kLow} || config.max_hotpluggable.value > 0;
  if (!config.swiotlb.empty() && !swiotlb.noforce && (needed || swiotlb.force))
    reserve_swiotlb(memory, slabs_of(swiotlb, cpus), out);
  return out;
}

}  // namespace mhp::kernel
