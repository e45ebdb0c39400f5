#include "workloads/trace/event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/kernel/mm/buddy.hpp"

namespace mhp::workloads {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trim(std::string_view s) {
  const auto first = s.find_first_not_of(kBlanks);
  if (first == s.npos) return {};
  return s.substr(first, s.find_last_not_of(kBlanks) - first + 1);
}

/// Reads parts of one line and knows where they stand in it.
class Line {
 public:
  Line(std::string_view text, const Location& where) : text_(text), where_(where) {}

  /// A diagnostic that points to a part of the line.
  Diagnostic wrong(std::string_view part, std::string problem, std::string remedy) const {
    const auto at = part.data() >= text_.data() && part.data() <= text_.data() + text_.size()
                        ? part.data() - text_.data()
                        : std::ptrdiff_t{0};
    return {{where_.file, where_.line, static_cast<int>(at) + 1},
            std::move(problem),
            std::move(remedy)};
  }

  Result<std::int64_t> number(std::string_view part, const char* what, std::int64_t max) const {
    std::string_view digits = part;
    int base = 10;
    if (digits.substr(0, 2) == "0x") {
      digits.remove_prefix(2);
      base = 16;
    }
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
        value < 0 || value > max)
      return tl::unexpected<Diagnostics>(
          {wrong(part, fmt::format("'{}' is no {}", part, what), fmt::format("0 to {}", max))});
    return value;
  }

 private:
  std::string_view text_;
  const Location& where_;
};

/// `key=value` of an event's fields; empty if there is no such key.
std::string_view field(std::string_view fields, std::string_view key) {
  for (std::size_t at = 0; (at = fields.find(key, at)) != fields.npos; at += key.size()) {
    if (at > 0 && fields[at - 1] != ' ') continue;
    const std::size_t start = at + key.size();
    if (start >= fields.size() || fields[start] != '=') continue;
    return fields.substr(start + 1, fields.find_first_of(kBlanks, start + 1) - start - 1);
  }
  return {};
}

struct Texts {
  std::string_view pfn, order, migratetype, gfp_flags;
};

Result<std::optional<PageEvent>> finish(const Line& line, PageEvent event, const Texts& t) {
  const auto pfn = line.number(t.pfn, "page frame number", kMaxTracePfn);
  if (!pfn) return tl::unexpected<Diagnostics>(pfn.error());
  const auto order = line.number(t.order, "order", kernel::Geometry::kMostOrders - 1);
  if (!order) return tl::unexpected<Diagnostics>(order.error());
  event.pfn = Pfn{*pfn};
  event.order = static_cast<int>(*order);
  if (!event.alloc) return event;
  const auto type = line.number(t.migratetype, "migratetype", kMaxTraceMigratetype);
  if (!type) return tl::unexpected<Diagnostics>(type.error());
  event.migratetype = static_cast<int>(*type);
  event.gfp_flags = t.gfp_flags;
  event.request = request_of(t.gfp_flags, event.order, event.migratetype);
  return event;
}

/// "  1234.567890" in nanoseconds.
Result<SimTime> seconds(const Line& line, std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view fraction = dot == text.npos ? std::string_view{} : text.substr(dot + 1);
  const auto whole = line.number(text.substr(0, dot), "time in seconds", 1'000'000'000);
  if (!whole) return tl::unexpected<Diagnostics>(whole.error());
  if (fraction.empty() || fraction.size() > 9)
    return tl::unexpected<Diagnostics>(
        {line.wrong(text, fmt::format("'{}' is no time in seconds", text), "1234.567890")});
  auto part = line.number(fraction, "fraction of a second", 999'999'999);
  if (!part) return tl::unexpected<Diagnostics>(part.error());
  for (std::size_t i = fraction.size(); i < 9; ++i) *part *= 10;
  return SimTime{*whole * kSecond.value + *part};
}

/// TASK-PID [CPU] FLAGS TIME: mm_page_alloc: FIELDS (ftrace), or TASK PID [CPU] TIME:
/// kmem:mm_page_alloc: FIELDS (perf script).
Result<std::optional<PageEvent>> parse_event(std::string_view text, const Location& where) {
  const Line line(text, where);
  PageEvent event;
  if (trim(text).substr(0, 1) == "#") return std::nullopt;
  std::size_t at = text.find("mm_page_alloc: ");
  event.alloc = at != text.npos;
  if (!event.alloc) at = text.find("mm_page_free: ");
  if (at == text.npos) return std::nullopt;
  const std::string_view fields = text.substr(text.find(": ", at) + 2);
  std::string_view before = text.substr(0, at);
  if (before.size() >= 5 && before.substr(before.size() - 5) == "kmem:") before.remove_suffix(5);
  before = before.substr(0, before.find_last_not_of(kBlanks) + 1);
  if (before.empty() || before.back() != ':')
    return tl::unexpected<Diagnostics>(
        {line.wrong(text.substr(at), "no time before the event", "TIME: mm_page_alloc: ...")});
  before.remove_suffix(1);
  const auto time = seconds(line, before.substr(before.find_last_of(kBlanks) + 1));
  if (!time) return tl::unexpected<Diagnostics>(time.error());
  event.time = *time;
  const Texts t{field(fields, "pfn"), field(fields, "order"), field(fields, "migratetype"),
                field(fields, "gfp_flags")};
  for (const auto& [name, value] : {std::pair{"pfn", t.pfn}, std::pair{"order", t.order}})
    if (value.empty())
      return tl::unexpected<Diagnostics>(
          {line.wrong(fields, fmt::format("the event has no {}", name),
                      "page=... pfn=0x1234 order=0 migratetype=1 gfp_flags=GFP_KERNEL")});
  return finish(line, event, t);
}

Result<std::optional<PageEvent>> parse_csv(std::string_view text, const Location& where) {
  const Line line(text, where);
  if (trim(text).empty() || trim(text) == kTraceColumns) return std::nullopt;
  std::array<std::string_view, 6> column{};
  std::size_t n = 0;
  std::size_t start = 0;
  for (; n < column.size(); ++n) {
    const std::size_t comma = text.find(',', start);
    column[n] = trim(text.substr(start, comma - start));
    if (comma == text.npos) break;
    start = comma + 1;
  }
  if (n != column.size() - 1)
    return tl::unexpected<Diagnostics>(
        {line.wrong(text, "a row has six columns", std::string(kTraceColumns))});
  PageEvent event;
  event.alloc = column[1] == "alloc";
  if (!event.alloc && column[1] != "free")
    return tl::unexpected<Diagnostics>(
        {line.wrong(column[1], fmt::format("unknown event '{}'", column[1]), "alloc or free")});
  const auto time = line.number(column[0], "time in ns", std::int64_t{1} << 62);
  if (!time) return tl::unexpected<Diagnostics>(time.error());
  event.time = SimTime{*time};
  return finish(line, event, {column[2], column[3], column[4], column[5]});
}

}  // namespace

Result<std::optional<PageEvent>> parse_line(TraceForm form, std::string_view line,
                                            const Location& where) {
  return form == TraceForm::csv ? parse_csv(line, where) : parse_event(line, where);
}

kernel::AllocRequest request_of(std::string_view gfp_flags, int order, int migratetype) {
  const auto has = [&](std::string_view name) {
    for (std::size_t at = 0; at < gfp_flags.size();) {
      const std::size_t end = std::min(gfp_flags.find('|', at), gfp_flags.size());
      if (gfp_flags.substr(at, end - at) == name) return true;
      at = end + 1;
    }
    return false;
  };
  kernel::AllocRequest rq{.order = order};
  rq.type = migratetype == 1   ? kernel::MigrateType::movable
            : migratetype == 2 ? kernel::MigrateType::reclaimable
                               : kernel::MigrateType::unmovable;
  const bool huge = has("GFP_TRANSHUGE") || has("GFP_TRANSHUGE_LIGHT");
  if (has("GFP_HIGHUSER_MOVABLE") || huge || (has("__GFP_MOVABLE") && has("__GFP_HIGHMEM")))
    rq.highest = kernel::ZoneType::movable;
  if (has("GFP_DMA32") || has("__GFP_DMA32")) rq.highest = kernel::ZoneType::dma32;
  if (has("GFP_DMA") || has("__GFP_DMA")) rq.highest = kernel::ZoneType::dma;
  rq.atomic = has("GFP_ATOMIC");
  rq.direct_reclaim = !(rq.atomic || has("GFP_NOWAIT") || has("GFP_TRANSHUGE_LIGHT"));
  rq.kswapd = !has("GFP_TRANSHUGE_LIGHT");
  rq.this_node = has("__GFP_THISNODE");
  if (has("__GFP_NORETRY")) rq.retry = kernel::Retry::noretry;
  if (has("__GFP_RETRY_MAYFAIL")) rq.retry = kernel::Retry::mayfail;
  return rq;
}

}  // namespace mhp::workloads
