#include "workloads/trace/reader.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace mhp::workloads {

namespace {

/// How a kind of file begins, what it is, and the command that makes text of it.
struct Signature {
  std::string_view begin;
  std::string_view what;
  std::string_view command;
};

constexpr std::array<Signature, 7> kSignatures{{
    {"\x17\x08\x44tracing", "data of trace-cmd", "trace-cmd report -i"},
    {"PERFILE2", "data of perf record", "perf script -i"},
    {"2ELIFREP", "data of perf record", "perf script -i"},
    {"PERFFILE", "data of an old perf record", "perf script -i"},
    {"\x1f\x8b", "compressed", "gzip -dc"},
    {"\xfd\x37zXZ", "compressed", "xz -dc"},
    {"\x28\xb5\x2f\xfd", "compressed", "zstd -dc"},
}};

}  // namespace

TraceReader::TraceReader(const std::string& path, std::optional<KernelVersion> kernel)
    : where_(path, 0, 0), parser_(kernel) {
  // A FIFO would be waited for.
  std::error_code none;
  if (std::filesystem::is_regular_file(path, none)) file_.open(path, std::ios::binary);
  if (!file_.is_open()) return;
  if (is_hdf5(path))
    table_ = TraceTable::read(path);
  else
    refused_ = no_text();
}

std::optional<Diagnostic> TraceReader::no_text() {
  std::array<char, 4096> begin{};
  file_.read(begin.data(), begin.size());
  const std::string_view text(begin.data(), static_cast<std::size_t>(file_.gcount()));
  file_.clear();
  file_.seekg(0);
  for (const Signature& s : kSignatures)
    if (text.substr(0, s.begin.size()) == s.begin)
      return Diagnostic{where_, fmt::format("'{}' is {}, no text", where_.file, s.what),
                        fmt::format("{} {} > trace.txt", s.command, where_.file)};
  if (text.find('\0') != text.npos)
    return Diagnostic{where_, fmt::format("'{}' is no text", where_.file),
                      "text of perf script, trace-cmd report or /sys/kernel/tracing/trace"};
  return std::nullopt;
}

/// The next line without its end; false at the end of the file. A line that is longer than any
/// event is not held.
bool TraceReader::read_line() {
  constexpr std::size_t kLongest = 64 * 1024;
  line_.clear();
  std::streambuf& in = *file_.rdbuf();
  using Traits = std::ifstream::traits_type;
  for (auto c = in.sbumpc();; c = in.sbumpc()) {
    const bool ends = Traits::eq_int_type(c, Traits::eof());
    if (ends && line_.empty()) return false;
    if (ends || c == '\n') {
      parser_.notes().unterminated = ends;
      return true;
    }
    if (line_.size() == kLongest) {
      too_long_ = true;
      return true;
    }
    line_.push_back(Traits::to_char_type(c));
  }
}

Result<std::optional<PageEvent>> TraceReader::next() {
  if (refused_) return tl::unexpected<Diagnostics>({*refused_});
  if (table_) {
    if (!*table_) return tl::unexpected<Diagnostics>(std::exchange(table_, std::nullopt)->error());
    if (row_ == (*table_)->events()) return std::nullopt;
    const PageEvent event = (*table_)->event(row_++);
    parser_.notes().count(event.alloc, event.pfn.value != 0);
    return event;
  }
  while (read_line()) {
    ++where_.line;
    if (too_long_) {
      refused_ = Diagnostic{where_, "a line of more than 65536 characters", "one event a line"};
      return tl::unexpected<Diagnostics>({*refused_});
    }
    if (where_.line == 1 &&
        std::string_view(line_).substr(0, kTraceColumns.size()) == kTraceColumns)
      form_ = TraceForm::csv;
    auto event = parser_.parse(form_, line_, where_);
    if (!event && parser_.notes().unterminated) {
      parser_.notes().cut_short = true;
      return std::nullopt;
    }
    if (!event || event->has_value()) return event;
  }
  return std::nullopt;
}

Diagnostics check_trace(const std::string& path, const Location& named_at,
                        std::optional<KernelVersion> kernel, TraceNotes* notes) {
  constexpr std::size_t kMost = 10;
  TraceReader reader(path, kernel);
  if (!reader.open())
    return {{named_at, fmt::format("cannot read '{}'", path), "name a recording of kmem events"}};
  Diagnostics errors;
  std::int64_t events = 0;
  while (errors.size() < kMost) {
    auto event = reader.next();
    if (!event) {
      errors.insert(errors.end(), event.error().begin(), event.error().end());
      if (reader.ended()) break;
      continue;
    }
    if (!event->has_value()) break;
    ++events;
  }
  if (!errors.empty()) return errors;
  const TraceNotes& n = reader.notes();
  if (notes != nullptr) *notes = n;
  if (n.frees == 0)
    for (const char* batched : {"mm_page_free_batched", "mm_pagevec_free"})
      if (n.passed_over.count(batched) != 0)
        return {{{path, 0, 0},
                 fmt::format("has {} without mm_page_free: its frees are missing", batched),
                 "record kmem:mm_page_free as well, which comes for every free"}};
  if (events == 0)
    return {{{path, 0, 0},
             "no mm_page_alloc or mm_page_free event",
             "record with perf record -e kmem:mm_page_alloc,kmem:mm_page_free -a"}};
  return {};
}

}  // namespace mhp::workloads
