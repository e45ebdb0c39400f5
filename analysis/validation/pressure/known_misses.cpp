#include "analysis/validation/pressure/known_misses.hpp"

#include <filesystem>

#include "sim/config/toml_source.hpp"
#include "sim/core/params.hpp"

namespace mhp::pressure {

namespace {

struct MissParams {
  std::string capture;
  std::vector<std::string> quantities;
  std::string reason;
};

ParamSet<MissParams> miss_params() {
  using M = MissParams;
  ParamSet<M> set;
  set.add("capture", &M::capture, {.doc = "file without .json", .required = true})
      .add("quantities", &M::quantities, {.doc = "quantities of it that miss", .required = true})
      .add("reason", &M::reason, {.doc = "what the model lacks", .required = true});
  return set;
}

}  // namespace

Result<KnownMisses> load_known_misses(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder) / kKnownMissesFile;
  KnownMisses known;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return known;
  const auto file = config::load_toml(path.string());
  if (!file) return tl::unexpected<Diagnostics>(file.error());
  if (file->table() != nullptr && file->table()->empty()) return known;  // all are inside
  const Value* list = file->find("miss");
  if (list == nullptr || list->array() == nullptr)
    return fail(file->where, "there is no [[miss]] table", "name what misses in one");
  Diagnostics errors;
  for (const Value& one : *list->array()) {
    MissParams p;
    miss_params().read(one, p, errors);
    for (const std::string& quantity : p.quantities)
      if (!known[p.capture].emplace(quantity, p.reason).second)
        errors.push_back(
            {one.where, p.capture + ": '" + quantity + "' is named twice", "name it once"});
    if (errors.empty() && p.reason.empty())
      errors.push_back({one.where, p.capture + ": there is no reason", "say what the model lacks"});
  }
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return known;
}

}  // namespace mhp::pressure
