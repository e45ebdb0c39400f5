#include "workloads/trace/reader.hpp"

#include <fmt/format.h>

#include <utility>

namespace mhp::workloads {

TraceReader::TraceReader(const std::string& path) : file_(path), where_(path, 0, 0) {
  if (is_hdf5(path)) table_ = TraceTable::read(path);
}

Result<std::optional<PageEvent>> TraceReader::next() {
  if (table_) {
    if (!*table_) return tl::unexpected<Diagnostics>(std::exchange(table_, std::nullopt)->error());
    if (row_ == (*table_)->events()) return std::nullopt;
    return (*table_)->event(row_++);
  }
  while (std::getline(file_, line_)) {
    ++where_.line;
    if (where_.line == 1 &&
        std::string_view(line_).substr(0, kTraceColumns.size()) == kTraceColumns)
      form_ = TraceForm::csv;
    auto event = parse_line(form_, line_, where_);
    if (!event || event->has_value()) return event;
  }
  return std::nullopt;
}

Diagnostics check_trace(const std::string& path, const Location& named_at) {
  constexpr std::size_t kMost = 10;
  TraceReader reader(path);
  if (!reader.open())
    return {{named_at, fmt::format("cannot read '{}'", path), "name a recording of kmem events"}};
  Diagnostics errors;
  std::int64_t events = 0;
  while (errors.size() < kMost) {
    auto event = reader.next();
    if (!event) {
      errors.insert(errors.end(), event.error().begin(), event.error().end());
      continue;
    }
    if (!event->has_value()) break;
    ++events;
  }
  if (events == 0 && errors.empty())
    errors.push_back({{path, 0, 0},
                      "no mm_page_alloc or mm_page_free event",
                      "record with perf record -e kmem:mm_page_alloc,kmem:mm_page_free -a"});
  return errors;
}

}  // namespace mhp::workloads
