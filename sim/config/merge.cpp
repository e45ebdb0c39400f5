#include "sim/config/merge.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "sim/config/overrides.hpp"
#include "sim/config/toml_source.hpp"

namespace mhp::config {
namespace {

/// The file that `reference` names, as seen from the working directory.
std::string path_of(const std::string& reference, const Location& named_at) {
  namespace fs = std::filesystem;
  if (named_at.file == kOverrideFile) return reference;
  return (fs::path(named_at.file).parent_path() / reference).lexically_normal().string();
}

}  // namespace

Result<void> merge_reference(Value& table, const std::string& key) {
  Value* member = table.find(key);
  if (member == nullptr || member->table() != nullptr) return {};
  const std::string* reference = member->string();
  if (reference == nullptr)
    return fail(member->where, fmt::format("{} must be the name of a file or a table, not {}", key,
                                           member->kind_name()));
  const std::string path = path_of(*reference, member->where);
  Result<Value> loaded = load_toml(path);
  if (!loaded) {
    const std::string named = Diagnostic{member->where, fmt::format("{} names it", key), {}}.text();
    Diagnostics errors = std::move(loaded.error());
    for (Diagnostic& error : errors)
      error.remedy += fmt::format("{}{}", error.remedy.empty() ? "" : "; ", named);
    return tl::unexpected<Diagnostics>(std::move(errors));
  }
  *member = std::move(*loaded);
  return {};
}

}  // namespace mhp::config
