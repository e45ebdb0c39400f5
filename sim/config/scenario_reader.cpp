#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/config/scenario.hpp"
#include "sim/config/scenario_check.hpp"
#include "sim/config/scenario_params.hpp"

namespace mhp::config {

namespace {

/// Builds the scenario, or parts of it, from a resolved tree and collects all that is wrong.
class Reader {
 public:
  Reader(const Value& root, Scenario& scenario, bool record)
      : root_(root), s_(scenario), used_(record ? &scenario.used : nullptr) {}

  Result<void> read(unsigned parts) {
    if ((parts & kRunPart) != 0) run_set().read(root_, s_.run, errors_, used_);
    if (const Value* v = section("machine", true, parts & kMachinePart))
      s_.machine = machine::read_machine(*v, errors_, used_);
    if (const Value* v = section("costs", true, parts & kCostsPart))
      s_.costs = cost::read_cost_profile(*v, errors_, used_);
    if (const Value* v = section("kernel", true, parts & kKernelPart)) read_kernel(*v);
    if ((parts & kHotplugPart) != 0) {
      read_hotplug();
      read_udev();
    }
    if ((parts & kWorkloadPart) != 0) read_workloads();
    if (errors_.empty() && (parts & kWhole) != 0) {
      size_by_growth();
      check_scenario(s_, root_, errors_);
    }
    if (!errors_.empty()) return tl::unexpected<Diagnostics>(std::move(errors_));
    return {};
  }

  /// What read_value() says.
  unsigned read_one(const ValuePlace& place, Diagnostics& errors) {
    const std::string& first = place.front();
    const bool done = read_alone(place);
    errors.insert(errors.end(), errors_.begin(), errors_.end());
    if (!done) return part_of(first) | kWhole;
    // No check of the parts together looks at prices or at the kernel's profile.
    const bool checked_alone = first == "costs" || (first == "kernel" && place.size() == 3);
    return checked_alone ? 0u : unsigned{kWhole};
  }

 private:
  static const ParamSet<RunParams>& run_set() {
    static const ParamSet<RunParams> set = run_params();
    return set;
  }
  static const ParamSet<HotplugParams>& hotplug_set() {
    static const ParamSet<HotplugParams> set = hotplug_params();
    return set;
  }
  static const ParamSet<kernel::KernelConfig>& kernel_set() {
    static const auto set = kernel::kernel_config_params().subtable("profile");
    return set;
  }
  static const ParamSet<kernel::KernelProfile>& profile_set() {
    static const auto set = kernel::kernel_profile_params();
    return set;
  }
  static const ParamSet<UdevParams>& udev_set() {
    static const ParamSet<UdevParams> set = udev_params();
    return set;
  }

  /// Reads one value if it can be read alone.
  bool read_alone(const ValuePlace& place) {
    const std::string& first = place.front();
    const std::string& last = place.back();
    if (place.size() == 1) return run_set().read_one(root_, last, s_.run, errors_);
    const Value& part = *root_.find(first);
    if (first == "hotplug") return read_of_hotplug(*part.array(), place);
    if (first == "costs" && place.size() == 3)
      return cost::read_price(part, place[1], last, s_.costs, errors_);
    if (first == "kernel" && place.size() == 3 && place[1] == "profile")
      return profile_set().read_one(*part.find(place[1]), last, s_.profile, errors_,
                                    "kernel.profile");
    if (first != "kernel" || place.size() != 2) return false;
    const bool done = kernel_set().read_one(part, last, s_.kernel, errors_, first);
    check_block_size(part);
    return done;
  }

  bool read_of_hotplug(const Value::Array& tables, const ValuePlace& place) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const std::string number = std::to_string(i);
      if (number != place[1]) continue;
      const std::string path = "hotplug." + number;
      if (place.size() == 3)
        return hotplug_set().read_one(tables[i], place[2], s_.hotplug[i].params, errors_, path);
      if (place.size() != 4 || place[2] != "device") return false;
      read_device(*tables[i].find(place[2]), path + ".device", s_.hotplug[i]);
      return true;
    }
    return false;
  }

  /// A table of the scenario; null if it is not wanted, missing, has a diagnostic already or is no
  /// table.
  const Value* section(const std::string& key, bool required, unsigned wanted) {
    if (wanted == 0) return nullptr;
    const Value* v = root_.find(key);
    if (v == nullptr) {
      if (required)
        errors_.push_back({root_.where, fmt::format("no '{}'", key),
                           fmt::format("add {} = \"FILE.toml\" or a table [{}]", key, key)});
      return nullptr;
    }
    if (v->table() == nullptr) {
      if (v->string() == nullptr)
        errors_.push_back(
            {v->where, fmt::format("'{}' is {}", key, v->kind_name()), "write a table"});
      return nullptr;
    }
    return v;
  }

  void read_kernel(const Value& table) {
    kernel_set().read(table, s_.kernel, errors_, used_, "kernel");
    if (const Value* profile = table.find("profile");
        profile != nullptr && profile->table() != nullptr)
      profile_set().read(*profile, s_.profile, errors_, used_, "kernel.profile");
    else if (profile == nullptr)
      errors_.push_back(
          {table.where, "no 'profile'", "add profile = \"../kernels/linux-6.12.toml\""});
    check_block_size(table);
  }

  void check_block_size(const Value& table) {
    const std::int64_t block = s_.kernel.memory_block_size.value;
    if (block != 0 && (block < 128 * kMiB || (block & (block - 1)) != 0)) {
      const Value* v = table.find("memory_block_size");
      errors_.push_back({v != nullptr ? v->where : table.where,
                         "memory blocks are powers of two from 128 MiB to 64 GiB",
                         "for example memory_block_size = \"2GiB\""});
    }
  }

  void read_hotplug() {
    const Value* list = root_.find("hotplug");
    if (list == nullptr || list->array() == nullptr) {
      errors_.push_back({list == nullptr ? root_.where : list->where, "no [[hotplug]] table",
                         "add one with size and device"});
      return;
    }
    s_.hotplug.clear();
    for (const Value& element : *list->array()) {
      const std::string path = fmt::format("hotplug.{}", s_.hotplug.size());
      Hotplug h;
      h.index = s_.hotplug.size();
      hotplug_set().read(element, h.params, errors_, used_, path);
      const Value* device = element.find("device");
      if (device == nullptr)
        errors_.push_back({element.where, "no 'device'", "add device = \"../devices/FILE.toml\""});
      else if (device->table() != nullptr)
        read_device(*device, path + ".device", h);
      s_.hotplug.push_back(std::move(h));
    }
  }

  void read_device(const Value& table, const std::string& path, Hotplug& h) {
    const auto* model = choose(table, path, machine::devices());
    if (model == nullptr) return;
    h.device = model->name;
    h.stages = model->configure(table, path, errors_, used_);
  }

  // In force, and so recorded, if somebody relies on it.
  void read_udev() {
    const Value none{Value::Table{}, root_.where};
    const Value* given = section("udev", false, kHotplugPart);
    const bool relied_on = std::any_of(s_.hotplug.begin(), s_.hotplug.end(), [](const Hotplug& h) {
      return h.params.online_by == OnlineBy::udev;
    });
    if (given != nullptr || relied_on)
      udev_set().read(given != nullptr ? *given : none, s_.udev, errors_, used_, "udev");
  }

  /// Each time anew: the machine or the factor may be another than the last time.
  void size_by_growth() {
    Bytes boot;
    for (const auto& node : s_.machine.nodes) boot += node.memory;
    for (Hotplug& h : s_.hotplug)
      if (h.params.growth_factor > 0) h.params.size = boot * h.params.growth_factor;
  }

  /// One [workload] table, or several [[workload]] tables that run together.
  void read_workloads() {
    s_.workloads.clear();
    const Value* v = root_.find("workload");
    if (v == nullptr || v->array() == nullptr) {
      if (const Value* table = section("workload", false, kWorkloadPart))
        read_workload(*table, "workload");
      if (s_.workloads.size() == 1 && v->find("name") == nullptr)
        s_.workloads.front().prefix = "workload";
      return;
    }
    std::size_t index = 0;
    for (const Value& element : *v->array())
      read_workload(element, fmt::format("workload.{}", index++));
  }

  void read_workload(const Value& table, const std::string& path) {
    const auto* kind = choose(table, path, workloads::workloads());
    if (kind == nullptr) return;
    const Value* given = table.find("name");
    std::string name = given != nullptr && given->string() != nullptr ? *given->string() : "";
    if (name.empty()) name = kind->name;
    const Value& place = given != nullptr ? *given : table;
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
      errors_.push_back({place.where, fmt::format("'{}' is no name for figures", name),
                         "use small letters, digits and _"});
    for (const Workload& other : s_.workloads)
      if (other.name == name)
        errors_.push_back({place.where, fmt::format("two workloads are called '{}'", name),
                           "give one of them another 'name'"});
    s_.workloads.push_back({name, name, kind->configure(table, path, errors_, used_)});
  }

  /// The registry entry that the member `kind` of a table names.
  template <class Entry>
  const Entry* choose(const Value& table, const std::string& path,
                      const Registry<Entry>& registry) {
    const Value* kind = table.find("kind");
    if (kind == nullptr || kind->string() == nullptr) {
      errors_.push_back(
          {table.where, "no 'kind'", fmt::format("one of: {}", fmt::join(registry.names(), ", "))});
      return nullptr;
    }
    const Entry* entry = registry.find(*kind->string());
    if (entry == nullptr && *kind->string() == "help")
      errors_.push_back({kind->where, "choices of 'kind':\n" + registry.listing(), ""});
    else if (entry == nullptr)
      errors_.push_back({kind->where, fmt::format("unknown kind '{}'", *kind->string()),
                         did_you_mean(*kind->string(), registry.names())});
    else if (used_ != nullptr)
      used_->push_back({path + ".kind", entry->name, "", "", "", false});
    return entry;
  }

  const Value& root_;
  Scenario& s_;
  std::vector<ParamValue>* used_;
  Diagnostics errors_;
};

}  // namespace

ScenarioPart part_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, ScenarioPart>, 6> kParts{{
      {"machine", kMachinePart},
      {"costs", kCostsPart},
      {"kernel", kKernelPart},
      {"hotplug", kHotplugPart},
      {"udev", kHotplugPart},
      {"workload", kWorkloadPart},
  }};
  const std::string_view first = path.substr(0, path.find_first_of(".["));
  const auto* it =
      std::find_if(kParts.begin(), kParts.end(), [&](const auto& p) { return p.first == first; });
  return it == kParts.end() ? kRunPart : it->second;
}

unsigned read_value(const Value& root, const ValuePlace& place, Scenario& scenario,
                    Diagnostics& errors) {
  return Reader(root, scenario, false).read_one(place, errors);
}

Result<void> read_scenario(const Value& root, unsigned parts, bool record, Scenario& scenario) {
  return Reader(root, scenario, record).read(parts);
}

}  // namespace mhp::config
