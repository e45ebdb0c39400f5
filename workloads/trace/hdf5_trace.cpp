#include "workloads/trace/hdf5_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include "sim/core/utf8.hpp"
#include "sim/kernel/arch/geometry.hpp"
#include "workloads/trace/reader.hpp"

namespace mhp::workloads {

namespace {

constexpr std::uint8_t kFree = 1;

/// The words of a flag know no |.
std::string exchange(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

using Ints = std::vector<std::int64_t>;

record::Variable* find(std::vector<record::Variable>& variables, const char* name) {
  const auto at = std::find_if(variables.begin(), variables.end(),
                               [name](const record::Variable& v) { return v.name == name; });
  return at == variables.end() ? nullptr : &*at;
}

/// Takes the column of a table over, if it is there and of that type.
template <class T>
bool take(record::Group& group, const char* name, T& into) {
  record::Variable* v = find(group.variables, name);
  T* values = v != nullptr ? std::get_if<T>(&v->data) : nullptr;
  if (values == nullptr || v->dims != std::vector<std::string>{"event"}) return false;
  into = std::move(*values);
  return true;
}

/// What a file holds, before it is checked.
struct Columns {
  Ints time, pfn, order, migratetype;
  record::Flags kind, gfp_flags;
};

Diagnostics wrong(const Columns& columns, const std::string& path) {
  constexpr std::size_t kMost = 10;
  Diagnostics errors;
  const auto check = [&](const char* what, const Ints& values, std::int64_t min, std::int64_t max) {
    for (std::size_t i = 0; i < values.size() && errors.size() < kMost; ++i)
      if (values[i] < min || values[i] > max)
        errors.push_back({{path, 0, 0},
                          fmt::format("event {}: {} {}", i, what, values[i]),
                          fmt::format("{} to {}", min, max)});
  };
  check("time", columns.time, 0, std::int64_t{1} << 62);
  check("pfn", columns.pfn, 0, kMaxTracePfn);
  check("order", columns.order, 0, kernel::Geometry::kMostOrders - 1);
  check("migratetype", columns.migratetype, -1, kMaxTraceMigratetype);
  return errors;
}

/// The values of a column in bytes, or back, in the place of the column.
template <class To, class From>
std::vector<To> converted(std::vector<From>& column) {
  const std::vector<From> taken = std::move(column);
  return {taken.begin(), taken.end()};
}

}  // namespace

bool is_hdf5(const std::string& path) {
  constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
  std::array<char, kSignature.size()> begin{};
  std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
  return std::string_view(begin.data(), begin.size()) == kSignature;
}

void TraceTable::add(const PageEvent& e) {
  time_.push_back(e.time.value);
  kind_.push_back(e.alloc ? 0 : kFree);
  pfn_.push_back(e.pfn.value);
  order_.push_back(static_cast<std::int8_t>(e.order));
  migratetype_.push_back(static_cast<std::int8_t>(e.alloc ? e.migratetype : -1));
  auto& names = gfp_flags_.meanings;
  const std::string flags = e.gfp_flags.empty() ? names.front() : exchange(e.gfp_flags, '|', '+');
  const auto at = std::find(names.begin(), names.end(), flags);
  const auto number = static_cast<std::size_t>(at - names.begin());
  if (number == names.size()) names.push_back(flags);
  too_many_flags_ = too_many_flags_ || names.size() > 256;
  gfp_flags_.values.push_back(static_cast<std::uint8_t>(number));
}

PageEvent TraceTable::event(std::size_t i) const {
  PageEvent e{.alloc = kind_[i] != kFree,
              .time = SimTime{time_[i]},
              .pfn = Pfn{pfn_[i]},
              .order = order_[i]};
  if (!e.alloc) return e;
  e.migratetype = migratetype_[i];
  e.gfp_flags = exchange(gfp_flags_.meanings[gfp_flags_.values[i]], '+', '|');
  e.request = request_of(gfp_[gfp_flags_.values[i]], e.order, e.migratetype);
  return e;
}

Result<record::FileContent> TraceTable::content(const std::string& title) && {
  if (too_many_flags_)
    return tl::unexpected<Diagnostics>(
        {{{title, 0, 0}, "more than 255 sets of GFP flags", "split the recording"}});
  Ints number(events());
  for (std::size_t i = 0; i < number.size(); ++i) number[i] = static_cast<std::int64_t>(i);
  record::FileContent file;
  file.attribute("Conventions", "CF-1.8").attribute("schema", kTraceSchema);
  file.attribute("title", title).attribute("status", "complete");
  file.group("events")
      .coordinate("event", std::move(number), "1", "event, in the order of the recording")
      .variable("time", {"event"}, std::move(time_), "ns", "time by the recording's clock")
      .variable("kind", {"event"}, record::Flags{std::move(kind_), {"alloc", "free"}}, "1",
                "kmem:mm_page_alloc or kmem:mm_page_free")
      .variable("pfn", {"event"}, std::move(pfn_), "1",
                "first page frame in the recorded machine; 0: the allocation failed there")
      .variable("order", {"event"}, converted<std::int64_t>(order_), "1", "2^order pages")
      .variable("migratetype", {"event"}, converted<std::int64_t>(migratetype_), "1",
                "migrate type that was asked for: 0 unmovable, 1 movable, 2 reclaimable; -1 of a "
                "free")
      .variable("gfp_flags", {"event"}, std::move(gfp_flags_), "1",
                "GFP flags by the kernel's names, joined by +");
  return file;
}

Diagnostics TraceTable::read_flags(const std::string& path) {
  GfpReader reader(gfp_layout({}));
  for (const std::string& names : gfp_flags_.meanings) {
    const auto read = reader.read(exchange(names, '+', '|'));
    if (!read) return {{{path, 0, 0}, read.error().problem, read.error().remedy}};
    gfp_.push_back(read->flags);
  }
  return {};
}

Result<TraceTable> TraceTable::read(const std::string& path) {
  auto file = record::read_file(path);
  if (!file) return tl::unexpected<Diagnostics>(file.error());
  return of(std::move(*file), path);
}

Result<TraceTable> TraceTable::of(record::FileContent file, const std::string& path) {
  Columns columns;
  const auto group = std::find_if(file.groups.begin(), file.groups.end(),
                                  [](const record::Group& g) { return g.name == "events"; });
  const bool whole = group != file.groups.end() && take(*group, "time", columns.time) &&
                     take(*group, "pfn", columns.pfn) && take(*group, "order", columns.order) &&
                     take(*group, "migratetype", columns.migratetype) &&
                     take(*group, "kind", columns.kind) &&
                     take(*group, "gfp_flags", columns.gfp_flags) &&
                     columns.kind.meanings == std::vector<std::string>{"alloc", "free"};
  if (!whole)
    return tl::unexpected<Diagnostics>({{{path, 0, 0},
                                         "no recording of page events",
                                         fmt::format("a file of schema {}", kTraceSchema)}});
  file = {};
  auto errors = wrong(columns, path);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(errors);
  TraceTable table;
  table.time_ = std::move(columns.time);
  table.pfn_ = std::move(columns.pfn);
  table.order_ = converted<std::int8_t>(columns.order);
  table.migratetype_ = converted<std::int8_t>(columns.migratetype);
  table.kind_ = std::move(columns.kind.values);
  table.gfp_flags_ = std::move(columns.gfp_flags);
  errors = table.read_flags(path);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(errors);
  return table;
}

tl::expected<void, record::WriteFailure> convert_trace(const std::string& from,
                                                       const std::string& to, bool force,
                                                       std::optional<KernelVersion> kernel) {
  const auto unusable = [](Diagnostics why) {
    return tl::unexpected<record::WriteFailure>(
        record::WriteFailure{record::WriteError::kInvalidContent, std::move(why)});
  };
  if (auto errors = check_trace(from, {from, 0, 0}, kernel); !errors.empty())
    return unusable(std::move(errors));
  TraceReader reader(from, kernel);
  TraceTable table;
  for (auto event = reader.next(); event && event->has_value(); event = reader.next())
    table.add(**event);
  const auto content = std::move(table).content(visible(from));
  if (!content) return unusable(content.error());
  return record::write_file(*content, to, force);
}

}  // namespace mhp::workloads
