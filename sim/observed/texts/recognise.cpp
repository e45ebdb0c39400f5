#include "sim/observed/texts/recognise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "sim/observed/snapshot.hpp"
#include "sim/observed/texts/acpi.hpp"
#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/mem_info.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

using ReadText = Result<void> (*)(std::string_view, const Location&, Observed&);

struct KindEntry {
  TextKind kind;
  std::string_view name;
  ReadText read;
  bool again;  ///< there may be several
};
constexpr std::array<KindEntry, 19> kKinds{{
    {TextKind::zoneinfo, "/proc/zoneinfo", &read_zoneinfo, false},
    {TextKind::buddyinfo, "/proc/buddyinfo", &read_buddyinfo, false},
    {TextKind::pagetypeinfo, "/proc/pagetypeinfo", &read_pagetypeinfo, false},
    {TextKind::meminfo, "/proc/meminfo", &read_meminfo, false},
    {TextKind::vmstat, "/proc/vmstat", &read_vmstat, false},
    {TextKind::iomem, "/proc/iomem", &read_iomem, false},
    {TextKind::cmdline, "/proc/cmdline", &read_cmdline, true},
    {TextKind::version, "/proc/version", &read_version, true},
    {TextKind::swaps, "/proc/swaps", &read_swaps, false},
    {TextKind::cpuinfo, "/proc/cpuinfo", &read_cpuinfo, false},
    {TextKind::numactl, "numactl -H", &read_numactl, false},
    {TextKind::lscpu, "lscpu", &read_lscpu, false},
    {TextKind::lsmem, "lsmem", &read_lsmem, false},
    {TextKind::hwloc_xml, "lstopo --of xml", &read_hwloc_xml, false},
    {TextKind::hwloc_synthetic, "a synthetic description of hwloc", &read_hwloc_synthetic, false},
    {TextKind::acpi_table, "an ACPI table SRAT, SLIT or HMAT", &read_acpi_table, true},
    {TextKind::acpi_dump, "acpidump", &read_acpi_dump, true},
    {TextKind::mem_info, "a kernel log with Mem-Info", &read_mem_info, true},
    {TextKind::snapshot, "mhpsim snapshot", &read_snapshot, false},
}};

const KindEntry& entry_of(TextKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// A file that is of one kind from its first byte on.
std::optional<TextKind> kind_of_whole(std::string_view text) {
  if (begins_as_acpi_table(text)) return TextKind::acpi_table;
  const std::string_view body = trimmed(text);
  if (body.starts_with("mhpsim snapshot ")) return TextKind::snapshot;
  if (body.starts_with("<?xml") || body.starts_with("<!DOCTYPE topology") ||
      body.starts_with("<topology"))
    return TextKind::hwloc_xml;
  if (body.starts_with("{")) {
    const std::string_view head = body.substr(0, 200);
    if (head.find("\"lscpu\"") != head.npos) return TextKind::lscpu;
    if (head.find("\"memory\"") != head.npos) return TextKind::lsmem;
  }
  return std::nullopt;
}

/// "Package:2 [NUMANode(memory=64GB)] Core:8 PU:2": one line of types with numbers.
bool is_synthetic(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text.find('\n') != text.npos || text.size() > 4096) return false;
  std::string_view rest = text;
  bool levels = false;
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    if (word.front() == '[' || word.front() == '(' || word.back() == ')' || word.back() == ']')
      continue;
    const std::size_t colon = word.find(':');
    const std::string_view number = word.substr(colon == word.npos ? 0 : colon + 1);
    if (number.empty() || !is_digit(number.front())) return false;
    levels = levels || colon != word.npos;
  }
  return levels;
}

std::optional<TextKind> zone_line(std::string_view line, std::optional<TextKind> current) {
  std::string_view rest = line;
  if (!take(rest, "Node ")) return std::nullopt;
  const std::string_view node = take_word(rest);
  if (node.size() < 2 || !is_digit(node.front()) || node.back() != ',') return std::nullopt;
  if (!take(rest, "zone ")) return std::nullopt;
  take_word(rest);
  if (rest.empty()) return TextKind::zoneinfo;
  if (rest.starts_with("type")) return TextKind::pagetypeinfo;
  if (!is_digit(rest.front())) return std::nullopt;
  return current == TextKind::pagetypeinfo ? current : TextKind::buddyinfo;
}

/// "00001000-0009fbff : System RAM"
bool is_resource(std::string_view line) {
  const std::size_t colon = line.find(" : ");
  const std::size_t dash = line.find('-');
  return colon != line.npos && dash < colon && is_hex(line.substr(0, dash)) &&
         is_hex(line.substr(dash + 1, colon - dash - 1));
}

/// "0000: 53 52 41 54", or "SRAT @ 0x0000000000000000" of acpidump.
bool is_acpi_dump(std::string_view line) {
  for (const std::string_view table : {"SRAT", "SLIT", "HMAT"})
    if (line.starts_with(table) && line.substr(4, 3) == " @ ") return true;
  for (const std::string_view bytes :
       {"53 52 41 54 ", "53 4C 49 54 ", "53 4c 49 54 ", "48 4D 41 54 ", "48 4d 41 54 "}) {
    const std::size_t at = line.find(bytes);
    if (at != line.npos && at > 2 && at < 14 && line.substr(0, at).find(':') != line.npos)
      return true;
  }
  return line.find(": 5352 4154 ") < 14 || line.find(": 534c 4954 ") < 14 ||
         line.find(": 484d 4154 ") < 14;
}

bool is_report(std::string_view line) {
  return line.find("invoked oom-killer:") != line.npos ||
         line.find("page allocation failure") != line.npos || is_warn_alloc(line) ||
         line.find("page allocation stalls") != line.npos || line.starts_with("Mem-Info:");
}

/// "Linux version 6.1.0-18-amd64 ...", or "Linux host 6.1.0-18-amd64 ..." of uname -a.
bool is_version(std::string_view line) {
  if (take_word(line) != "Linux") return false;
  take_word(line);
  const std::string_view release = take_word(line);
  const std::size_t point = release.find('.');
  return point != release.npos && point > 0 && is_digit(release.front()) &&
         point + 1 < release.size() && is_digit(release[point + 1]);
}

bool is_cmdline(std::string_view line) {
  return line.starts_with("BOOT_IMAGE=") || line.starts_with("Command line: ") ||
         line.starts_with("Kernel command line: ");
}

/// "nr_free_pages 123" with nothing in front of it that belongs to /proc/zoneinfo.
bool is_vmstat(std::string_view line) {
  std::string_view rest = line;
  const std::string_view number = take(rest, "nr_free_pages ") ? trimmed(rest) : rest.substr(0, 0);
  return !number.empty() && number.find_first_not_of("0123456789") == number.npos;
}

/// The kind of text that a line begins; that of `current` if it belongs to it as well.
std::optional<TextKind> kind_of_line(std::string_view line, std::optional<TextKind> current) {
  if (const auto zone = zone_line(line, current)) return zone;
  if (line.starts_with("Page block order:") ||
      line.starts_with("Free pages count per migrate type") ||
      line.starts_with("Number of blocks type"))
    return TextKind::pagetypeinfo;
  if (line.starts_with("MemTotal:")) return TextKind::meminfo;
  if (is_report(line)) return TextKind::mem_info;
  if (is_version(line)) return TextKind::version;
  if (is_cmdline(line)) return TextKind::cmdline;
  if (line.starts_with("Filename") && line.find("Priority") != line.npos) return TextKind::swaps;
  if (line.starts_with("available: ") && line.find(" nodes") != line.npos) return TextKind::numactl;
  if (line.starts_with("node ") && line.find(" cpus:") < 10) return TextKind::numactl;
  if (line.starts_with("Architecture:") || line.starts_with("NUMA:") ||
      line.starts_with("NUMA node(s):"))
    return TextKind::lscpu;
  if (line.starts_with("RANGE ")) return TextKind::lsmem;
  if (line.starts_with("processor") && trimmed(line.substr(9)).starts_with(":"))
    return TextKind::cpuinfo;
  if (is_resource(line)) return TextKind::iomem;
  if (is_acpi_dump(line)) return TextKind::acpi_dump;
  return std::nullopt;
}

/// The kind of a head "==> numactl -H <==".
std::optional<TextKind> kind_of_head(std::string_view line) {
  const std::string_view name = line.substr(4, line.size() - 8);
  for (const KindEntry& kind : kKinds)
    if (kind.name == name && kind.kind != TextKind::acpi_table && kind.kind != TextKind::snapshot)
      return kind.kind;
  return std::nullopt;
}

/// The kind of which a prompt "$ cat /proc/cmdline" tells.
std::optional<TextKind> kind_of_name(std::string_view line) {
  for (const KindEntry& kind : kKinds) {
    if (!kind.name.starts_with("/proc/")) continue;
    const std::size_t at = line.find(kind.name);
    if (at == line.npos) continue;
    const std::string_view after = line.substr(at + kind.name.size());
    if (after.empty() || after.front() == ' ') return kind.kind;
  }
  return std::nullopt;
}

class Splitter {
 public:
  Splitter(std::string_view text, const Location& at) : text_(text), at_(at) {}
  std::vector<Piece> split();

 private:
  void begin(TextKind kind, std::size_t offset, int line);
  void end(std::size_t offset);
  void line(const Line& raw, std::size_t offset, std::size_t after);

  std::string_view text_;
  const Location& at_;
  std::vector<Piece> pieces_;
  std::optional<TextKind> current_;
  std::optional<TextKind> announced_;  ///< by the line above
  bool headed_ = false;                ///< the current piece goes on to the next head
  std::size_t begun_ = 0;
  int column_ = 0;  ///< of the first line of the current piece
};

void Splitter::begin(TextKind kind, std::size_t offset, int line) {
  end(offset);
  current_ = kind;
  begun_ = offset;
  pieces_.push_back({kind, {}, Location(at_.file, std::max(at_.line, 1) + line - 1, 0)});
}

void Splitter::end(std::size_t offset) {
  if (current_) pieces_.back().text = text_.substr(begun_, offset - begun_);
  current_.reset();
}

void Splitter::line(const Line& raw, std::size_t offset, std::size_t after) {
  const std::string_view text = without_log_prefix(raw).text;
  const bool head = text.size() > 8 && text.starts_with("==> ") && text.ends_with(" <==");
  if (head) {
    end(offset);
    const auto kind = kind_of_head(text);
    headed_ = kind.has_value();
    if (kind) begin(*kind, after, raw.number + 1);
    return;
  }
  if (headed_ || text.empty()) return;
  if (text.find("cat /proc/") != text.npos) {
    end(offset);
    announced_ = kind_of_name(text);
    return;
  }
  auto kind = kind_of_line(text, current_);
  // A command line has no form of its own: what is told of it is believed.
  if (!kind && announced_ == TextKind::cmdline) kind = announced_;
  announced_.reset();
  // The same counter stands in /proc/zoneinfo, further to the right than its heads.
  const bool of_zoneinfo = current_ == TextKind::zoneinfo && raw.column > column_;
  if (!kind && is_vmstat(text) && !of_zoneinfo) kind = TextKind::vmstat;
  // Frames and tasks of a report may look like anything.
  if (kind && kind != current_) {
    begin(*kind, offset, raw.number);
    column_ = raw.column;
  }
  const bool one_line = current_ == TextKind::version || current_ == TextKind::cmdline;
  if (one_line) end(offset + static_cast<std::size_t>(raw.column) - 1 + raw.text.size());
}

std::vector<Piece> Splitter::split() {
  std::size_t offset = 0;
  for (const Line& raw : lines_of(text_)) {
    const std::size_t end_of_line = text_.find('\n', offset);
    const std::size_t after = end_of_line == text_.npos ? text_.size() : end_of_line + 1;
    line(raw, offset, after);
    offset = after;
  }
  end(text_.size());
  return std::move(pieces_);
}

/// What must be read before others: SRAT numbers the nodes, a report tells the size of a page.
int rank_of(const Piece& piece) {
  if (piece.kind == TextKind::snapshot) return 0;
  if (piece.kind == TextKind::acpi_table && piece.text.starts_with("SRAT")) return 1;
  return piece.kind == TextKind::mem_info ? 2 : 3;
}

}  // namespace

std::string_view name_of(TextKind kind) { return entry_of(kind).name; }

namespace {

/// A piece with the end of its last line; if it breaks off in it, with a line that says so.
std::string completed(const Piece& piece) {
  std::string text(piece.text);
  if (text.ends_with('\n')) return text;
  text += '\n';
  Observed scratch;
  if (entry_of(piece.kind).read(text, piece.at, scratch)) return text;
  return text.append(kBreaksOff) + '\n';
}

}  // namespace

std::string joined(const std::vector<InputText>& texts) {
  std::string out;
  // SRAT first: the tables after it have its numbers.
  std::vector<Piece> pieces;
  for (const InputText& input : texts)
    for (Piece& piece : pieces_of(input.text, Location(input.name, 1, 0)))
      pieces.push_back(std::move(piece));
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return rank_of(a) < rank_of(b); });
  bool tables = false;
  for (const Piece& piece : pieces) {
    if (piece.kind == TextKind::snapshot) return std::string(piece.text);
    if (piece.kind == TextKind::acpi_table) {
      if (!tables) out += fmt::format("==> {} <==\n", name_of(TextKind::acpi_dump));
      tables = true;
      out += acpi_dump_of(piece.text);
      continue;
    }
    tables = false;
    out += fmt::format("==> {} <==\n{}", name_of(piece.kind), completed(piece));
  }
  return out;
}

std::string known_texts() {
  std::string all;
  for (const KindEntry& kind : kKinds) {
    if (!all.empty()) all += ", ";
    all += kind.name;
  }
  return all;
}

std::vector<Piece> pieces_of(std::string_view text, const Location& at) {
  const Location first(at.file, std::max(at.line, 1), 0);
  if (const auto kind = kind_of_whole(text)) return {{*kind, text, first}};
  if (is_synthetic(text)) return {{TextKind::hwloc_synthetic, text, first}};
  return Splitter(text, first).split();
}

Result<Observed> observe(const std::vector<InputText>& texts) {
  std::vector<Piece> pieces;
  for (const InputText& input : texts) {
    if (input.text.size() > kMostText)
      return fail(Location(input.name, 0, 0),
                  fmt::format("the file has more than {} bytes", kMostText),
                  "cut out the part that matters");
    const auto of_text = pieces_of(input.text, Location(input.name, 1, 0));
    if (of_text.empty())
      return fail(Location(input.name, 0, 0), "nothing in it is known",
                  fmt::format("known: {}", known_texts()));
    pieces.insert(pieces.end(), of_text.begin(), of_text.end());
  }
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return rank_of(a) < rank_of(b); });
  Observed out;
  std::map<TextKind, Location> seen;
  for (const Piece& piece : pieces) {
    const KindEntry& kind = entry_of(piece.kind);
    const auto [first, fresh] = seen.emplace(piece.kind, piece.at);
    if (!fresh && !kind.again)
      return fail(piece.at, fmt::format("{} a second time", kind.name),
                  fmt::format("the first is at {}:{}; one machine at one time is read",
                              first->second.file, first->second.line));
    if (const auto read = kind.read(piece.text, piece.at, out); !read)
      return tl::unexpected<Diagnostics>(read.error());
  }
  return out;
}

}  // namespace mhp::observed
