// Heterogeneous Memory Attribute Table: ACPI 6.5, 5.2.28, revisions 1 and 2.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "sim/observed/texts/acpi.hpp"

namespace mhp::observed {

namespace {

constexpr std::size_t kFirstStructure = kAcpiHeader + 4;
constexpr std::uint64_t kLocality = 1;  ///< type of "System Locality Latency and Bandwidth"

/// What the values of a structure are (data type).
enum class Data : std::uint8_t {
  access_latency = 0,
  read_latency = 1,
  write_latency = 2,
  access_bandwidth = 3,
  read_bandwidth = 4,
  write_bandwidth = 5,
};

bool is_latency(Data d) { return d <= Data::write_latency; }

/// A value in ns or MB/s (hmat_normalize, drivers/acpi/numa/hmat.c, 6.12); nothing where the table
/// says nothing.
Said<std::int64_t> normalized(std::uint64_t entry, std::uint64_t base, Data data,
                              std::uint64_t revision) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (entry == 0 || entry == 0xffff || base == 0 || base > kMost / entry) return std::nullopt;
  const std::uint64_t value = entry * base;
  if (revision == 1) {
    if (value < 10) return std::nullopt;
    return static_cast<std::int64_t>((value + 9) / 10);
  }
  return static_cast<std::int64_t>(is_latency(data) ? (value + 999) / 1000 : value);
}

void take_best(Said<std::int64_t>& best, std::int64_t value, bool least) {
  best = !best ? value : least ? std::min(*best, value) : std::max(*best, value);
}

/// Values of one structure for one target: from the initiator that is best off, as access0 has it.
void take_values(Node& node, Data data, std::int64_t best) {
  switch (data) {
    case Data::access_latency:
      node.read_latency_ns = node.write_latency_ns = best;
      return;
    case Data::read_latency:
      node.read_latency_ns = best;
      return;
    case Data::write_latency:
      node.write_latency_ns = best;
      return;
    case Data::access_bandwidth:
      node.read_bandwidth_mbs = node.write_bandwidth_mbs = best;
      return;
    case Data::read_bandwidth:
      node.read_bandwidth_mbs = best;
      return;
    case Data::write_bandwidth:
      node.write_bandwidth_mbs = best;
      return;
  }
}

std::optional<std::string> take_locality(AcpiBytes s, std::uint64_t revision, Observed& into) {
  constexpr std::size_t kLists = 32;
  const auto flags = s.number(8, 1);
  const auto type = s.number(9, 1);
  const auto initiators = s.number(12, 4);
  const auto targets = s.number(16, 4);
  const auto base = s.number(24, 8);
  if (!base) return "a structure of latencies ends within its head";
  constexpr std::uint64_t kMostDomains = 4096;
  if (*initiators > kMostDomains || *targets > kMostDomains)
    return fmt::format("{} initiators and {} targets in {} bytes", *initiators, *targets, s.size());
  const auto n = static_cast<std::size_t>(*initiators);
  const auto m = static_cast<std::size_t>(*targets);
  if (s.size() < kLists + 4 * (n + m) + 2 * n * m)
    return fmt::format("{} initiators and {} targets need {} bytes, there are {}", n, m,
                       kLists + 4 * (n + m) + 2 * n * m, s.size());
  // Others are of caches on the side of memory.
  if ((*flags & 0xf) != 0 || *type > static_cast<std::uint64_t>(Data::write_bandwidth))
    return std::nullopt;
  const auto data = static_cast<Data>(*type);
  for (std::size_t t = 0; t < m; ++t) {
    const auto target = node_of_domain(into, *s.number(kLists + 4 * (n + t), 4));
    if (!target) continue;
    Said<std::int64_t> best;
    std::vector<NodeId> best_initiators;
    for (std::size_t i = 0; i < n; ++i) {
      const auto value =
          normalized(*s.number(kLists + 4 * (n + m) + 2 * (i * m + t), 2), *base, data, revision);
      const auto from = node_of_domain(into, *s.number(kLists + 4 * i, 4));
      if (!value || !from) continue;
      const auto before = best;
      take_best(best, *value, is_latency(data));
      if (best != before) best_initiators.clear();
      if (*value == *best) best_initiators.push_back(*from);
    }
    if (!best) continue;
    Node& node = into.node(*target);
    take_values(node, data, *best);
    if (is_latency(data) || node.initiators.empty()) node.initiators = std::move(best_initiators);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> take_hmat(AcpiBytes table, Observed& into) {
  const std::uint64_t revision = *table.number(8, 1);
  if (revision < 1 || revision > 2)
    return fmt::format("revision {} is not known; 1 and 2 are", revision);
  for (std::size_t offset = kFirstStructure; offset < table.size();) {
    const auto type = table.number(offset, 2);
    const auto size = table.number(offset + 4, 4);
    if (!size || *size < 8) return fmt::format("the structure at offset {} has no length", offset);
    const auto part = table.part(offset, static_cast<std::size_t>(*size));
    if (!part) return fmt::format("the structure at offset {} goes beyond the table", offset);
    if (*type == kLocality)
      if (const auto wrong = take_locality(*part, revision, into)) return wrong;
    offset += static_cast<std::size_t>(*size);
  }
  return std::nullopt;
}

}  // namespace mhp::observed
