// ACPI 6.5, 5.2.6: the header of a table, its checksum; and the texts that hold its bytes in
// hexadecimal.
#include "sim/observed/texts/acpi.hpp"

#include <fmt/format.h>

#include <array>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

struct Kind {
  std::string_view signature;
  std::string_view found;
  std::optional<std::string> (*take)(AcpiBytes, Observed&);
};
constexpr std::array<Kind, 3> kTableReaders{
    {{"SRAT", "nodes with memory and CPUs", &take_srat},
     {"SLIT", "distances of nodes", &take_slit},
     {"HMAT", "latency and bandwidth of memory", &take_hmat}}};

const Kind* kind_of(std::string_view bytes) {
  for (const Kind& kind : kTableReaders)
    if (bytes.starts_with(kind.signature)) return &kind;
  return nullptr;
}

/// A digit in hexadecimal; 16 for anything else.
std::uint8_t digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return 16;
}

/// Bytes "53 52 41 54" (acpidump, iasl) or "5352 4154" (xxd), up to what is none: the same as text.
std::string bytes_of(std::string_view rest) {
  constexpr std::size_t kMostOfLine = 16;
  std::string out;
  for (std::string_view word = take_word(rest); !word.empty() && out.size() < kMostOfLine;
       word = take_word(rest)) {
    if (word.size() % 2 != 0 || word.size() > 2 * kMostOfLine) break;
    std::string bytes;
    for (std::size_t i = 0; i < word.size(); i += 2) {
      const auto high = digit_of(word[i]);
      const auto low = digit_of(word[i + 1]);
      if (high > 15 || low > 15) return out;
      bytes += static_cast<char>(high * 16 + low);
    }
    out += bytes;
  }
  return out;
}

}  // namespace

std::optional<std::uint64_t> AcpiBytes::number(std::size_t offset, std::size_t size) const {
  if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
  std::uint64_t n = 0;
  for (std::size_t i = size; i > 0; --i)
    n = n << 8 | static_cast<unsigned char>(bytes_[offset + i - 1]);
  return n;
}

std::optional<AcpiBytes> AcpiBytes::part(std::size_t offset, std::size_t size) const {
  if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
  return AcpiBytes(bytes_.substr(offset, size));
}

bool begins_as_acpi_table(std::string_view bytes) {
  if (bytes.size() < kAcpiHeader || kind_of(bytes) == nullptr) return false;
  // A text that begins with "SRAT: " is no table: its length would be that of letters.
  return AcpiBytes(bytes).number(4, 4).value_or(0) <= kMostText;
}

std::string acpi_dump_of(std::string_view table) {
  constexpr std::size_t kOfLine = 16;
  std::string out;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (i % kOfLine == 0) out += fmt::format("{}{:8X}:", i == 0 ? "" : "\n", i);
    out += fmt::format(" {:02X}", static_cast<unsigned char>(table[i]));
  }
  return out + "\n";
}

std::optional<NodeId> node_of_domain(const Observed& observed, std::uint64_t domain) {
  if (!observed.domains.empty()) {
    const auto it = observed.domains.find(static_cast<std::int64_t>(domain));
    if (it == observed.domains.end()) return std::nullopt;
    return it->second;
  }
  if (domain >= static_cast<std::uint64_t>(kMostNodes)) return std::nullopt;
  return NodeId{static_cast<std::int32_t>(domain)};
}

Result<void> read_acpi_table(std::string_view table, const Location& at, Observed& into) {
  const Location where(at.file, at.line, 0);
  const Kind* kind = kind_of(table);
  const AcpiBytes bytes(table);
  const auto length = bytes.number(4, 4);
  if (kind == nullptr || !length || table.size() < kAcpiHeader)
    return fail(where, "this is no ACPI table SRAT, SLIT or HMAT");
  if (*length < kAcpiHeader || *length > table.size())
    return fail(where,
                fmt::format("{}: its header says {} bytes, there are {}", kind->signature, *length,
                            table.size()),
                "copy the whole of the file in /sys/firmware/acpi/tables");
  std::uint8_t sum = 0;
  for (std::size_t i = 0; i < *length; ++i)
    sum = static_cast<std::uint8_t>(sum + static_cast<unsigned char>(table[i]));
  if (sum != 0)
    return fail(where, fmt::format("{}: its checksum is wrong by {}", kind->signature, sum),
                "the bytes of a table add up to 0 modulo 256; it was damaged on its way");
  if (const auto wrong = kind->take(*bytes.part(0, *length), into))
    return fail(where, fmt::format("{}: {}", kind->signature, *wrong));
  into.found.push_back({std::string(kind->found), "ACPI " + std::string(kind->signature)});
  return {};
}

Result<void> read_acpi_dump(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  std::string table;
  bool any = false;
  Location begins = at;
  Result<void> read;
  // Tables follow each other; what has been gathered is read when the next begins.
  const auto flush = [&] {
    if (read && kind_of(table) != nullptr) {
      any = true;
      read = read_acpi_table(table, begins, into);
    }
    table.clear();
  };
  while (read && scan.next_line()) {
    const std::string_view line = scan.rest();
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0 || colon > 8) continue;
    const auto offset = number_of(line.substr(0, colon), std::int64_t{1} << 31, 16);
    if (!offset) continue;
    if (*offset == 0) {
      flush();
      begins = scan.where(line);
    }
    if (static_cast<std::size_t>(*offset) == table.size())
      table += bytes_of(line.substr(colon + 1));
  }
  flush();
  if (!read) return read;
  return scan.result(any, "dump of an ACPI table SRAT, SLIT or HMAT");
}

}  // namespace mhp::observed
