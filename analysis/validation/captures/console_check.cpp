#include "analysis/validation/captures/console_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

namespace mhp::validation {

namespace {

std::string without_stamp(const std::string& line) {
  const auto end = line.find("] ");
  return line.starts_with('[') && end != std::string::npos ? line.substr(end + 2) : line;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.pop_back();
  return text;
}

/// The lines of one rebuild as the kernel prints them.
std::vector<std::string> lines_of(const kernel::ZonelistBuild& build) {
  std::vector<std::string> lines;
  for (const auto& [node, order] : build.fallback) {
    std::string line = fmt::format("Fallback order for Node {}:", node.value);
    for (const NodeId n : order) line += fmt::format(" {}", n.value);
    lines.push_back(line);
  }
  lines.push_back(fmt::format("Built {} zonelists, mobility grouping on.  Total pages: {}",
                              build.online_nodes, build.total_pages.value));
  lines.push_back(fmt::format("Policy zone: {}", kernel::zone_name(build.policy_zone)));
  return lines;
}

bool of_zonelists(const std::string& line) {
  return line.starts_with("Fallback order for Node ") || line.starts_with("Built ") ||
         line.starts_with("Policy zone: ");
}

}  // namespace

std::vector<std::string> console_lines(const nlohmann::json& step) {
  std::vector<std::string> lines;
  if (step.contains("console"))
    for (const auto& line : step.at("console"))
      lines.push_back(trimmed(without_stamp(line.get<std::string>())));
  return lines;
}

ConsoleCheck::ConsoleCheck(Score& score, const kernel::Mm& mm)
    : score_(score), mm_(mm), seen_(mm.zonelist_builds().size()) {}

void ConsoleCheck::step(const nlohmann::json& step) {
  std::vector<std::string> recorded;
  for (auto& line : console_lines(step))
    if (of_zonelists(line)) recorded.push_back(std::move(line));
  std::vector<std::string> got;
  const auto& builds = mm_.zonelist_builds();
  for (; seen_ < builds.size(); ++seen_)
    for (auto& line : lines_of(builds[seen_])) got.push_back(std::move(line));
  static const std::regex cut("\\.\\.\\. \\d{1,9} more lines");
  const auto lines = console_lines(step);
  if (!lines.empty() && std::regex_match(lines.back(), cut)) {
    score_.unmodelled("kernel log of a step that was cut");
    got.resize(std::min(got.size(), recorded.size()));
  }
  score_.exact("zonelists/lines", static_cast<std::int64_t>(recorded.size()),
               static_cast<std::int64_t>(got.size()));
  for (std::size_t i = 0; i < std::min(recorded.size(), got.size()); ++i)
    score_.exact("zonelists", recorded[i], got[i]);
}

}  // namespace mhp::validation
