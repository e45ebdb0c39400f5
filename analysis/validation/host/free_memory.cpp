#include "analysis/validation/host/free_memory.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

namespace mhp::host {

namespace {

constexpr std::int64_t kNoBound = std::numeric_limits<std::int64_t>::max();

/// The number after a word at a line's start or within, as "MemAvailable: 17 kB" and "file 17".
std::optional<std::int64_t> number_after(const std::string& path, const std::string& word) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    for (std::string w; words >> w;)
      if (std::int64_t number = 0; w == word)
        return words >> number ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

/// The number that a file is; "max" is none.
std::optional<std::int64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::int64_t number = 0;
  return file >> number ? std::optional(number) : std::nullopt;
}

/// How a version of control groups is read.
struct ControlGroups {
  const char* line;    ///< of /proc/self/cgroup, within it, before the group's path
  const char* folder;  ///< where the groups are
  const char* most;    ///< files of a group
  const char* used;
  const char* inactive;  ///< words of its memory.stat
  const char* active;
};
constexpr std::array kVersions{
    ControlGroups{":memory:", "/sys/fs/cgroup/memory", "/memory.limit_in_bytes",
                  "/memory.usage_in_bytes", "total_inactive_file", "total_active_file"},
    ControlGroups{"0::", "/sys/fs/cgroup", "/memory.max", "/memory.current", "inactive_file",
                  "active_file"}};

/// The control group of the process, "/a/b".
std::string group_of_process(const std::string& root, const ControlGroups& version) {
  std::ifstream file(root + "/proc/self/cgroup");
  const std::string before = version.line;
  for (std::string line; std::getline(file, line);)
    if (const auto at = line.find(before + '/'); at != std::string::npos)
      return line.substr(at + before.size());
  return "/";
}

/// What a control group lets its members have yet.
std::int64_t left_in(const std::string& group, const ControlGroups& version) {
  const auto most = number_in(group + version.most);
  const auto used = number_in(group + version.used);
  if (!most || !used) return kNoBound;
  const std::string stat = group + "/memory.stat";
  const std::int64_t files = number_after(stat, version.inactive).value_or(0) +
                             number_after(stat, version.active).value_or(0);
  return std::max<std::int64_t>(0, *most - *used + files);
}

/// The same of the group of the process and all that it is in.
std::int64_t left_by(const ControlGroups& version, const std::string& root) {
  std::int64_t left = kNoBound;
  std::string group = group_of_process(root, version);
  for (;; group.resize(group.rfind('/'))) {
    left = std::min(left, left_in(root + version.folder + group, version));
    if (group.find('/') == std::string::npos) return left;
  }
}

}  // namespace

Bytes free_memory(const std::string& root) {
  std::int64_t free = kNoBound;
  if (const auto kib = number_after(root + "/proc/meminfo", "MemAvailable:")) free = *kib * 1024;
  for (const ControlGroups& version : kVersions) free = std::min(free, left_by(version, root));
  return Bytes{free};
}

Bytes free_memory_of_node(unsigned node, const std::string& root) {
  const std::string path =
      root + "/sys/devices/system/node/node" + std::to_string(node) + "/meminfo";
  std::int64_t kib = 0;
  for (const char* word : {"MemFree:", "Active(file):", "Inactive(file):"}) {
    const auto there = number_after(path, word);
    if (!there) return Bytes{kNoBound};
    kib += *there;
  }
  return Bytes{kib * 1024};
}

}  // namespace mhp::host
