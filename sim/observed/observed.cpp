#include "sim/observed/observed.hpp"

#include <algorithm>

namespace mhp::observed {

namespace {

template <class T, class Same, class Before>
T& find_or_make(std::vector<T>& all, T made, const Same& same, const Before& before) {
  const auto it = std::find_if(all.begin(), all.end(), same);
  if (it != all.end()) return *it;
  return *all.insert(std::find_if(all.begin(), all.end(), before), std::move(made));
}

}  // namespace

Zone& Observed::zone(NodeId node, kernel::ZoneType type) {
  const auto key = std::pair(node, type);
  Zone made;
  made.node = node;
  made.type = type;
  return find_or_make(
      zones, std::move(made), [&](const Zone& z) { return std::pair(z.node, z.type) == key; },
      [&](const Zone& z) { return key < std::pair(z.node, z.type); });
}

Node& Observed::node(NodeId id) {
  Node made;
  made.id = id;
  return find_or_make(
      nodes, std::move(made), [&](const Node& n) { return n.id == id; },
      [&](const Node& n) { return id < n.id; });
}

const Zone* Observed::find_zone(NodeId node, kernel::ZoneType type) const {
  const auto it = std::find_if(zones.begin(), zones.end(),
                               [&](const Zone& z) { return z.node == node && z.type == type; });
  return it == zones.end() ? nullptr : &*it;
}

const Node* Observed::find_node(NodeId id) const {
  const auto it =
      std::find_if(nodes.begin(), nodes.end(), [&](const Node& n) { return n.id == id; });
  return it == nodes.end() ? nullptr : &*it;
}

Said<std::string> Observed::boot_option(std::string_view name) const {
  const auto it = std::find_if(cmdline.rbegin(), cmdline.rend(),
                               [&](const BootOption& o) { return o.name == name; });
  if (it == cmdline.rend()) return std::nullopt;
  return it->value;
}

Said<std::string> Observed::setting(std::string_view path) const {
  const auto it = settings.find(path);
  if (it == settings.end()) return std::nullopt;
  return it->second;
}

}  // namespace mhp::observed
