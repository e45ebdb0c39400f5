#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sim/config/section.hpp"
#include "sim/core/registry.hpp"

namespace mhp::config {

/// A parameter set, made once.
template <auto make>
const auto& once() {
  static const auto set = make();
  return set;
}

/// Appends descriptions to those of the sections before.
inline void add(std::vector<ParamInfo>& all, const std::vector<ParamInfo>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// Where a key of a table stands, or the table if it has none.
inline const Location& place_of(const Value& table, const char* key) {
  const Value* v = table.find(key);
  return v != nullptr ? v->where : table.where;
}

/// The registry entry that the member `kind` of a table names; null, and a diagnostic, if none.
template <class Entry>
const Entry* choose(Reading& r, const Value& table, const std::string& path,
                    const Registry<Entry>& registry) {
  const Value* kind = table.find("kind");
  if (kind == nullptr || kind->string() == nullptr) {
    r.errors.push_back(
        {table.where, "no 'kind'", fmt::format("one of: {}", fmt::join(registry.names(), ", "))});
    return nullptr;
  }
  const Entry* entry = registry.find(*kind->string());
  if (entry == nullptr && *kind->string() == "help")
    r.errors.push_back({kind->where, "choices of 'kind':\n" + registry.listing(), ""});
  else if (entry == nullptr)
    r.errors.push_back({kind->where, fmt::format("unknown kind '{}'", *kind->string()),
                        did_you_mean(*kind->string(), registry.names())});
  else if (r.used != nullptr)
    r.used->push_back({path + ".kind", entry->name, Unit::one, "", "", false});
  return entry;
}

}  // namespace mhp::config
