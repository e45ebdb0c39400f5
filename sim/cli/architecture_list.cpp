#include "sim/cli/architecture_list.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "sim/cli/cli.hpp"
#include "sim/config/architectures.hpp"
#include "sim/core/units.hpp"
#include "sim/kernel/vmemmap.hpp"

namespace mhp::cli {

namespace {

using kernel::Architecture;

std::optional<std::vector<Architecture>> all_architectures() {
  std::vector<Architecture> all;
  for (const std::string& name : config::architecture_names()) {
    auto arch = config::load_architecture(name);
    if (!arch) return print_errors(arch.error()), std::nullopt;
    all.push_back(std::move(*arch));
  }
  return all;
}

/// One byte of memmap describes so many of memory.
std::int64_t share(const Architecture& arch) { return arch.page_size / kernel::kStructPageSize; }

Bytes largest_block(const Architecture& arch) {
  return arch.page_size * (std::int64_t{1} << arch.max_order);
}

void print_json(const std::vector<Architecture>& all) {
  auto out = nlohmann::ordered_json::array();
  for (const Architecture& a : all)
    out.push_back({{"name", a.name},
                   {"machine", a.machine},
                   {"page_size", a.page_size.value},
                   {"section_size", a.section_size.value},
                   {"block_size", a.block_size.value},
                   {"block_rule", std::string(word(a.block_rule))},
                   {"pageblock_order", a.pageblock_order},
                   {"max_order", a.max_order},
                   {"pmd_size", a.pmd_size.value},
                   {"memmap_share", share(a)},
                   {"direct_map", std::string(word(a.direct_map))},
                   {"firmware", std::string(word(a.firmware))},
                   {"basis", std::string(word(a.evidence))}});
  fmt::print("{}\n", out.dump(2));
}

}  // namespace

bool list_architectures(bool json) {
  const auto all = all_architectures();
  if (!all) return false;
  if (json) return print_json(*all), true;
  fmt::print("{:<14} {:>7} {:>8} {:>8} {:>14} {:>9} {:>8}  {:<6} {}\n", "name", "page", "section",
             "block", "", "huge page", "largest", "memmap", "basis");
  for (const Architecture& a : *all)
    fmt::print("{:<14} {:>7} {:>8} {:>8} {:>14} {:>9} {:>8}  {:<6} {}\n", a.name,
               format_bytes(a.page_size), format_bytes(a.section_size), format_bytes(a.block_size),
               fmt::format("({})", word(a.block_rule)), format_bytes(a.pmd_size),
               format_bytes(largest_block(a)), fmt::format("1/{}", share(a)), word(a.evidence));
  return true;
}

}  // namespace mhp::cli
