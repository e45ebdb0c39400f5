// System Resource Affinity Table: ACPI 6.5, 5.2.16.
#include <fmt/format.h>

#include <map>

#include "sim/observed/texts/acpi.hpp"
#include "sim/observed/texts/lines.hpp"

namespace mhp::observed {

namespace {

constexpr std::size_t kFirstEntry = 48;  ///< behind 12 reserved bytes
constexpr std::uint64_t kEnabled = 1;
constexpr std::uint64_t kHotPluggable = 2;

/// Types of entries, as ACPI numbers them, with the least bytes that they have.
enum class Entry : std::uint8_t { apic = 0, memory = 1, x2apic = 2, gicc = 3, initiator = 5 };
std::size_t least_size(std::uint64_t type) {
  switch (static_cast<Entry>(type)) {
    case Entry::apic:
      return 16;
    case Entry::memory:
      return 40;
    case Entry::x2apic:
      return 24;
    case Entry::gicc:
      return 18;
    case Entry::initiator:
      return 32;
  }
  return 2;
}

class Srat {
 public:
  Srat(AcpiBytes table, Observed& into) : table_(table), into_(into) {}
  std::optional<std::string> read();

 private:
  std::optional<std::string> pass(bool memory);
  std::optional<std::string> processor(AcpiBytes entry, Entry type);
  std::optional<std::string> memory(AcpiBytes entry);
  /// The node of a domain; the next number if it has none yet (acpi_map_pxm_to_node).
  std::optional<NodeId> node(std::uint64_t domain) {
    if (const auto it = into_.domains.find(static_cast<std::int64_t>(domain));
        it != into_.domains.end())
      return it->second;
    const auto next = static_cast<std::int32_t>(into_.domains.size());
    if (next >= kMostNodes) return std::nullopt;
    into_.domains.emplace(static_cast<std::int64_t>(domain), NodeId{next});
    cpus_[NodeId{next}] = 0;
    return NodeId{next};
  }

  AcpiBytes table_;
  Observed& into_;
  std::map<NodeId, std::int64_t> cpus_;
  std::map<NodeId, Bytes> memory_;
};

std::optional<std::string> Srat::processor(AcpiBytes entry, Entry type) {
  std::uint64_t domain = 0;
  std::uint64_t flags = 0;
  if (type == Entry::apic) {
    domain = *entry.number(2, 1) | *entry.number(9, 1) << 8 | *entry.number(10, 2) << 16;
    // Revision 1 has one byte for the domain; what follows is reserved.
    if (*table_.number(8, 1) < 2) domain &= 0xff;
    flags = *entry.number(4, 4);
  } else if (type == Entry::x2apic) {
    domain = *entry.number(4, 4);
    flags = *entry.number(12, 4);
  } else if (type == Entry::gicc) {
    domain = *entry.number(2, 4);
    flags = *entry.number(10, 4);
  } else {
    domain = *entry.number(4, 4);
    flags = *entry.number(24, 4);
  }
  if ((flags & kEnabled) == 0) return std::nullopt;
  const auto id = node(domain);
  if (!id) return fmt::format("more than {} proximity domains", kMostNodes);
  if (type != Entry::initiator) ++cpus_[*id];
  return std::nullopt;
}

// What may be plugged later is no memory that the machine has.
std::optional<std::string> Srat::memory(AcpiBytes entry) {
  const std::uint64_t flags = *entry.number(28, 4);
  if ((flags & kEnabled) == 0) return std::nullopt;
  std::uint64_t domain = *entry.number(2, 4);
  if (*table_.number(8, 1) < 2) domain &= 0xff;
  const std::uint64_t base = *entry.number(8, 8);
  const std::uint64_t length = *entry.number(16, 8);
  constexpr auto kMost = static_cast<std::uint64_t>(kMostBytes);
  if (base > kMost || length > kMost - base)
    return fmt::format("memory at {:x}, {:x} bytes long, lies beyond {:x}", base, length, kMost);
  const auto id = node(domain);
  if (!id) return fmt::format("more than {} proximity domains", kMostNodes);
  if ((flags & kHotPluggable) != 0 || length == 0) return std::nullopt;
  constexpr std::uint64_t kPage = 4 * kKiB;
  into_.node(*id).ranges.push_back({Pfn{static_cast<std::int64_t>((base + kPage - 1) / kPage)},
                                    Pfn{static_cast<std::int64_t>((base + length) / kPage)}});
  memory_[*id] += Bytes{static_cast<std::int64_t>(length)};
  if (memory_[*id].value > kMostBytes)
    return fmt::format("node {} has more than {:x} bytes", id->value, kMost);
  return std::nullopt;
}

// Linux reads what has processors first, memory then: their order numbers the nodes
// (acpi_numa_init, drivers/acpi/numa/srat.c, 6.12).
std::optional<std::string> Srat::pass(bool memory_entries) {
  for (std::size_t offset = kFirstEntry; offset < table_.size();) {
    const auto type = table_.number(offset, 1);
    const auto size = table_.number(offset + 1, 1);
    if (!size || *size < 2) return fmt::format("the entry at offset {} has no length", offset);
    const auto entry = table_.part(offset, *size);
    if (!entry) return fmt::format("the entry at offset {} goes beyond the table", offset);
    if (*size < least_size(*type))
      return fmt::format("the entry at offset {} has {} bytes; type {} has {}", offset, *size,
                         *type, least_size(*type));
    const auto kind = static_cast<Entry>(*type);
    const bool is_memory = kind == Entry::memory;
    const bool known = is_memory || kind == Entry::apic || kind == Entry::x2apic ||
                       kind == Entry::gicc || kind == Entry::initiator;
    if (known && is_memory == memory_entries)
      if (const auto wrong = is_memory ? memory(*entry) : processor(*entry, kind)) return wrong;
    offset += *size;
  }
  return std::nullopt;
}

std::optional<std::string> Srat::read() {
  if (!into_.domains.empty()) return "there was one before";
  if (table_.size() < kFirstEntry) return "it ends within its header";
  if (const auto wrong = pass(false)) return wrong;
  if (const auto wrong = pass(true)) return wrong;
  // What the kernel counts goes before what firmware announces.
  for (const auto& [id, count] : cpus_) {
    Node& n = into_.node(id);
    if (!n.cpu_count) n.cpu_count = count;
    if (const auto it = memory_.find(id); it != memory_.end() && !n.memory) n.memory = it->second;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> take_srat(AcpiBytes table, Observed& into) {
  return Srat(table, into).read();
}

}  // namespace mhp::observed
