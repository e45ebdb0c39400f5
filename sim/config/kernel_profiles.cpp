#include "sim/config/kernel_profiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <utility>

#include "sim/config/merge.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/scenario.hpp"
#include "sim/config/shipped.hpp"
#include "sim/core/data_folder.hpp"

namespace mhp::config {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kBefore = "linux-";
constexpr std::string_view kAfter = ".toml";

/// Takes a number off the front of a text; nothing if none stands there.
std::optional<int> take_number(std::string_view& text) {
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || n < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return n;
}

/// The series of the name of a file; empty if it is not that of a profile.
std::string_view series_in(std::string_view file) {
  const std::string_view name = file.substr(file.find_last_of('/') + 1);
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter)) return {};
  return name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size());
}

/// Puts the nearest profile of a series in; where there is none, what the key names is wrong.
Result<void> merge_series(Value& table, const std::string& key, std::string series,
                          const std::string& folder) {
  const auto nearest = nearest_kernel_profile(series, folder);
  if (!nearest) return merge_reference(table, key);
  Value& member = *table.find(key);
  const Location where = member.where;
  member.data = fs::absolute(nearest->path).generic_string();
  if (auto merged = merge_reference(table, key); !merged) return merged;
  if (nearest->series != kernel_series(series))
    member.table()->push_back({"taken_for", Value{std::move(series), where}, where});
  return {};
}

}  // namespace

std::optional<KernelSeries> kernel_series(std::string_view text) {
  KernelSeries series;
  const auto major = take_number(text);
  if (!major || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const auto minor = take_number(text);
  if (!minor) return std::nullopt;
  if (std::string_view rest = text; rest.starts_with('.')) {
    rest.remove_prefix(1);
    if (take_number(rest)) text = rest;
  }
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '+' || c == '_';
  });
  if (!plain) return std::nullopt;
  return KernelSeries{*major, *minor, std::string(text)};
}

std::vector<KernelProfileFile> kernel_profile_files(const std::string& folder) {
  std::vector<KernelProfileFile> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string path = entry.path().generic_string();
    const std::string name(series_in(path));
    if (auto series = kernel_series(name)) files.push_back({std::move(*series), name, path});
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.series < b.series; });
  return files;
}

std::string shipped_kernel_profiles() { return shipped("configs/kernels"); }

std::optional<KernelProfileFile> nearest_kernel_profile(std::string_view series,
                                                        const std::string& folder) {
  const auto asked = kernel_series(series);
  const auto files = kernel_profile_files(folder);
  if (!asked || files.empty()) return std::nullopt;
  const auto version = [](const KernelSeries& s) { return std::pair(s.major, s.minor); };
  const KernelProfileFile* best = &files.front();
  for (const KernelProfileFile& f : files) {
    if (f.series == *asked) return f;
    // Of builds of one version the plain one comes first.
    if (version(f.series) <= version(*asked) && version(best->series) < version(f.series))
      best = &f;
  }
  return *best;
}

Result<void> merge_kernel_profile(Value& table, const std::string& key) {
  const Value* member = table.find(key);
  const std::string* named = member == nullptr ? nullptr : member->string();
  if (named == nullptr) return merge_reference(table, key);
  if (kernel_series(*named)) return merge_series(table, key, *named, shipped_kernel_profiles());
  const bool from_file = member->where.file != kOverrideFile;
  const fs::path beside = from_file ? fs::path(member->where.file).parent_path() : fs::path();
  const fs::path path = (beside / *named).lexically_normal();
  if (path.extension() != ".toml" && !is_file(path.string()))
    return fail(member->where, fmt::format("'{}' is no kernel series, and no file", *named),
                "for example \"6.12\": see mhpsim list kernels");
  const std::string series(series_in(path.generic_string()));
  if (series.empty() || is_file(path.string())) return merge_reference(table, key);
  const std::string folder = path.parent_path().generic_string();
  return merge_series(table, key, series, folder.empty() ? "." : folder);
}

Result<kernel::KernelProfile> load_nearest_kernel_profile(const std::string& series,
                                                          const std::string& folder) {
  const Location where{folder, 0, 0};
  if (!nearest_kernel_profile(series, folder))
    return fail(where, fmt::format("no profile of kernel '{}'", series),
                "profiles are files linux-SERIES.toml");
  Value root{Value::Table{{"profile", Value{series, where}, where}}, where};
  if (auto merged = merge_series(root, "profile", series, folder); !merged)
    return tl::unexpected<Diagnostics>(std::move(merged.error()));
  return read_kernel_profile(*root.find("profile"));
}

std::string kernel_note(const kernel::KernelProfile& rules) {
  if (rules.taken_for.empty()) return {};
  return fmt::format("kernel {} has no profile: the rules of {} hold", rules.taken_for,
                     rules.version);
}

}  // namespace mhp::config
