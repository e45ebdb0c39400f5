// System Locality Information Table: ACPI 6.5, 5.2.17.
#include <fmt/format.h>

#include "sim/observed/texts/acpi.hpp"
#include "sim/observed/texts/lines.hpp"

namespace mhp::observed {

std::optional<std::string> take_slit(AcpiBytes table, Observed& into) {
  constexpr std::size_t kMatrix = kAcpiHeader + 8;
  constexpr std::uint64_t kLocal = 10;
  const auto domains = table.number(kAcpiHeader, 8);
  if (!domains || *domains == 0) return "it names no localities";
  if (*domains > static_cast<std::uint64_t>(kMostNodes))
    return fmt::format("{} localities; Linux can have {}", *domains, kMostNodes);
  const auto n = static_cast<std::size_t>(*domains);
  if (table.size() < kMatrix + n * n)
    return fmt::format("{} localities need {} bytes, it has {}", n, kMatrix + n * n, table.size());
  const auto at = [&](std::size_t from, std::size_t to) {
    return *table.number(kMatrix + from * n + to, 1);
  };
  // slit_valid (arch/x86/mm/srat.c): such a table is not used by Linux either.
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      if (i == j ? at(i, j) != kLocal : at(i, j) <= kLocal)
        return fmt::format("the distance from {} to {} is {}; to itself it is 10, to others more",
                           i, j, at(i, j));
  for (std::size_t i = 0; i < n; ++i) {
    const auto from = node_of_domain(into, i);
    if (!from) continue;
    Node& node = into.node(*from);
    node.distance.clear();
    for (std::size_t j = 0; j < n; ++j)
      if (const auto to = node_of_domain(into, j))
        node.distance.emplace_back(*to, static_cast<int>(at(i, j)));
  }
  return std::nullopt;
}

}  // namespace mhp::observed
