#include "sim/config/architectures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <filesystem>

#include "sim/config/merge.hpp"
#include "sim/config/section_common.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/core/units.hpp"

namespace mhp::config {

namespace fs = std::filesystem;

namespace {

std::string path_of(const std::string& name) {
  return shipped_architectures() + "/" + name + ".toml";
}

bool is_power_of_two(Bytes b) { return std::has_single_bit(static_cast<std::uint64_t>(b.value)); }

}  // namespace

std::string shipped_architectures() { return shipped("configs/architectures"); }

std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(shipped_architectures(), ignored))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> merge_architecture(Value& table, const std::string& key) {
  Value* member = table.find(key);
  const std::string* named = member == nullptr ? nullptr : member->string();
  if (named == nullptr || named->ends_with(".toml")) return merge_reference(table, key);
  const std::vector<std::string> names = architecture_names();
  if (std::find(names.begin(), names.end(), *named) == names.end())
    return fail(member->where, fmt::format("'{}' is no architecture, and no file", *named),
                fmt::format("one of {}", fmt::join(names, ", ")));
  member->data = fs::absolute(path_of(*named)).generic_string();
  return merge_reference(table, key);
}

Result<kernel::Architecture> load_architecture(const std::string& name) {
  const Location where{name, 0, 0};
  Value root{Value::Table{{"architecture", Value{name, where}, where}}, where};
  if (auto merged = merge_architecture(root, "architecture"); !merged)
    return tl::unexpected<Diagnostics>(std::move(merged.error()));
  kernel::Architecture arch;
  Diagnostics errors;
  const Value& table = *root.find("architecture");
  kernel::architecture_params().read(table, arch, errors);
  if (errors.empty()) check_architecture(arch, table, errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return arch;
}

Result<std::vector<kernel::Architecture>> load_architectures() {
  std::vector<kernel::Architecture> all;
  for (const std::string& name : architecture_names()) {
    auto one = load_architecture(name);
    if (!one) return tl::unexpected<Diagnostics>(std::move(one.error()));
    all.push_back(std::move(*one));
  }
  return all;
}

void check_architecture(const kernel::Architecture& arch, const Value& table, Diagnostics& errors) {
  const auto bad = [&](const char* key, std::string problem, std::string remedy) {
    errors.push_back({place_of(table, key), std::move(problem), std::move(remedy)});
  };
  const struct {
    const char* key;
    Bytes size;
  } sizes[] = {{"page_size", arch.page_size},   {"section_size", arch.section_size},
               {"pmd_size", arch.pmd_size},     {"pud_size", arch.pud_size},
               {"table_size", arch.table_size}, {"gigantic_page", arch.gigantic_page},
               {"block_size", arch.block_size}};
  for (const auto& s : sizes)
    if (!is_power_of_two(s.size))
      return bad(s.key, fmt::format("{} is no power of two", format_bytes(s.size)),
                 "1, 2, 4, 8 and so on of a unit");
  const auto at_most = [&](const char* key, Bytes size, const char* than, Bytes limit) {
    if (limit < size)
      bad(key, fmt::format("{} is {}, more than {}", key, format_bytes(size), than),
          fmt::format("at most {}", format_bytes(limit)));
  };
  at_most("table_size", arch.table_size, "page_size", arch.page_size);
  at_most("page_size", arch.page_size, "pmd_size", arch.pmd_size / 2);
  at_most("pmd_size", arch.pmd_size, "pud_size", arch.pud_size / 2);
  at_most("section_size", arch.section_size, "block_size", arch.block_size);
  if (arch.pageblock_order > arch.max_order)
    bad("pageblock_order", "a pageblock is larger than the largest free block",
        fmt::format("at most {}", arch.max_order));
  if (arch.section_size < arch.page_size * (std::int64_t{1} << arch.max_order))
    bad("max_order", "a free block can be larger than a section",
        fmt::format("blocks of at most {}", format_bytes(arch.section_size)));
}

}  // namespace mhp::config
