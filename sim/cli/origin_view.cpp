#include "sim/cli/origin_view.hpp"

#include <fmt/format.h>

namespace mhp::cli {

namespace {

std::string remark_lines(const char* name, const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines)
    out += fmt::format("  {:<8} {}\n", out.empty() ? name : "", line);
  return out;
}

}  // namespace

std::string origin_text(const std::optional<config::MachineOrigin>& origin) {
  if (!origin) return {};
  return fmt::format("machine as {} says (crc32 {})\n{}{}\n", origin->file, origin->crc32,
                     remark_lines("found", origin->found),
                     remark_lines("assumed", origin->assumed));
}

nlohmann::ordered_json origin_json(const std::optional<config::MachineOrigin>& origin) {
  if (!origin) return nullptr;
  return {{"file", origin->file},
          {"crc32", origin->crc32},
          {"found", origin->found},
          {"assumed", origin->assumed}};
}

}  // namespace mhp::cli
