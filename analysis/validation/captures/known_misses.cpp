#include "analysis/validation/captures/known_misses.hpp"

#include <filesystem>

#include "sim/config/toml_source.hpp"
#include "sim/core/params.hpp"

namespace mhp::validation {

namespace {

struct MissParams {
  std::string name;
  std::string verdict;
  std::string reason;
};

ParamSet<MissParams> miss_params() {
  using M = MissParams;
  ParamSet<M> set;
  set.add("name", &M::name, {.doc = "file without .json", .required = true})
      .add("verdict", &M::verdict,
           {.doc = "what becomes of it",
            .required = true,
            .choices = {{"missed", "something differs"},
                        {"partly", "nothing differs, but not all is replayed"}}})
      .add("reason", &M::reason, {.doc = "what the model lacks", .required = true});
  return set;
}

}  // namespace

Result<std::map<std::string, KnownMiss>> load_known_misses(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder) / kKnownMissesFile;
  std::map<std::string, KnownMiss> known;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return known;
  const auto file = config::load_toml(path.string());
  if (!file) return tl::unexpected<Diagnostics>(file.error());
  const Value* list = file->find("capture");
  if (list == nullptr || list->array() == nullptr)
    return fail(file->where, "there is no [[capture]] table",
                "name each capture that misses in one");
  Diagnostics errors;
  for (const Value& one : *list->array()) {
    MissParams p;
    miss_params().read(one, p, errors);
    const Verdict verdict = p.verdict == "partly" ? Verdict::partly : Verdict::missed;
    if (!known.emplace(p.name, KnownMiss{verdict, p.reason}).second)
      errors.push_back({one.where, p.name + " is named twice", "name it once"});
  }
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return known;
}

Result<std::map<std::string, std::int64_t>> load_contents(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder) / kContentsFile;
  std::map<std::string, std::int64_t> steps;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return steps;
  const auto file = config::load_toml(path.string());
  if (!file) return tl::unexpected<Diagnostics>(file.error());
  const Value* table = file->find("steps");
  if (table == nullptr || table->table() == nullptr)
    return fail(file->where, "there is no [steps] table", "name each capture with its steps in it");
  Diagnostics errors;
  for (const Value::Member& one : *table->table()) {
    if (const auto* n = std::get_if<std::int64_t>(&one.value.data))
      steps[one.key] = *n;
    else
      errors.push_back({one.value.where, "the steps are no number", "give how many there are"});
  }
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return steps;
}

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::exact:
      return "exact";
    case Verdict::partly:
      return "partly";
    case Verdict::missed:
      return "missed";
    case Verdict::broken:
      return "broken";
  }
  return "";
}

}  // namespace mhp::validation
