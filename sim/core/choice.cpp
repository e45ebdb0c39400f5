#include "sim/core/choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace mhp {

std::string list_choices(const std::vector<Choice>& choices) {
  std::size_t width = 0;
  for (const Choice& choice : choices) width = std::max(width, choice.name.size());
  std::string lines;
  for (const Choice& choice : choices)
    lines += fmt::format("  {:<{}}  {}\n", choice.name, width, choice.doc);
  return lines;
}

}  // namespace mhp
