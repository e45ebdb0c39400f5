#include "workloads/trace/event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/kernel/mm/buddy.hpp"

namespace mhp::workloads {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kDigits = "0123456789";

std::string_view trim(std::string_view s) {
  const auto first = s.find_first_not_of(kBlanks);
  if (first == s.npos) return {};
  return s.substr(first, s.find_last_not_of(kBlanks) - first + 1);
}

/// `key=value` of an event's fields; empty if there is no such key.
std::string_view field(std::string_view fields, std::string_view key) {
  for (std::size_t at = 0; (at = fields.find(key, at)) != fields.npos; at += key.size()) {
    if (at > 0 && kBlanks.find(fields[at - 1]) == kBlanks.npos) continue;
    const std::size_t start = at + key.size();
    if (start >= fields.size() || fields[start] != '=') continue;
    return fields.substr(start + 1, fields.find_first_of(kBlanks, start + 1) - start - 1);
  }
  return {};
}

/// Where a line names an event of pages: its name, and whether it is one, followed by a colon.
struct NamedEvent {
  std::size_t at = 0;
  std::string_view name;
  bool is_event = false;
};

/// The first event of pages that a line names; a mention (a symbol of a call chain) only if it
/// names no event.
std::optional<NamedEvent> event_in(std::string_view text) {
  constexpr std::string_view kCommon = "mm_page";
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  std::optional<NamedEvent> mention;
  for (std::size_t at = 0; (at = text.find(kCommon, at)) != text.npos; at += kCommon.size()) {
    const std::size_t end = std::min(text.find_first_not_of(kLetters, at), text.size());
    const bool begins =
        at == 0 || text[at - 1] == ':' || text[at - 1] == ' ' || text[at - 1] == '\t';
    const NamedEvent found{at, text.substr(at, end - at),
                           begins && end < text.size() && text[end] == ':'};
    if (found.is_event) return found;
    if (!mention) mention = found;
  }
  return mention;
}

/// The number that begins at a place of a text, or -1.
std::int64_t number_at(std::string_view text, std::size_t at) {
  std::int64_t n = -1;
  if (at < text.size()) std::from_chars(text.data() + at, text.data() + text.size(), n);
  return n;
}

}  // namespace

/// Reads parts of one line and knows where they stand in it.
class EventParser::Line {
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

  /// "  1234.567890" in nanoseconds.
  Result<SimTime> seconds(std::string_view text) const {
    const std::size_t dot = text.find('.');
    const std::string_view fraction = dot == text.npos ? std::string_view{} : text.substr(dot + 1);
    const auto whole = number(text.substr(0, dot), "time in seconds", 1'000'000'000);
    if (!whole) return tl::unexpected<Diagnostics>(whole.error());
    if (fraction.empty() || fraction.size() > 9)
      return tl::unexpected<Diagnostics>(
          {wrong(text, fmt::format("'{}' is no time in seconds", text), "1234.567890")});
    auto part = number(fraction, "fraction of a second", 999'999'999);
    if (!part) return tl::unexpected<Diagnostics>(part.error());
    for (std::size_t i = fraction.size(); i < 9; ++i) *part *= 10;
    return SimTime{*whole * kSecond.value + *part};
  }

  /// The time of an event, from what stands before its name:
  ///   TASK-PID [CPU] FLAGS TIME:              ftrace, trace-cmd report
  ///   TASK PID [CPU] TIME: [PERIOD] kmem:     perf script
  ///   TIME | CPU) ... | /*                    tracer function_graph with its option abstime
  Result<SimTime> time(std::string_view before, std::string_view event) const {
    const auto strip = [&](std::string_view suffix) {
      const bool there =
          before.size() >= suffix.size() && before.substr(before.size() - suffix.size()) == suffix;
      if (there) before.remove_suffix(suffix.size());
      before = before.substr(0, before.find_last_not_of(kBlanks) + 1);
      return there;
    };
    strip("kmem:");
    if (strip("/*")) {
      const std::string_view first = trim(before.substr(0, before.find('|')));
      if (first.find('.') == first.npos || first.find(')') != first.npos)
        return tl::unexpected<Diagnostics>(
            {wrong(before, "the text of function_graph has no times of events",
                   "record with its option funcgraph-abstime, or with the tracer nop")});
      return seconds(first);
    }
    if (!before.empty() && kDigits.find(before.back()) != kDigits.npos) {
      const std::size_t period = before.find_last_not_of(kDigits) + 1;
      const std::string_view rest =
          before.substr(0, before.find_last_not_of(kBlanks, period - 1) + 1);
      if (period > 0 && rest.size() < period && !rest.empty() && rest.back() == ':') before = rest;
    }
    if (before.empty() || before.back() != ':')
      return tl::unexpected<Diagnostics>(
          {wrong(event, "no time before the event", "TIME: mm_page_alloc: ...")});
    before.remove_suffix(1);
    return seconds(before.substr(before.find_last_of(kBlanks) + 1));
  }

 private:
  std::string_view text_;
  const Location& where_;
};

EventParser::EventParser(std::optional<KernelVersion> kernel) : gfp_(gfp_layout(kernel)) {
  if (kernel) notes_.kernel_source = "as said";
  notes_.layout = &gfp_.layout();
}

Result<std::optional<PageEvent>> EventParser::finish(const Line& line, PageEvent event,
                                                     const Texts& t) {
  // The kernel's -1UL of an allocation that got nothing, where the number is printed as it is.
  constexpr std::array<std::string_view, 2> kNoPage{"0xffffffffffffffff", "18446744073709551615"};
  const bool none = std::find(kNoPage.begin(), kNoPage.end(), t.pfn) != kNoPage.end();
  const auto pfn = line.number(none ? "0" : t.pfn, "page frame number", kMaxTracePfn);
  if (!pfn) return tl::unexpected<Diagnostics>(pfn.error());
  const auto order = line.number(t.order, "order", kernel::Geometry::kMostOrders - 1);
  if (!order) return tl::unexpected<Diagnostics>(order.error());
  event.pfn = Pfn{*pfn};
  event.order = static_cast<int>(*order);
  if (!event.alloc) {
    notes_.count(false, true);
    return event;
  }
  const auto type = line.number(t.migratetype, "migratetype", kMaxTraceMigratetype);
  if (!type) return tl::unexpected<Diagnostics>(type.error());
  event.migratetype = static_cast<int>(*type);
  const auto gfp = gfp_.read(t.gfp_flags);
  if (!gfp)
    return tl::unexpected<Diagnostics>(
        {line.wrong(t.gfp_flags, gfp.error().problem, gfp.error().remedy)});
  event.gfp_flags = gfp->numeric ? names_of(gfp->flags) : std::string(t.gfp_flags);
  event.request = request_of(gfp->flags, event.order, event.migratetype);
  if (gfp->numeric) ++notes_.numeric_flags;
  if (!gfp->otherwise.empty()) {
    ++notes_.ambiguous_flags;
    notes_.ambiguous_under = gfp->otherwise;
  }
  notes_.count(true, event.pfn.value != 0);
  return event;
}

Result<std::optional<PageEvent>> EventParser::parse_event(std::string_view text,
                                                          const Location& where) {
  const Line line(text, where);
  const std::string_view content = trim(text);
  if (content.substr(0, 1) == "#") {
    read_head(content, where);
    return std::nullopt;
  }
  const auto named = event_in(text);
  if (!named) {
    read_loss(content);
    return std::nullopt;
  }
  if (!named->is_event) {
    ++notes_.mentions;
    return std::nullopt;
  }
  PageEvent event;
  event.alloc = named->name == "mm_page_alloc";
  // mm_page_free was called mm_page_free_direct before 3.3.
  if (!event.alloc && named->name != "mm_page_free" && named->name != "mm_page_free_direct") {
    constexpr std::size_t kMostNames = 16;
    std::string name(named->name);
    if (notes_.passed_over.size() >= kMostNames && notes_.passed_over.count(name) == 0)
      name = "others";
    ++notes_.passed_over[name];
    return std::nullopt;
  }
  const auto time = line.time(text.substr(0, named->at), text.substr(named->at));
  if (!time) return tl::unexpected<Diagnostics>(time.error());
  event.time = *time;
  const std::string_view fields = text.substr(named->at + named->name.size() + 1);
  const Texts t{field(fields, "pfn"), field(fields, "order"), field(fields, "migratetype"),
                field(fields, "gfp_flags")};
  for (const auto& [name, value, of_alloc] :
       {std::tuple{"pfn", t.pfn, false}, std::tuple{"order", t.order, false},
        std::tuple{"migratetype", t.migratetype, true}, std::tuple{"gfp_flags", t.gfp_flags, true}})
    if (value.empty() && (event.alloc || !of_alloc))
      return tl::unexpected<Diagnostics>(
          {line.wrong(fields, fmt::format("the event has no {}", name),
                      "page=... pfn=0x1234 order=0 migratetype=1 gfp_flags=GFP_KERNEL")});
  return finish(line, event, t);
}

Result<std::optional<PageEvent>> EventParser::parse_csv(std::string_view text,
                                                        const Location& where) {
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

// perf script --header: "# os release : 6.1.0-13-amd64". Tracers of latency: "... latency trace
// v1.1.5 on 6.1.0". /proc/version: "Linux version 6.12.117". ftrace: "# entries-in-buffer/
// entries-written: 205/1000".
void EventParser::read_head(std::string_view comment, const Location& where) {
  const auto after = [&](std::string_view words) {
    const std::size_t at = comment.find(words);
    return at == comment.npos ? std::string_view{} : trim(comment.substr(at + words.size()));
  };
  const std::string_view counts = after("entries-written:");
  if (const std::size_t slash = counts.find('/'); slash != counts.npos)
    notes_.overwritten += std::max<std::int64_t>(
        0, number_at(counts, slash + 1) - std::max<std::int64_t>(0, number_at(counts, 0)));
  // The user's word goes first, then the recording's own, if it comes before the first number.
  if (!notes_.kernel_source.empty() || notes_.numeric_flags > 0) return;
  for (const std::string_view words : {"os release :", "Linux version", "trace v1.1.5 on"}) {
    const auto version = KernelVersion::of(after(words));
    if (!version) continue;
    gfp_ = GfpReader(gfp_layout(version));
    notes_.layout = &gfp_.layout();
    notes_.kernel_source = fmt::format("line {}", where.line);
    return;
  }
}

// ftrace: "CPU:0 [LOST 123 EVENTS]" or "CPU:0 [LOST EVENTS]"; trace-cmd: "CPU:0 [123 EVENTS
// DROPPED]" or "CPU:0 [EVENTS DROPPED]"; perf script --show-lost-events: "PERF_RECORD_LOST lost
// 12".
void EventParser::read_loss(std::string_view text) {
  std::int64_t lost = -1;
  constexpr std::string_view kPerf = "PERF_RECORD_LOST";
  if (text.substr(0, 4) == "CPU:") {
    const std::size_t open = text.find('[');
    if (open == text.npos || (text.find("LOST") == text.npos && text.find("DROPPED") == text.npos))
      return;
    lost = number_at(text, text.find_first_of(kDigits, open));
  } else if (const std::size_t at = text.find(kPerf); at != text.npos) {
    const std::size_t word = text.find("lost ", at);
    if (word != text.npos) lost = number_at(text, word + 5);
  } else {
    return;
  }
  if (lost < 0)
    ++notes_.losses;
  else
    notes_.lost += lost;
}

Result<std::optional<PageEvent>> EventParser::parse(TraceForm form, std::string_view line,
                                                    const Location& where) {
  return form == TraceForm::csv ? parse_csv(line, where) : parse_event(line, where);
}

}  // namespace mhp::workloads
