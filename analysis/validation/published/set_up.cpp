#include "analysis/validation/published/set_up.hpp"

#include <fmt/format.h>

#include "sim/config/kernel_profiles.hpp"
#include "sim/config/scenario.hpp"

namespace mhp::published {

namespace {

void keep(const Result<void>& done, Diagnostics& errors) {
  if (!done) errors.insert(errors.end(), done.error().begin(), done.error().end());
}

}  // namespace

std::vector<std::string> read_strings(const Value& table, const std::string& key,
                                      Diagnostics& errors) {
  std::vector<std::string> out;
  const Value* list = table.find(key);
  if (list == nullptr) return out;
  if (list->array() != nullptr) {
    for (const Value& v : *list->array())
      if (v.string() != nullptr) out.push_back(*v.string());
    if (out.size() == list->array()->size()) return out;
  }
  errors.push_back({list->where, fmt::format("'{}' is no list of strings", key),
                    fmt::format("for example {} = [\"...\"]", key)});
  return {};
}

void add_setting(Value& table, const std::string& setting) {
  Value* list = table.find("set");
  if (list == nullptr) {
    table.table()->push_back({"set", Value{Value::Array{}, table.where}, table.where});
    list = table.find("set");
  }
  list->array()->push_back({setting, table.where});
}

SetUp read_set_up(Value& table, Diagnostics& errors) {
  SetUp out;
  for (const char* key : {"machine", "costs"})
    if (table.find(key) == nullptr) {
      errors.push_back({table.where, fmt::format("no '{}'", key), "name its file"});
      return out;
    }
  if (table.find("kernel") != nullptr) keep(config::merge_kernel_profile(table, "kernel"), errors);
  keep(config::apply_settings(table, read_strings(table, "set", errors)), errors);
  if (!errors.empty()) return out;
  out.machine = machine::read_machine(*table.find("machine"), errors, &out.used);
  out.costs = cost::read_cost_profile(*table.find("costs"), errors, &out.used);
  if (const Value* kernel = table.find("kernel"); kernel != nullptr)
    kernel::kernel_profile_params().read(*kernel, out.profile, errors, &out.used, "kernel");
  out.kernel_note = config::kernel_note(out.profile);
  return out;
}

}  // namespace mhp::published
