#include "sim/cli/placement_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "sim/cli/cli.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::cli {

std::vector<std::string> split_placements(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream in(list);
  for (std::string name; std::getline(in, name, ',');) {
    const auto& registry = kernel::placements();
    if (registry.find(name) == nullptr) {
      print_errors({Diagnostic{{"--placements", 0, 0},
                               fmt::format("unknown placement '{}'", name),
                               did_you_mean(name, registry.names())}});
      return {};
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      print_errors({Diagnostic{
          {"--placements", 0, 0}, fmt::format("'{}' stands twice", name), "name it once"}});
      return {};
    }
    names.push_back(name);
  }
  if (names.empty())
    print_errors({Diagnostic{{"--placements", 0, 0},
                             "no placement is named",
                             "for example boot_memory,hotplugged_range"}});
  return names;
}

}  // namespace mhp::cli
