#include "sim/config/merge.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "sim/config/overrides.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::config {

std::string referenced_file(const std::string& reference, const Location& named_at) {
  namespace fs = std::filesystem;
  if (named_at.file == kOverrideFile) return reference;
  return (fs::path(named_at.file).parent_path() / reference).lexically_normal().string();
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
  Result<Value> loaded = load_toml(referenced_file(*reference, member->where));
  if (!loaded) return named_by(std::move(loaded.error()), key, member->where);
  *member = std::move(*loaded);
  return {};
}

}  // namespace mhp::config
