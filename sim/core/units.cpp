#include "sim/core/units.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace mhp {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
/// Digits after the point that are read; 10^18 times the largest unit stays far below 2^128.
constexpr std::size_t kMostDecimals = 18;

struct NamedUnit {
  const char* name;
  std::int64_t size;  ///< in the smallest unit of its kind
};

constexpr std::int64_t kPiB = 1024 * kTiB;
constexpr std::int64_t kKB = 1000;
constexpr std::int64_t kMB = 1000 * kKB;
constexpr std::int64_t kGB = 1000 * kMB;
constexpr std::int64_t kTB = 1000 * kGB;
constexpr std::int64_t kPB = 1000 * kTB;

// Units of time in picoseconds.
constexpr std::int64_t kNs = 1000;
constexpr std::int64_t kUs = 1000 * kNs;
constexpr std::int64_t kMs = 1000 * kUs;
constexpr std::int64_t kSec = 1000 * kMs;

// Largest first.
constexpr std::array kSizes = {
    NamedUnit{"PiB", kPiB}, NamedUnit{"PB", kPB}, NamedUnit{"TiB", kTiB}, NamedUnit{"TB", kTB},
    NamedUnit{"GiB", kGiB}, NamedUnit{"GB", kGB}, NamedUnit{"MiB", kMiB}, NamedUnit{"MB", kMB},
    NamedUnit{"KiB", kKiB}, NamedUnit{"KB", kKB}, NamedUnit{"B", 1}};
constexpr std::array kRates = {
    NamedUnit{"PiB/s", kPiB}, NamedUnit{"PB/s", kPB},   NamedUnit{"TiB/s", kTiB},
    NamedUnit{"TB/s", kTB},   NamedUnit{"GiB/s", kGiB}, NamedUnit{"GB/s", kGB},
    NamedUnit{"MiB/s", kMiB}, NamedUnit{"MB/s", kMB},   NamedUnit{"KiB/s", kKiB},
    NamedUnit{"KB/s", kKB},   NamedUnit{"B/s", 1}};
constexpr std::array kTimes = {NamedUnit{"h", 3600 * kSec}, NamedUnit{"min", 60 * kSec},
                               NamedUnit{"s", kSec},        NamedUnit{"ms", kMs},
                               NamedUnit{"us", kUs},        NamedUnit{"ns", kNs},
                               NamedUnit{"ps", 1}};
/// Times are shown in these; reports do not mix minutes and seconds.
constexpr std::size_t kFirstShownTime = 2;

/// How one kind of quantity is written. `grain` is what the quantity counts, in the smallest unit.
struct Scale {
  const char* kind;
  const char* example;
  const char* counts;
  std::int64_t grain;
  std::span<const NamedUnit> units;
};

constexpr Scale kByteScale{"a size", "4096B or 64GiB", "a byte", 1, kSizes};
constexpr Scale kRateScale{"a bandwidth", "113.1GB/s or 90GiB/s", "a byte per second", 1, kRates};
constexpr Scale kTimeScale{"a time", "1.5ms or 90s", "a nanosecond", kNs, kTimes};
constexpr Scale kCostScale{"a cost", "54.7ns", "a picosecond", 1, kTimes};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A text split into its digits and its unit.
struct Split {
  std::string whole;     ///< digits before the point
  std::string decimals;  ///< digits after it, without trailing zeros
  std::string_view unit;
};

/// The digits at the start of `text`, taken off it; `_` may stand between two digits.
std::string take_digits(std::string_view& text) {
  std::string digits;
  while (!text.empty()) {
    const bool joins = text[0] == '_' && !digits.empty() && text.size() > 1 && is_digit(text[1]);
    if (!joins && !is_digit(text[0])) break;
    if (!joins) digits += text[0];
    text.remove_prefix(1);
  }
  return digits;
}

std::optional<Split> split(std::string_view text) {
  Split parts;
  parts.whole = take_digits(text);
  if (parts.whole.empty()) return std::nullopt;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    parts.decimals = take_digits(text);
    if (parts.decimals.empty()) return std::nullopt;
    while (!parts.decimals.empty() && parts.decimals.back() == '0') parts.decimals.pop_back();
  }
  if (text.size() > 1 && text[0] == ' ') text.remove_prefix(1);
  parts.unit = text;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/';
    if (!letter) return std::nullopt;
  }
  return parts;
}

/// The number that `digits` spell, or one beyond 2^63 if it is that large.
Wide number(const std::string& digits) {
  Wide n = 0;
  for (const char c : digits) {
    n = n * 10 + static_cast<unsigned>(c - '0');
    if (n > static_cast<Wide>(kLargest) + 1) break;
  }
  return n;
}

const NamedUnit* find_unit(const Scale& scale, std::string_view name) {
  for (const NamedUnit& unit : scale.units)
    if (name == unit.name) return &unit;
  return nullptr;
}

std::string unit_remedy(const Scale& scale, std::string_view unit) {
  if (unit.empty()) return fmt::format("write a unit, as in {}", scale.example);
  // What the kernel's memparse() and most tools call "G" is a GiB; disk and DIMM vendors mean a GB.
  const std::string binary = fmt::format("{}iB", unit);
  const std::string decimal = fmt::format("{}B", unit);
  const NamedUnit* power = find_unit(scale, binary);
  if (power != nullptr)
    return fmt::format("write {} for {} bytes or {} for {} bytes", binary, power->size, decimal,
                       find_unit(scale, decimal)->size);
  std::vector<std::string> known;
  for (const NamedUnit& u : scale.units) known.emplace_back(u.name);
  const std::string near = did_you_mean(unit, known);
  return near.empty() ? fmt::format("units are {}", fmt::join(known, ", ")) : near;
}

Result<std::int64_t> parse(const Scale& scale, std::string_view text, const Location& where) {
  const std::string_view shown = text.substr(0, 60);
  if (!text.empty() && text[0] == '-')
    return fail(where, fmt::format("'{}' is negative", shown),
                fmt::format("{} is zero or more", scale.kind));
  const std::optional<Split> parts = split(text);
  if (!parts)
    return fail(where, fmt::format("'{}' is not {}", shown, scale.kind),
                fmt::format("write a number and a unit, as in {}", scale.example));
  const NamedUnit* unit = find_unit(scale, parts->unit);
  if (unit == nullptr)
    return fail(where,
                parts->unit.empty()
                    ? fmt::format("'{}' has no unit", shown)
                    : fmt::format("'{}' has the unknown unit '{}'", shown, parts->unit),
                unit_remedy(scale, parts->unit));
  const Wide limit = (static_cast<Wide>(kLargest) + 1) * static_cast<unsigned>(scale.grain);
  // amount = whole * unit + decimals * unit / 10^(number of decimals), in the smallest unit.
  Wide amount = number(parts->whole) * static_cast<Wide>(unit->size);
  Wide scaled = 0, ten = 1;
  if (parts->decimals.size() <= kMostDecimals) {
    for (std::size_t i = 0; i < parts->decimals.size(); ++i) ten *= 10;
    scaled = number(parts->decimals) * static_cast<Wide>(unit->size);
    amount += scaled / ten;
  }
  if (amount >= limit)
    return fail(where, fmt::format("'{}' is too large", shown),
                fmt::format("{} is less than 2^63 times {}", scale.kind, scale.counts));
  const bool exact = parts->decimals.size() <= kMostDecimals && scaled % ten == 0 &&
                     amount % static_cast<unsigned>(scale.grain) == 0;
  if (!exact)
    return fail(where, fmt::format("'{}' is finer than {}", shown, scale.counts),
                fmt::format("write a whole multiple of {}", scale.counts));
  return static_cast<std::int64_t>(amount / static_cast<unsigned>(scale.grain));
}

/// `thousandths` of a unit as a decimal number: 1500 is "1.5".
std::string decimal(Wide thousandths) {
  std::string text = fmt::format("{}", static_cast<std::uint64_t>(thousandths / 1000));
  const unsigned rest = static_cast<unsigned>(thousandths % 1000);
  if (rest == 0) return text;
  text += fmt::format(".{:03}", rest);
  while (text.back() == '0') text.pop_back();
  return text;
}

/// |amount|, which for the least integer is no int64.
Wide magnitude(std::int64_t amount) {
  const auto wide = static_cast<Wide>(static_cast<std::uint64_t>(amount));
  return amount < 0 ? (Wide{1} << 64) - wide : wide;
}

/// `amount` of the scale's grains in the largest unit from `first` on that shows it exactly.
std::string exact(const Scale& scale, std::int64_t amount, std::size_t first = 0) {
  const Wide fine = magnitude(amount) * static_cast<unsigned>(scale.grain);
  for (std::size_t i = first; i < scale.units.size(); ++i) {
    const NamedUnit& unit = scale.units[i];
    const auto size = static_cast<Wide>(unit.size);
    if ((fine < size && unit.size > scale.grain) || fine * 1000 % size != 0) continue;
    return fmt::format("{}{} {}", amount < 0 ? "-" : "", decimal(fine * 1000 / size), unit.name);
  }
  return {};
}

}  // namespace

Result<Bytes> parse_bytes(std::string_view text, const Location& where) {
  return parse(kByteScale, text, where).map([](std::int64_t v) { return Bytes{v}; });
}

Result<SimTime> parse_time(std::string_view text, const Location& where) {
  return parse(kTimeScale, text, where).map([](std::int64_t v) { return SimTime{v}; });
}

Result<Picoseconds> parse_picoseconds(std::string_view text, const Location& where) {
  return parse(kCostScale, text, where).map([](std::int64_t v) { return Picoseconds{v}; });
}

Result<BytesPerSecond> parse_bandwidth(std::string_view text, const Location& where) {
  return parse(kRateScale, text, where).map([](std::int64_t v) { return BytesPerSecond{v}; });
}

std::string format_bytes(Bytes amount) { return exact(kByteScale, amount.value); }

std::string format_bandwidth(BytesPerSecond amount) { return exact(kRateScale, amount.value); }

std::string format_picoseconds(Picoseconds amount) {
  return exact(kCostScale, amount.value, kFirstShownTime);
}

std::string format_time_exact(SimTime amount) {
  return exact(kTimeScale, amount.value, kFirstShownTime);
}

std::string format_time(SimTime amount) {
  const Wide all = magnitude(amount.value);
  Wide last = 1;  // the weight of the fourth digit
  while (all / last >= 10'000) last *= 10;
  const auto rounded = static_cast<std::int64_t>((all + last / 2) / last * last);
  return exact(kTimeScale, amount.value < 0 ? -rounded : rounded, kFirstShownTime);
}

}  // namespace mhp
