#include "analysis/validation/captures/kernel_choice.hpp"

#include <filesystem>
#include <regex>
#include <utility>

namespace mhp::validation {

namespace {

using Version = std::pair<int, int>;

std::optional<Version> version_of(const std::string& series) {
  static const std::regex form(R"((\d{1,3})\.(\d{1,3}))");
  std::smatch match;
  if (!std::regex_match(series, match, form)) return std::nullopt;
  return Version{std::stoi(match[1]), std::stoi(match[2])};
}

}  // namespace

std::optional<std::string> profile_series(const std::string& folder, const std::string& series) {
  const auto wanted = version_of(series);
  std::optional<std::pair<Version, std::string>> best;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".toml" || !name.starts_with("linux-")) continue;
    const std::string of = name.substr(name.find('-') + 1);
    const auto version = version_of(of);
    if (version && wanted && *version <= *wanted && (!best || *version > best->first))
      best.emplace(*version, of);
  }
  return best ? std::optional(best->second) : std::nullopt;
}

}  // namespace mhp::validation
