#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::config {

/// A kernel series: "6.12", or "5.14-rhel9", which is another than 5.14.
struct KernelSeries {
  int major = 0;
  int minor = 0;
  std::string build;  ///< what follows: "-rhel9"; empty for most
  auto operator<=>(const KernelSeries&) const = default;
};
/// The series that a text names; nothing if it names none. The number of a stable release, as in
/// "6.12.117", is none of its own.
std::optional<KernelSeries> kernel_series(std::string_view text);

/// A profile in a folder: linux-SERIES.toml.
struct KernelProfileFile {
  KernelSeries series;
  std::string name;  ///< of the series
  std::string path;
};
/// The profiles of a folder, the oldest first.
std::vector<KernelProfileFile> kernel_profile_files(const std::string& folder);
/// The folder of those that ship.
std::string shipped_kernel_profiles();

/// The profile of a series: its own, else that of the newest series before it, else the oldest.
/// Nothing if the text names no series, or the folder has no profile.
std::optional<KernelProfileFile> nearest_kernel_profile(std::string_view series,
                                                        const std::string& folder);

/// merge_reference() for a kernel profile, which a series may name instead of a file: "6.12". Where
/// that, or a file linux-SERIES.toml, is not there, the nearest takes its place and says so
/// (KernelProfile::taken_for).
Result<void> merge_kernel_profile(Value& table, const std::string& key);
/// The profile of a series, in the same way.
Result<kernel::KernelProfile> load_nearest_kernel_profile(const std::string& series,
                                                          const std::string& folder);

/// What is to be said of a profile that stands for another kernel than its own; empty of others.
std::string kernel_note(const kernel::KernelProfile& rules);

}  // namespace mhp::config
