#include "analysis/validation/host/free_memory.hpp"

#include <algorithm>
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

/// The control group of the process, "/a/b".
std::string control_group(const std::string& root) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::/")) return line.substr(3);
  return "/";
}

/// What a control group lets its members have yet.
std::int64_t left_in(const std::string& group) {
  const auto most = number_in(group + "/memory.max");
  const auto used = number_in(group + "/memory.current");
  if (!most || !used) return kNoBound;
  const std::int64_t files = number_after(group + "/memory.stat", "inactive_file").value_or(0) +
                             number_after(group + "/memory.stat", "active_file").value_or(0);
  return std::max<std::int64_t>(0, *most - *used + files);
}

}  // namespace

Bytes free_memory(const std::string& root) {
  std::int64_t free = kNoBound;
  if (const auto kib = number_after(root + "/proc/meminfo", "MemAvailable:")) free = *kib * 1024;
  // A group is bound by those that it is in, too.
  for (std::string group = control_group(root);; group.resize(group.rfind('/'))) {
    free = std::min(free, left_in(root + "/sys/fs/cgroup" + group));
    if (group.find('/') == std::string::npos) break;
  }
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
