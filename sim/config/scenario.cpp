#include "sim/config/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "sim/config/merge.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/config/toml_writer.hpp"
#include "sim/core/units.hpp"
#include "sim/kernel/adder/adder.hpp"
#include "sim/kernel/boot_state.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::config {

namespace {

ParamSet<RunParams> run_params() {
  using P = RunParams;
  ParamSet<P> set;
  set.add("name", &P::name, {.doc = "what the scenario is called in reports", .required = true})
      .add("doc", &P::doc, {.doc = "the question that the scenario asks"})
      .add("seed", &P::seed, {.doc = "seed of all random draws", .min = 0})
      .add("settle", &P::settle,
           {.doc = "simulated time that the run goes on after the last block is online",
            .min = SimTime{0}})
      .add("until", &P::until,
           {.doc = "when the run ends, whatever its devices do; 0: `settle` after the last of them",
            .min = SimTime{0}})
      .subtable("machine")
      .subtable("kernel")
      .subtable("costs")
      .subtable("hotplug")
      .subtable("udev")
      .subtable("workload");
  return set;
}

ParamSet<UdevParams> udev_params() {
  using P = UdevParams;
  ParamSet<P> set;
  set.add("children_max", &P::children_max,
          {.doc = "events that systemd-udevd handles at once; 0: as it chooses by itself",
           .linux_name = "udev.conf: children_max",
           .min = 0,
           .max = 2048,
           .basis = "choice"})
      .add("event_latency", &P::event_latency,
           {.doc = "from a block's event until the worker writes to its state file",
            .source = "a worker is forked or woken and applies the rules",
            .min = SimTime{0},
            .basis = "assumed",
            .low = SimTime{500'000},
            .high = SimTime{20'000'000}});
  return set;
}

ParamSet<HotplugParams> hotplug_params() {
  using P = HotplugParams;
  ParamSet<P> set;
  set.add("node", &P::node, {.doc = "node that the memory belongs to"})
      .add("size", &P::size,
           {.doc = "size of one device", .required = true, .min = Bytes{kPageSize}})
      .add("count", &P::count, {.doc = "number of devices of this table", .min = 1, .max = 100'000})
      .add("at", &P::at,
           {.doc = "when the first device is inserted", .min = SimTime{0}, .basis = "choice"})
      .add("every", &P::every,
           {.doc = "time from the insertion of one device to that of the next",
            .min = SimTime{0},
            .basis = "choice"})
      .add("when", &P::when,
           {.doc = "what brings a device in, once its time has come",
            .choices = {{"time", "nothing else"},
                        {"free_below",
                         "the machine's free memory falls below free_below, and the device before "
                         "it in this table is in"}}})
      .add("free_below", &P::free_below,
           {.doc = "free memory below which a device is added on demand", .min = Bytes{0}})
      .add("check_every", &P::check_every,
           {.doc = "how often somebody looks at the free memory", .min = SimTime{1'000}})
      .add("adder", &P::adder,
           {.doc = "the driver that adds the memory", .choices = kernel::adders().choices()})
      .add("online", &P::online,
           {.doc = "how the memory blocks go online",
            .linux_name = "memhp_default_state",
            .choices = {{"offline", "they stay offline"},
                        {"online", "to the zone that the kernel prefers (contig-zones)"},
                        {"online_kernel", "to a kernel zone"},
                        {"online_movable", "to ZONE_MOVABLE"}}})
      .add("online_by", &P::online_by,
           {.doc = "who brings the blocks online",
            .choices = {{"kernel",
                         "the adding thread, after the whole device is added (auto_online_blocks)"},
                        {"sysfs",
                         "a process that writes to the blocks' state files in address order"},
                        {"udev",
                         "workers of systemd-udevd, one for each block's event, that write to its "
                         "state file"}}})
      .add("online_latency", &P::online_latency,
           {.doc =
                "time that the process (sysfs) takes for each block before it writes to its state "
                "file",
            .min = SimTime{0},
            .basis = "choice"})
      .add("online_delay", &P::online_delay,
           {.doc = "time from a device's first block to be there until an operator begins to "
                   "bring them online (online_by sysfs)",
            .min = SimTime{0}})
      .add("unplug", &P::unplug, {.doc = "the devices are taken away again"})
      .add("unplug_after", &P::unplug_after,
           {.doc = "time from a device's last block online to its unplug",
            .min = SimTime{0},
            .basis = "choice"})
      .add("unplug_when", &P::unplug_when,
           {.doc = "what lets a device go, once that time is over",
            .choices = {{"time", "nothing else"},
                        {"free_above", "the machine's free memory rises above free_above"}}})
      .add("free_above", &P::free_above,
           {.doc = "free memory above which a device that came on demand goes again",
            .min = Bytes{0}})
      .add("cpu_node", &P::cpu_node,
           {.doc = "node of the processor that adds and onlines the memory"})
      .subtable("device");
  return set;
}

void keep(const Result<void>& done, Diagnostics& errors) {
  if (!done) errors.insert(errors.end(), done.error().begin(), done.error().end());
}

/// Puts the files in that the scenario names.
void put_references(Value& root, Diagnostics& errors) {
  keep(merge_reference(root, "machine"), errors);
  keep(merge_reference(root, "costs"), errors);
  if (Value* kernel = root.find("kernel")) keep(merge_reference(*kernel, "profile"), errors);
  if (Value* list = root.find("hotplug"); list != nullptr && list->array() != nullptr)
    for (Value& element : *list->array()) keep(merge_reference(element, "device"), errors);
}

/// Builds the scenario, or parts of it, from a resolved tree and collects all that is wrong.
class Reader {
 public:
  Reader(const Value& root, Scenario& scenario, bool record)
      : root_(root), s_(scenario), used_(record ? &scenario.used : nullptr) {}

  Result<void> read(unsigned parts) {
    static const ParamSet<RunParams> run = run_params();
    if ((parts & kRunPart) != 0) run.read(root_, s_.run, errors_, used_);
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
    if (errors_.empty() && (parts & kWhole) != 0) check_whole(s_);
    if (!errors_.empty()) return tl::unexpected<Diagnostics>(std::move(errors_));
    return {};
  }

 private:
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
    static const auto config = kernel::kernel_config_params().subtable("profile");
    static const auto profile_params = kernel::kernel_profile_params();
    config.read(table, s_.kernel, errors_, used_, "kernel");
    if (const Value* profile = table.find("profile");
        profile != nullptr && profile->table() != nullptr)
      profile_params.read(*profile, s_.profile, errors_, used_, "kernel.profile");
    else if (profile == nullptr)
      errors_.push_back(
          {table.where, "no 'profile'", "add profile = \"../kernels/linux-6.12.toml\""});
    const std::int64_t block = s_.kernel.memory_block_size.value;
    if (block != 0 && (block < 128 * kMiB || (block & (block - 1)) != 0)) {
      const Value* v = table.find("memory_block_size");
      errors_.push_back({v != nullptr ? v->where : table.where,
                         "memory blocks are powers of two from 128 MiB to 64 GiB",
                         "for example memory_block_size = \"2GiB\""});
    }
  }

  void read_hotplug() {
    static const ParamSet<HotplugParams> params = hotplug_params();
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
      params.read(element, h.params, errors_, used_, path);
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
      return h.params.online_by == "udev";
    });
    if (given != nullptr || relied_on)
      udev_params().read(given != nullptr ? *given : none, s_.udev, errors_, used_, "udev");
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

  // What no single table can know: nodes that exist, links that reach them, sizes in whole memory
  // blocks.
  void check_whole(const Scenario& s) {
    const auto nodes = static_cast<std::int32_t>(s.machine.nodes.size());
    const machine::Topology topology(s.machine);
    if (!topology.connected())
      errors_.push_back({root_.find("machine")->where, "not every node can reach every other",
                         "add [[link]] tables"});
    if (!errors_.empty()) return;
    Bytes first_memory;
    for (const auto& node : s.machine.nodes)
      if (first_memory.value == 0) first_memory = node.memory;
    if (s.kernel.reserved_memory > first_memory / 2) {
      const Value& table = *root_.find("kernel");
      const Value* reserved = table.find("reserved_memory");
      errors_.push_back({reserved != nullptr ? reserved->where : table.where,
                         "the kernel reserves more than half of the first node's boot memory",
                         fmt::format("at most {}", format_bytes(first_memory / 2))});
      return;
    }
    const auto boot = kernel::boot(machine::describe(s.machine, topology), s.kernel);
    for (std::size_t i = 0; i < s.hotplug.size(); ++i) {
      const Value& element = (*root_.find("hotplug")->array())[i];
      const HotplugParams& p = s.hotplug[i].params;
      const auto place = [&](const char* key) {
        return element.find(key) != nullptr ? element.find(key)->where : element.where;
      };
      for (const auto& [key, node] : {std::pair{"node", p.node}, std::pair{"cpu_node", p.cpu_node}})
        if (node.value < 0 || node.value >= nodes)
          errors_.push_back({place(key), fmt::format("there is no node {}", node.value),
                             fmt::format("nodes are numbered 0 to {}", nodes - 1)});
      const bool on_demand = p.when == "free_below" || p.unplug_when == "free_above";
      if (on_demand && s.run.until.value == 0)
        errors_.push_back({place(p.when == "free_below" ? "when" : "unplug_when"),
                           "a device that comes or goes on demand may never do so",
                           "say when the run ends: until = \"1h\""});
      if (p.when == "free_below" && p.unplug_when == "free_above" &&
          p.free_above <= p.free_below + p.size)
        errors_.push_back({place("free_above"), "what is added would be taken away at once",
                           fmt::format("more than free_below and the size of a device, {}",
                                       format_bytes(p.free_below + p.size))});
      const Bytes block = bytes_of(boot.block_pages);
      const kernel::Adder& adder = *kernel::adders().find(p.adder);
      if (p.online == "offline" && adder.onlines_itself)
        errors_.push_back({place("online"), fmt::format("{} brings its memory online", p.adder),
                           "choose another 'online' or another 'adder'"});
      else if (p.online == "offline" && adder.offline_limit.value > 0 &&
               p.size > adder.offline_limit)
        errors_.push_back({place("online"),
                           fmt::format("{} stops adding when {} wait to go online", p.adder,
                                       format_bytes(adder.offline_limit)),
                           fmt::format("choose another 'online', or at most {}",
                                       format_bytes(adder.offline_limit))});
      if (adder.trims_to_blocks && p.size < block)
        errors_.push_back({place("size"),
                           fmt::format("{} holds no whole memory block", format_bytes(p.size)),
                           fmt::format("a block of this machine is {}", format_bytes(block))});
      if (!adder.trims_to_blocks && p.size % block != Bytes{0})
        errors_.push_back(
            {place("size"),
             fmt::format("{} is not a whole number of memory blocks", format_bytes(p.size)),
             fmt::format("a block of this machine is {}", format_bytes(block))});
      if (p.cpu_node.valid() && p.cpu_node.value < nodes &&
          s.machine.nodes[p.cpu_node.index()].cpus == 0)
        errors_.push_back({place("cpu_node"),
                           fmt::format("node {} has no processors", p.cpu_node.value),
                           "choose a node with 'cpus'"});
    }
  }

  const Value& root_;
  Scenario& s_;
  std::vector<ParamValue>* used_;
  Diagnostics errors_;
};

}  // namespace

Result<void> put_references(Value& root) {
  Diagnostics errors;
  put_references(root, errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return {};
}

Result<void> read_scenario(const Value& root, unsigned parts, bool record, Scenario& scenario) {
  return Reader(root, scenario, record).read(parts);
}

Result<Scenario> read_whole(Value root) {
  Scenario scenario;
  if (auto done = read_scenario(root, kAllParts, true, scenario); !done)
    return tl::unexpected<Diagnostics>(std::move(done.error()));
  scenario.resolved_text = to_toml(root);
  scenario.resolved = std::move(root);
  return scenario;
}

Result<Scenario> load_scenario(const std::string& path, const std::vector<std::string>& overrides) {
  auto root = load_toml(path);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  Diagnostics errors;
  // References go in first, so that --set reaches into the files they name; and again, for those
  // that --set names.
  put_references(*root, errors);
  for (std::size_t i = 0; i < overrides.size(); ++i)
    keep(apply_override(*root, overrides[i], static_cast<int>(i) + 1), errors);
  put_references(*root, errors);
  forget_outdated(*root);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  auto scenario = read_whole(std::move(*root));
  if (scenario) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    scenario->source_text = text.str();
    scenario->overrides = overrides;
  }
  return scenario;
}

Result<Scenario> with_settings(const Scenario& scenario, const std::vector<std::string>& settings) {
  Value root = scenario.resolved;
  Diagnostics errors;
  for (std::size_t i = 0; i < settings.size(); ++i)
    keep(apply_override(root, settings[i], static_cast<int>(i) + 1), errors);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  auto changed = read_whole(std::move(root));
  if (changed) {
    changed->source_text = scenario.source_text;
    changed->overrides = scenario.overrides;
    changed->overrides.insert(changed->overrides.end(), settings.begin(), settings.end());
  }
  return changed;
}

std::int64_t udev_children_max(const machine::Machine& machine) {
  std::int64_t cpus = 0;
  Bytes memory;
  for (const machine::NodeParams& node : machine.nodes) {
    cpus += node.cpus;
    memory += node.memory;
  }
  const std::int64_t by_memory = std::max<std::int64_t>(memory / Bytes{128 * kMiB}, 10);
  return std::min<std::int64_t>({cpus * 2 + 16, by_memory, 2048});
}

std::vector<ParamInfo> describe_scenario() {
  std::vector<ParamInfo> all;
  const auto append = [&](std::vector<ParamInfo> more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(run_params().describe());
  append(machine::machine_params().describe("machine"));
  append(machine::core_params().describe("machine.core"));
  append(machine::node_params().describe("machine.node.N"));
  append(machine::link_params().describe("machine.link.N"));
  append(kernel::kernel_config_params().describe("kernel"));
  append(kernel::kernel_profile_params().describe("kernel.profile"));
  append(hotplug_params().describe("hotplug.N"));
  append(udev_params().describe("udev"));
  for (const auto& [name, model] : machine::devices().entries())
    append(model.describe("hotplug.N.device"));
  for (const auto& [name, model] : workloads::workloads().entries())
    append(model.describe("workload"));
  append(cost::describe_cost_profile());
  return all;
}

Result<kernel::KernelProfile> load_kernel_profile(const std::string& path) {
  const auto table = load_toml(path);
  if (!table) return tl::unexpected<Diagnostics>(table.error());
  kernel::KernelProfile profile;
  Diagnostics errors;
  std::vector<ParamValue> used;
  kernel::kernel_profile_params().read(*table, profile, errors, &used);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return profile;
}

}  // namespace mhp::config
