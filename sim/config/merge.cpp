#include "sim/config/merge.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "sim/config/overrides.hpp"
#include "sim/config/shipped.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::config {

namespace fs = std::filesystem;

namespace {

/// The folder of what ships in which a key's plain names are looked up; nothing if in none.
std::optional<std::string> folder_of_names(const std::string& key) {
  constexpr std::array<std::array<const char*, 2>, 4> kFolders{{{"machine", "machines"},
                                                                {"costs", "costs"},
                                                                {"device", "devices"},
                                                                {"scenario", "scenarios"}}};
  for (const auto& [name, folder] : kFolders)
    if (key == name) return folder;
  return std::nullopt;
}

}  // namespace

std::string referenced_file(const std::string& reference, const std::string& key,
                            const Location& named_at) {
  std::string path = reference;
  if (named_at.file != kOverrideFile)
    path = (fs::path(named_at.file).parent_path() / reference).lexically_normal().string();
  const auto folder = folder_of_names(key);
  if (!folder || !is_plain_name(reference) || is_file(path)) return path;
  const std::string ours = find_shipped(reference, *folder);
  return ours == reference ? path : ours;
}

tl::unexpected<Diagnostics> named_by(Diagnostics errors, const std::string& key,
                                     const Location& named_at) {
  const std::string named = Diagnostic{named_at, fmt::format("{} names it", key), {}}.text();
  for (Diagnostic& error : errors)
    error.remedy += fmt::format("{}{}", error.remedy.empty() ? "" : "; ", named);
  return tl::unexpected<Diagnostics>(std::move(errors));
}

Result<void> merge_reference(Value& table, const std::string& key) {
  Value* member = table.find(key);
  if (member == nullptr || member->table() != nullptr) return {};
  const std::string* reference = member->string();
  if (reference == nullptr)
    return fail(member->where, fmt::format("{} must be the name of a file or a table, not {}", key,
                                           member->kind_name()));
  const std::string path = referenced_file(*reference, key, member->where);
  const auto folder = folder_of_names(key);
  if (folder && is_plain_name(*reference) && !is_file(path))
    return tl::unexpected(Diagnostics{no_such_name(member->where, *reference, *folder)});
  Result<Value> loaded = load_toml(path);
  if (!loaded) return named_by(std::move(loaded.error()), key, member->where);
  *member = std::move(*loaded);
  return {};
}

}  // namespace mhp::config
