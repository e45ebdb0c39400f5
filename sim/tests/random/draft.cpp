#include "sim/tests/random/draft.hpp"

#include <fmt/format.h>

#include <sstream>

namespace mhp::random {

std::string Draft::text() const {
  std::string out;
  for (const DraftTable& table : tables) {
    if (!table.header.empty()) out += (out.empty() ? "" : "\n") + table.header + "\n";
    for (const auto& [key, value] : table.lines) out += fmt::format("{} = {}\n", key, value);
  }
  return out;
}

Draft draft_of(const std::string& text) {
  Draft draft{{{"", {}}}};
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const auto equals = line.find(" = ");
    if (line.starts_with("["))
      draft.tables.push_back({line, {}});
    else if (equals != std::string::npos)
      draft.tables.back().lines.emplace_back(line.substr(0, equals), line.substr(equals + 3));
  }
  return draft;
}

}  // namespace mhp::random
