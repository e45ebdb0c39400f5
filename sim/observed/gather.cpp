#include "sim/observed/gather.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "sim/observed/redact.hpp"
#include "sim/observed/texts/lines.hpp"
#include "sim/observed/tree.hpp"

namespace mhp::observed {

namespace {

/// Single files below /proc and /sys, and folders all files of which are taken ("/*").
constexpr std::array<std::string_view, 25> kSettings{
    "/proc/sys/kernel/numa_balancing",
    "/proc/sys/vm/hugetlb_optimize_vmemmap",
    "/proc/sys/vm/lowmem_reserve_ratio",
    "/proc/sys/vm/min_free_kbytes",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/vm/percpu_pagelist_high_fraction",
    "/proc/sys/vm/stat_interval",
    "/proc/sys/vm/swappiness",
    "/proc/sys/vm/user_reserve_kbytes",
    "/proc/sys/vm/vfs_cache_pressure",
    "/proc/sys/vm/watermark_boost_factor",
    "/proc/sys/vm/watermark_scale_factor",
    "/proc/sys/vm/zone_reclaim_mode",
    "/sys/devices/system/cpu/online",
    "/sys/kernel/mm/ksm/pages_shared",
    "/sys/kernel/mm/ksm/pages_sharing",
    "/sys/kernel/mm/ksm/run",
    "/sys/kernel/mm/lru_gen/enabled",
    "/sys/kernel/mm/lru_gen/min_ttl_ms",
    "/sys/kernel/mm/numa/demotion_enabled",
    "/sys/kernel/mm/transparent_hugepage/defrag",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag",
    "/sys/kernel/mm/transparent_hugepage/shmem_enabled",
    "/sys/module/memory_hotplug/parameters/*"};

/// The number behind a prefix: "memory12"; nothing if it is another name.
std::optional<std::int64_t> numbered(const std::string& name, std::string_view prefix) {
  constexpr std::size_t kMostDigits = 9;
  if (!name.starts_with(prefix)) return std::nullopt;
  const std::string digits = name.substr(prefix.size());
  if (digits.empty() || digits.size() > kMostDigits ||
      !std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); }))
    return std::nullopt;
  return std::stoll(digits);
}

std::string why(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "it is not there";
    case EACCES:
    case EPERM:
      return "it may be read by root alone";
    case EFBIG:
      return "it is too long";
    case ELOOP:
    case EINVAL:
      return "it is a link or no plain file";
    default:
      return std::strerror(error);
  }
}

class Gathering {
 public:
  explicit Gathering(const std::string& root) : tree_(root) {}

  Result<SnapshotFile> all(const std::string& root) {
    if (tree_.error() != 0)
      return fail({root, 0, 0}, fmt::format("the folder cannot be read: {}", why(tree_.error())),
                  "a folder with proc and sys in it");
    texts();
    memory_blocks();
    nodes();
    settings();
    if (file_.sections.empty())
      return fail({root, 0, 0}, "there is nothing of a machine in it",
                  "a folder with proc and sys in it, as on the machine");
    file_.notes.insert(file_.notes.begin(),
                       {"The state of a machine's memory: mhpsim run --machine FILE",
                        "Left out: who built the kernel, options that do not concern memory, names "
                        "of devices and files."});
    return std::move(file_);
  }

 private:
  void note(const std::string& path, const std::string& reason, const std::string& cost) {
    file_.notes.push_back(fmt::format("not read: {} ({}): {}", path, reason, cost));
  }
  void add(const std::string& path, std::string text) {
    std::erase(text, '\0');
    file_.sections.push_back({path, std::move(text), 1});
  }

  /// A text of its own; `cost`: what is lost without.
  template <class Redact>
  void text(const std::string& path, const char* cost, const Redact& redact) {
    const Tree::Text got = tree_.read(path, kMostText);
    if (!got.ok()) return note(path, why(got.error), cost);
    add(path, redact(got.text));
  }
  void text(const std::string& path, const char* cost) {
    text(path, cost, [](const std::string& t) { return t; });
  }

  void texts() {
    text("/proc/version", "the kernel is not known", redacted_version);
    cmdline();
    text("/proc/cpuinfo", "speeds are those of an assumed processor", first_processor);
    text("/proc/zoneinfo", "zones are laid out as at boot");
    text("/proc/buddyinfo", "free memory is in the largest blocks");
    text("/proc/pagetypeinfo", "types of pageblocks are not known: all free blocks are movable");
    text("/proc/meminfo", "what zones do not say is not known");
    text("/proc/vmstat", "what the memmap takes is not known");
    iomem();
    text("/proc/swaps", "there is no swap", redacted_swaps);
  }

  void cmdline() {
    int left_out = 0;
    text("/proc/cmdline", "options of the boot are not known",
         [&](const std::string& t) { return redacted_cmdline(t, left_out); });
    if (left_out > 0)
      file_.notes.push_back(fmt::format("left out of /proc/cmdline: {} options", left_out));
  }

  void iomem() {
    const Tree::Text got = tree_.read("/proc/iomem", kMostText);
    constexpr const char* kCost = "memory lies where its zones and blocks are";
    if (!got.ok()) return note("/proc/iomem", why(got.error), kCost);
    std::string ram = redacted_iomem(got.text);
    // Who may not see addresses is shown zeros.
    if (ram.empty() || ram.find_first_of("123456789abcdef") >= ram.find(" : "))
      return note("/proc/iomem", "its addresses are shown to root alone", kCost);
    add("/proc/iomem", std::move(ram));
  }

  std::string value(const std::string& path) const { return tree_.line(path).value_or(""); }

  void memory_blocks() {
    const std::string folder = "/sys/devices/system/memory";
    const auto size = tree_.line(folder + "/block_size_bytes");
    if (!size)
      return note(folder, "it is not there", "memory blocks have the size that the kernel chooses");
    std::string out = fmt::format("block_size_bytes {}\n", *size);
    if (const auto online = tree_.line(folder + "/auto_online_blocks"))
      out += fmt::format("auto_online_blocks {}\n", *online);
    std::map<std::int64_t, std::string> blocks;
    for (const std::string& name : tree_.names(folder)) {
      const auto id = numbered(name, "memory");
      if (id) blocks[*id] = block(folder + "/" + name);
    }
    for (auto it = blocks.begin(); it != blocks.end();) {
      auto end = std::next(it);
      std::int64_t last = it->first;
      for (; end != blocks.end() && end->first == last + 1 && end->second == it->second; ++end)
        last = end->first;
      out += fmt::format("{}-{} {}\n", it->first, last, it->second);
      it = end;
    }
    add(folder, out);
  }

  /// "STATE ZONES NODE REMOVABLE" of a block; '-' for what is not known.
  std::string block(const std::string& folder) const {
    std::string zones = value(folder + "/valid_zones");
    std::replace(zones.begin(), zones.end(), ' ', ',');
    std::string node;
    for (const std::string& name : tree_.names(folder))
      if (numbered(name, "node")) node = name;
    const auto known = [](const std::string& s) { return s.empty() ? std::string("-") : s; };
    return fmt::format("{} {} {} {}", known(value(folder + "/state")), known(zones), known(node),
                       known(value(folder + "/removable")));
  }

  void nodes() {
    const std::string folder = "/sys/devices/system/node";
    std::string out;
    for (const char* name : {"possible", "online", "has_cpu", "has_memory"})
      if (const auto list = tree_.line(fmt::format("{}/{}", folder, name)))
        out += fmt::format("{} {}\n", name, *list);
    std::map<std::int64_t, std::string> all;
    for (const std::string& name : tree_.names(folder))
      if (const auto id = numbered(name, "node")) all[*id] = name;
    for (const auto& [id, name] : all) out += node(folder + "/" + name, name);
    if (out.empty())
      return note(folder, "it is not there", "there is one node, with all processors");
    for (const std::string& name : tree_.names("/sys/devices/virtual/memory_tiering"))
      if (const auto list =
              tree_.line(fmt::format("/sys/devices/virtual/memory_tiering/{}/nodelist", name)))
        out += fmt::format("{} {}\n", name, *list);
    add(folder, out);
  }

  std::string node(const std::string& folder, const std::string& name) const {
    std::string out;
    for (const char* file : {"cpulist", "distance"})
      if (const auto text = tree_.line(fmt::format("{}/{}", folder, file)))
        out += fmt::format("{} {} {}\n", name, file, *text);
    const std::string meminfo = tree_.read(folder + "/meminfo").text;
    for (std::size_t at = 0; at < meminfo.size();) {
      const std::size_t end = std::min(meminfo.find('\n', at), meminfo.size());
      const std::string line = meminfo.substr(at, end - at);
      at = end + 1;
      // "Node 0 MemTotal:       4014572 kB"
      std::size_t word = line.find(' ', line.find(' ') + 1);
      if (word != std::string::npos) out += fmt::format("{} meminfo{}\n", name, line.substr(word));
    }
    for (const std::string& pool : tree_.names(folder + "/hugepages")) {
      const std::string files = fmt::format("{}/hugepages/{}/", folder, pool);
      out += fmt::format("{} {} {} {} {}\n", name, pool, value(files + "nr_hugepages"),
                         value(files + "free_hugepages"), value(files + "surplus_hugepages"));
    }
    const std::string access = folder + "/access0/initiators/";
    for (const char* file : {"read_latency", "write_latency", "read_bandwidth", "write_bandwidth"})
      if (const auto text = tree_.line(access + file))
        out += fmt::format("{} access0 {} {}\n", name, file, *text);
    return out;
  }

  void settings() {
    std::string out;
    const auto setting = [&](const std::string& path) {
      if (const auto text = tree_.line(path)) out += fmt::format("{} {}\n", path, *text);
    };
    for (const std::string_view path : kSettings) {
      const std::string name(path);
      if (!name.ends_with("/*")) {
        setting(name);
        continue;
      }
      const std::string folder = name.substr(0, name.size() - 2);
      for (const std::string& file : tree_.names(folder)) setting(folder + "/" + file);
    }
    for (const std::string& pool : tree_.names("/sys/kernel/mm/hugepages"))
      for (const char* file : {"nr_hugepages", "free_hugepages", "surplus_hugepages"})
        setting(fmt::format("/sys/kernel/mm/hugepages/{}/{}", pool, file));
    if (const std::int64_t n = processes(); n > 0) out += fmt::format("processes {}\n", n);
    if (!out.empty()) add("settings", out);
  }

  /// Processes with memory of their own; kernel threads have none.
  std::int64_t processes() const {
    std::int64_t n = 0;
    for (const std::string& name : tree_.names("/proc")) {
      if (!numbered(name, "")) continue;
      const auto pages = tree_.line("/proc/" + name + "/statm");
      if (pages && !pages->starts_with("0 ")) ++n;
    }
    return n;
  }

  Tree tree_;
  SnapshotFile file_;
};

}  // namespace

Result<SnapshotFile> gather(const std::string& root) { return Gathering(root).all(root); }

}  // namespace mhp::observed
