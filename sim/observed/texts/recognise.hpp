#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/observed/observed.hpp"

namespace mhp::observed {

/// The kinds of text that are read.
enum class TextKind : std::uint8_t {
  zoneinfo,
  buddyinfo,
  pagetypeinfo,
  meminfo,
  vmstat,
  iomem,
  cmdline,
  version,
  swaps,
  cpuinfo,
  numactl,
  lscpu,
  lsmem,
  hwloc_xml,
  hwloc_synthetic,
  acpi_table,
  acpi_dump,
  mem_info,
  snapshot,
};

/// What people call a kind: "/proc/zoneinfo", "numactl -H".
std::string_view name_of(TextKind kind);

/// Part of a text that is of one kind, and where it begins.
struct Piece {
  TextKind kind = TextKind::zoneinfo;
  std::string_view text;
  Location at;
};

/// The pieces of a text that somebody pasted together, told by their content: what precedes the
/// first that is known, and lines "==> name <==" of `tail -n +1 FILE...`, belong to none.
std::vector<Piece> pieces_of(std::string_view text, const Location& at);

/// A text and the file it comes from.
struct InputText {
  std::string name;
  std::string text;
};

/// What a machine says of itself in some texts, each of one kind or of several, in any order.
Result<Observed> observe(const std::vector<InputText>& texts);

/// The pieces of some texts in one, each under a line "==> name <==" that says its kind; bytes of
/// ACPI tables in hexadecimal. Reads back as the same.
std::string joined(const std::vector<InputText>& texts);

/// Everything that is known to be read, for messages.
std::string known_texts();

}  // namespace mhp::observed
