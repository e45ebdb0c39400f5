#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/observed/observed.hpp"

namespace mhp::observed {

/// Bytes of an ACPI table, little-endian; whoever reads beyond its end gets nothing.
class AcpiBytes {
 public:
  explicit AcpiBytes(std::string_view bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size(); }
  /// The number of `size` bytes (1, 2, 4 or 8) at an offset.
  std::optional<std::uint64_t> number(std::size_t offset, std::size_t size) const;
  /// Bytes from an offset on.
  std::optional<AcpiBytes> part(std::size_t offset, std::size_t size) const;
  std::string_view view() const { return bytes_; }

 private:
  std::string_view bytes_;
};

/// Header of a system description table (ACPI 6.5, 5.2.6).
inline constexpr std::size_t kAcpiHeader = 36;

/// Whether bytes begin as one of the tables that are read.
bool begins_as_acpi_table(std::string_view bytes);

/// The bytes of a table as acpidump writes them.
std::string acpi_dump_of(std::string_view table);

// The three tables, whose header has been checked. What is wrong, or nothing.
std::optional<std::string> take_srat(AcpiBytes table, Observed& into);
std::optional<std::string> take_slit(AcpiBytes table, Observed& into);
std::optional<std::string> take_hmat(AcpiBytes table, Observed& into);

/// The node of a proximity domain: as SRAT told, without it that of the same number; nothing if
/// that is none.
std::optional<NodeId> node_of_domain(const Observed& observed, std::uint64_t domain);

}  // namespace mhp::observed
