#include "sim/core/data_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace mhp {

namespace fs = std::filesystem;

namespace {

std::string& told_folder() {
  static std::string folder;
  return folder;
}

DataPlaces places_here() {
  const char* variable = std::getenv(kDataVariable);
  std::error_code ignored;
  return {variable != nullptr ? variable : "", told_folder(),
          fs::read_symlink("/proc/self/exe", ignored).string()};
}

bool has_configs(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "configs", ignored);
}

}  // namespace

std::string choose_data_folder(const DataPlaces& places) {
  if (!places.variable.empty()) return places.variable;
  if (!places.told.empty() && has_configs(places.told)) return places.told;
  if (!places.program.empty()) {
    const fs::path installed =
        (fs::path(places.program).parent_path() / MHP_DATA_FROM_PROGRAM).lexically_normal();
    if (has_configs(installed)) return installed.string();
  }
  return MHP_SOURCE_DIR;
}

const std::string& data_folder() {
  static const std::string folder = choose_data_folder(places_here());
  return folder;
}

void use_data_folder(const std::string& folder) {
  if (told_folder().empty()) told_folder() = folder;
}

std::string shipped(std::string_view path) { return data_folder() + "/" + std::string(path); }

}  // namespace mhp
