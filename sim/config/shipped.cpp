#include "sim/config/shipped.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "sim/config/toml_source.hpp"
#include "sim/core/data_folder.hpp"

namespace mhp::config {

namespace fs = std::filesystem;

namespace {

std::string doc_of(const std::string& path) {
  const auto root = load_toml(path);
  for (const char* key : {"doc", "name"})
    if (const Value* text = root ? root->find(key) : nullptr; text != nullptr && text->string())
      return *text->string();
  return "";
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(shipped("configs/" + folder), ignored))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string path_of(const std::string& folder, const std::string& name) {
  return shipped(fmt::format("configs/{}/{}.toml", folder, name));
}

}  // namespace

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::vector<ShippedFile> shipped_files(const std::string& folder) {
  std::vector<ShippedFile> files;
  for (const std::string& name : names_in(folder)) {
    const std::string path = path_of(folder, name);
    files.push_back({name, path, doc_of(path)});
  }
  return files;
}

bool is_plain_name(const std::string& text) {
  return !text.empty() && text.find_first_of("/.") == std::string::npos;
}

std::string find_shipped(const std::string& named, const std::string& folder) {
  if (named.empty()) return named;
  // A folder of the same name, as results have, does not hide a file that ships.
  if (is_plain_name(named) && !is_file(named) && is_file(path_of(folder, named)))
    return path_of(folder, named);
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(named, ignored)) || !named.starts_with("configs/"))
    return named;
  const std::string of_ours = shipped(named);
  return is_file(of_ours) ? of_ours : named;
}

Diagnostic no_such_name(const Location& where, const std::string& named,
                        const std::string& folder) {
  const auto names = names_in(folder);
  const auto near = nearest_names(named, names);
  return {where, fmt::format("'{}' is no file, and none of the {} that ship", named, folder),
          near.empty() ? fmt::format("see mhpsim list {}", folder) : did_you_mean(named, names)};
}

}  // namespace mhp::config
