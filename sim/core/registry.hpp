#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/choice.hpp"
#include "sim/core/invariant.hpp"

namespace mhp {

/// Holds the parts of one kind (placements, workloads, devices) by name, in alphabetical order.
/// Decides that names are unique and documented; not what a part does. `Entry` has members `name`
/// and `doc`. Entries stay where they are: pointers from `find` live as long as the registry.
template <class Entry>
class Registry {
 public:
  using Entries = std::map<std::string, Entry, std::less<>>;

  /// A duplicate name, an empty name or an empty doc is a bug of the part.
  void add(Entry entry) {
    std::string name = entry.name;
    MHP_INVARIANT(!name.empty(), "a registry entry has no name; its doc is '{}'", entry.doc);
    MHP_INVARIANT(!entry.doc.empty(), "'{}' has no documentation", name);
    const bool added = entries_.emplace(std::move(name), std::move(entry)).second;
    MHP_INVARIANT(added, "a name is registered twice among: {}", fmt::join(names(), ", "));
  }

  /// Null if there is none of that name.
  const Entry* find(std::string_view name) const {
    const auto it = entries_.find(name);
    return it == entries_.end() ? nullptr : &it->second;
  }

  /// Name and entry, in alphabetical order.
  const Entries& entries() const { return entries_; }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, entry] : entries_) all.push_back(name);
    return all;
  }

  /// What a parameter that selects an entry offers.
  std::vector<Choice> choices() const {
    std::vector<Choice> all;
    for (const auto& [name, entry] : entries_) all.push_back({name, entry.doc});
    return all;
  }

  /// One line per entry, for `mhpsim list`.
  std::string listing() const { return list_choices(choices()); }

 private:
  Entries entries_;
};

}  // namespace mhp
