#include "sim/observed/kernel_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/kernel/placement/common/memmap_parameter.hpp"
#include "sim/observed/machine_table.hpp"
#include "sim/observed/table.hpp"
#include "sim/observed/texts/lines.hpp"

namespace mhp::observed {

namespace {

constexpr std::string_view kParameters = "module/memory_hotplug/parameters/";

/// A sysctl and the member of [kernel] that it is, within what that takes.
struct Sysctl {
  std::string_view name;
  const char* key;
  std::int64_t least;
  std::int64_t most;
};
constexpr std::array<Sysctl, 4> kSysctls{
    {{"vm.watermark_scale_factor", "watermark_scale_factor", 1, 3000},
     {"vm.watermark_boost_factor", "watermark_boost_factor", 0, 1'000'000},
     {"vm.swappiness", "swappiness", 0, 200},
     {"vm.vfs_cache_pressure", "vfs_cache_pressure", 0, 10'000}}};

bool is_yes(std::string_view text) {
  return text == "Y" || text == "y" || text == "1" || text == "true" || text == "on";
}

class Kernel {
 public:
  Kernel(const Observed& o, const Location& where) : o_(o), table_(where) {}

  Value take(bool state, std::vector<Remark>& assumed) {
    const std::string profile = profile_of(o_);
    if (!profile.empty())
      table_.set("profile", profile);
    else
      assumed.push_back({"kernel", "6.12"}), table_.set("profile", "6.12");
    const std::string architecture = architecture_of(o_);
    if (!architecture.empty() && architecture != "x86-64") table_.set("architecture", architecture);
    placement(assumed);
    onlining();
    huge_pages();
    sysctls();
    options(assumed);
    swap();
    if (const auto n = number_of(o_.setting("processes").value_or(""), 1'000'000); n && *n > 0)
      table_.set("processes", *n);
    if (state)
      table_.set("reserved_memory", "0B")
          .set("reserved_memory_source", "what is in use is in the state of memory");
    return table_.take();
  }

 private:
  Said<std::string> parameter(std::string_view name) const {
    if (auto value = o_.setting(std::string(kParameters) + std::string(name))) return value;
    return o_.boot_option("memory_hotplug." + std::string(name));
  }

  void placement(std::vector<Remark>& assumed) {
    const auto text = parameter("memmap_on_memory");
    const auto setting = text ? kernel::parse_memmap_on_memory(*text) : std::nullopt;
    if (setting)
      table_.set("memmap_placement", kernel::placement_of(*setting));
    else
      assumed.push_back({"memory_hotplug.memmap_on_memory", "off"});
  }

  void onlining() {
    if (const auto policy = parameter("online_policy");
        policy && (*policy == "contig-zones" || *policy == "auto-movable"))
      table_.set("online_policy", *policy);
    if (const auto ratio = number_of(parameter("auto_movable_ratio").value_or(""), 1'000'000))
      table_.set("auto_movable_ratio", *ratio);
    if (const auto aware = parameter("auto_movable_numa_aware"))
      table_.set("auto_movable_numa_aware", is_yes(*aware));
    if (o_.boot_option("movable_node")) table_.set("movable_node", true);
  }

  void choice(const char* key, const std::string& path,
              std::initializer_list<std::string_view> words) {
    const auto value = o_.setting(path);
    if (value && std::find(words.begin(), words.end(), *value) != words.end())
      table_.set(key, *value);
  }

  void huge_pages() {
    const std::string thp = "kernel/mm/transparent_hugepage/";
    choice("transparent_hugepage", thp + "enabled", {"always", "madvise", "never"});
    choice("transparent_hugepage_defrag", thp + "defrag",
           {"always", "defer", "defer+madvise", "madvise", "never"});
    const auto optimize = o_.sysctl.find("vm.hugetlb_optimize_vmemmap");
    const auto option = o_.boot_option("hugetlb_free_vmemmap");
    if (optimize != o_.sysctl.end())
      table_.set("hugetlb_free_vmemmap", optimize->second != 0);
    else if (option)
      table_.set("hugetlb_free_vmemmap", is_yes(*option));
  }

  void sysctls() {
    for (const Sysctl& s : kSysctls)
      if (const auto it = o_.sysctl.find(s.name);
          it != o_.sysctl.end() && it->second >= s.least && it->second <= s.most)
        table_.set(s.key, it->second);
    if (const auto it = o_.sysctl.find("vm.stat_interval"); it != o_.sysctl.end())
      table_.set("stat_interval", fmt::format("{}s", std::min<std::int64_t>(it->second, 3600)));
    if (const auto it = o_.sysctl.find("kernel.numa_balancing"); it != o_.sysctl.end())
      table_.set("numa_balancing_tiering", (it->second & 2) != 0);
    if (const auto demotion = o_.setting("kernel/mm/numa/demotion_enabled"))
      table_.set("numa_demotion", is_yes(*demotion));
    // 0x0007: every bit of it; 0x0000: active and inactive lists.
    if (const auto gen = o_.setting("kernel/mm/lru_gen/enabled"))
      table_.set("lru_gen", gen->find_first_of("1234567") != std::string::npos && *gen != "0x0000"
                                ? "on"
                                : "off");
  }

  void options(std::vector<Remark>& assumed) {
    if (o_.cmdline.empty()) {
      assumed.push_back({"options of the boot", "none"});
    } else {
      if (o_.boot_option("nokaslr")) table_.set("kaslr", false);
    }
    if (const auto init = o_.boot_option("init_on_alloc"))
      table_.set("init_on_alloc", is_yes(*init));
    else
      assumed.push_back({"init_on_alloc", "on, as distributions build it"});
    if (o_.boot_option("page_owner").value_or("") == "on") {
      constexpr std::int64_t kPageOwner = 72;  // Linux 6.12 (config.cpp has more)
      table_.set("page_ext", fmt::format("{}B", kPageOwner));
    }
    if (const auto rodata = o_.boot_option("rodata");
        rodata && (*rodata == "full" || *rodata == "on" || *rodata == "off"))
      table_.set("rodata", *rodata);
    if (const auto kfence =
            number_of(o_.boot_option("kfence.sample_interval").value_or(""), 1'000'000))
      table_.set("kfence_sample_interval", *kfence);
  }

  /// What of swap is left.
  void swap() {
    if (const auto free = o_.meminfo.find("SwapFree"); free != o_.meminfo.end()) {
      table_.set("swap", fmt::format("{}KiB", std::max<std::int64_t>(0, free->second)));
      return;
    }
    Bytes left;
    for (const Swap& s : o_.swaps) left += s.size - s.used.value_or(Bytes{});
    if (!o_.swaps.empty()) table_.set("swap", fmt::format("{}KiB", left.value / kKiB));
  }

  const Observed& o_;
  Table table_;
};

/// "9_4" of "5.14.0-427.13.1.el9_4.x86_64", "9" of ".el9."; empty of others.
std::string enterprise_release(std::string_view release) {
  const std::size_t at = release.find(".el");
  if (at == std::string_view::npos) return {};
  std::string_view rest = release.substr(at + 3);
  std::size_t n = 0;
  while (n < rest.size() && ((rest[n] >= '0' && rest[n] <= '9') || rest[n] == '_')) ++n;
  std::string out(rest.substr(0, n));
  while (out.ends_with('_')) out.pop_back();
  return out;
}

}  // namespace

std::string architecture_of(const Observed& o) {
  const std::int64_t page = o.page_size ? o.page_size->value : 4 * kKiB;
  const auto sized = [&](const char* name) { return fmt::format("{}-{}k", name, page / kKiB); };
  if (o.architecture.empty() || o.architecture == "x86_64") return "x86-64";
  if (o.architecture == "aarch64" || o.architecture == "arm64") return sized("arm64");
  if (o.architecture.starts_with("ppc64")) return sized("ppc64");
  if (o.architecture == "s390x") return "s390";
  return o.architecture;
}

std::string profile_of(const Observed& o) {
  std::string_view release = o.kernel_release;
  const std::size_t dot = release.find('.');
  if (dot == std::string_view::npos) return {};
  std::size_t end = dot + 1;
  while (end < release.size() && release[end] >= '0' && release[end] <= '9') ++end;
  if (end == dot + 1 || release[0] < '0' || release[0] > '9') return {};
  std::string series(release.substr(0, end));
  if (const std::string el = enterprise_release(release); !el.empty()) series += "-rhel" + el;
  return series;
}

Value kernel_table(const Observed& observed, bool state, const Location& where,
                   std::vector<Remark>& assumed) {
  return Kernel(observed, where).take(state, assumed);
}

Value hotplug_table(const Observed& observed, const Location& where, std::vector<Remark>& assumed) {
  Table table(where);
  auto how = observed.setting("devices/system/memory/auto_online_blocks");
  if (!how) how = observed.boot_option("memhp_default_state");
  if (how && (*how == "online" || *how == "online_kernel" || *how == "online_movable"))
    table.set("online", *how).set("online_by", "kernel");
  else
    assumed.push_back(
        {"who brings memory online", "as the scenario says: the kernel itself leaves it offline"});
  return table.take();
}

}  // namespace mhp::observed
