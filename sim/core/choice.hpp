#pragma once

#include <string>
#include <vector>

namespace mhp {

/// One of the names a parameter or a registry offers, and what it stands for.
struct Choice {
  std::string name;
  std::string doc;
};

/// One line per choice, "  name  doc", the docs below each other.
std::string list_choices(const std::vector<Choice>& choices);

}  // namespace mhp
