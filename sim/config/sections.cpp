#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/config/architectures.hpp"
#include "sim/config/bounds.hpp"
#include "sim/config/kernel_config.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/config/machine_file.hpp"
#include "sim/config/mem_policy.hpp"
#include "sim/config/section_common.hpp"
#include "sim/core/units.hpp"
#include "sim/kernel/boot/early_reservations.hpp"
#include "sim/kernel/mm/reclaim/lru_gen.hpp"
#include "sim/kernel/placement/common/per_block_map.hpp"
#include "sim/machine/part.hpp"
#include "sim/machine/population.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::config {

namespace {

/// The table of a section; null if it is missing, has a diagnostic already or is no table. `named`:
/// it may be the name of a file, which stands there still if the file could not be read.
const Value* table_of(Reading& r, const std::string& key, bool required, bool named = false) {
  const Value* v = r.root.find(key);
  if (v == nullptr && required)
    r.errors.push_back({r.root.where, fmt::format("no '{}'", key),
                        fmt::format("add {} = \"FILE.toml\" or a table [{}]", key, key)});
  if (v == nullptr || v->table() != nullptr) return v;
  if (!named || v->string() == nullptr)
    r.errors.push_back({v->where, fmt::format("'{}' is {}", key, v->kind_name()), "write a table"});
  return nullptr;
}

/// A table within the table of a section, which may be missing.
const Value* table_of(Reading& r, const Value& section, const char* name, const char* key) {
  const Value* v = section.find(key);
  if (v == nullptr || v->table() != nullptr) return v;
  r.errors.push_back({v->where, fmt::format("'{}.{}' is {}", name, key, v->kind_name()),
                      fmt::format("write a table [{}.{}]", name, key)});
  return nullptr;
}

ParamSet<RunParams> root_params() {
  using P = RunParams;
  ParamSet<P> set;
  set.add("name", &P::name, {.doc = "what the scenario is called in reports", .required = true})
      .add("doc", &P::doc, {.doc = "the question that the scenario asks"})
      .add("seed", &P::seed,
           {.doc = "seed of all random draws",
            .min = 0,
            .max = std::numeric_limits<std::int64_t>::max()})
      .add("settle", &P::settle,
           {.doc = "simulated time that the run goes on after the last block is online",
            .min = SimTime{0}})
      .add("until", &P::until,
           {.doc = "when the run ends, whatever its devices do; 0: `settle` after the last of them",
            .min = SimTime{0}});
  for (const Section& section : sections())
    if (!section.name.empty()) set.subtable(section.name);
  return set;
}

void read_root(Reading& r) { once<root_params>().read(r.root, r.scenario.run, r.errors, r.used); }

bool read_root_value(Reading& r, const ValuePlace& place) {
  return once<root_params>().read_one(r.root, place[0], r.scenario.run, r.errors);
}

ParamSet<MachineOrigin> origin_params() {
  using P = MachineOrigin;
  ParamSet<P> set;
  set.add("file", &P::file, {.doc = "what the machine was read from", .required = true})
      .add("crc32", &P::crc32, {.doc = "checksum of its bytes"})
      .add("found", &P::found, {.doc = "in words: what it says, and where"})
      .add("assumed", &P::assumed,
           {.doc = "in words: what it does not say, and what holds instead"});
  return set;
}

void describe_machine(std::vector<ParamInfo>& all) {
  add(all, machine::machine_params().describe("machine"));
  add(all, machine::socket_params().describe("machine.socket.N"));
  add(all, machine::part_params().describe("machine.socket.N.processor"));
  add(all, machine::core_params().describe("machine.core"));
  add(all, machine::node_params().describe("machine.node.N"));
  add(all, machine::link_params().describe("machine.link.N"));
  add(all, once<origin_params>().describe("machine.origin"));
  add(all, kernel::found_state_params().describe("machine.state"));
  add(all, kernel::found_zone_params().describe("machine.state.zone.N"));
}

void read_machine(Reading& r) {
  r.scenario.found.reset();
  r.scenario.origin.reset();
  const Value* table = table_of(r, "machine", true, true);
  if (table == nullptr) return;
  r.scenario.machine = machine::read_machine(*table, r.errors, r.used);
  if (const Value* state = table_of(r, *table, "machine", "state"))
    r.scenario.found = kernel::read_found_state(*state, r.scenario.machine.nodes.size(), r.errors,
                                                r.used, "machine.state");
  if (const Value* origin = table_of(r, *table, "machine", "origin"))
    once<origin_params>().read(*origin, r.scenario.origin.emplace(), r.errors, r.used,
                               "machine.origin");
}

void read_costs(Reading& r) {
  if (const Value* table = table_of(r, "costs", true, true))
    r.scenario.costs = cost::read_cost_profile(*table, r.errors, r.used);
}

bool read_price(Reading& r, const ValuePlace& place) {
  return place.size() == 3 &&
         cost::read_price(*r.root.find("costs"), place[1], place[2], r.scenario.costs, r.errors);
}

/// What [kernel] may name instead of stating it.
Result<void> merge_kernel_file(Value& table, const std::string& key) {
  return key == "architecture" ? merge_architecture(table, key) : merge_kernel_profile(table, key);
}

void check_block_size(Reading& r, const Value& table) {
  const kernel::Architecture& arch = r.scenario.architecture;
  const Bytes block = r.scenario.kernel.memory_block_size;
  const auto bad = [&](std::string problem, std::string remedy) {
    r.errors.push_back(
        {place_of(table, "memory_block_size"), std::move(problem), std::move(remedy)});
  };
  if (arch.block_rule == kernel::BlockRule::fixed && block.value != 0)
    return bad(fmt::format("memory blocks of {} have {}, always", arch.name,
                           format_bytes(arch.block_size)),
               "leave memory_block_size away, or say \"0B\"");
  if (block.value == 0 || block == kernel::kBlockOfDevice) return;
  const Bytes least = arch.section_size;
  if (block < least || (block.value & (block.value - 1)) != 0)
    bad(fmt::format("memory blocks are powers of two from {} to 64 GiB", format_bytes(least)),
        "for example memory_block_size = \"2GiB\"");
}

void read_architecture(Reading& r, const Value& kernel) {
  const Value* table = kernel.find("architecture");
  if (table == nullptr || table->table() == nullptr) return;
  kernel::Architecture& arch = r.scenario.architecture;
  const std::size_t before = r.errors.size();
  once<kernel::architecture_params<>>().read(*table, arch, r.errors, r.used, "kernel.architecture");
  if (r.errors.size() == before) check_architecture(arch, *table, r.errors);
  if (r.errors.size() != before) arch = {};
}

void check_struct_page(Reading& r, const Value& table) {
  if (r.scenario.kernel.struct_page_size.value % 8 != 0)
    r.errors.push_back({place_of(table, "struct_page_size"),
                        "struct pages are aligned to 8 bytes, and so is their size",
                        "for example struct_page_size = \"64B\""});
}

void check_per_block(Reading& r, const Value& table) {
  const auto map = kernel::per_block_map(r.scenario.kernel, place_of(table, "memmap_per_block"));
  if (!map) r.errors.insert(r.errors.end(), map.error().begin(), map.error().end());
}

void read_kernel(Reading& r) {
  const Value* table = table_of(r, "kernel", true);
  if (table == nullptr) return;
  once<kernel::kernel_config_params>().read(*table, r.scenario.kernel, r.errors, r.used, "kernel");
  if (const Value* profile = table->find("profile");
      profile != nullptr && profile->table() != nullptr)
    once<kernel::kernel_profile_params<>>().read(*profile, r.scenario.profile, r.errors, r.used,
                                                 "kernel.profile");
  else if (profile == nullptr)
    r.errors.push_back(
        {table->where, "no 'profile'", "add profile = \"../kernels/linux-6.12.toml\""});
  read_architecture(r, *table);
  check_block_size(r, *table);
  check_struct_page(r, *table);
  check_per_block(r, *table);
}

bool read_kernel_value(Reading& r, const ValuePlace& place) {
  const Value& table = *r.root.find("kernel");
  if (place.size() == 3 && place[1] == "profile")
    return once<kernel::kernel_profile_params<>>().read_one(
        *table.find("profile"), place[2], r.scenario.profile, r.errors, "kernel.profile");
  if (place.size() == 3 && place[1] == "architecture") {
    const Value& stated = *table.find("architecture");
    const bool one = once<kernel::architecture_params<>>().read_one(
        stated, place[2], r.scenario.architecture, r.errors, "kernel.architecture");
    if (one) check_architecture(r.scenario.architecture, stated, r.errors);
    return one;
  }
  if (place.size() != 2) return false;
  const bool done = once<kernel::kernel_config_params>().read_one(
      table, place[1], r.scenario.kernel, r.errors, "kernel");
  check_block_size(r, table);
  check_struct_page(r, table);
  check_per_block(r, table);
  return done;
}

void describe_kernel(std::vector<ParamInfo>& all) {
  add(all, once<kernel::kernel_config_params>().describe("kernel"));
  add(all, once<kernel::kernel_profile_params<>>().describe("kernel.profile"));
  add(all, once<kernel::architecture_params<>>().describe("kernel.architecture"));
}

/// A kernel runs on machines of its own architecture.
void check_architecture_of_machine(Reading& r) {
  const std::string& machine = r.scenario.machine.general.architecture;
  const kernel::Architecture& arch = r.scenario.architecture;
  if (machine.empty() || machine == arch.machine) return;
  std::vector<std::string> fitting;
  for (const std::string& name : architecture_names())
    if (const auto other = load_architecture(name); other && other->machine == machine)
      fitting.push_back(name);
  r.errors.push_back({place_of(*r.root.find("kernel"), "architecture"),
                      fmt::format("a kernel of {} does not run on {}, which is {}", arch.name,
                                  r.scenario.machine.general.name, machine),
                      fmt::format("kernel.architecture is one of: {}", fmt::join(fitting, ", "))});
}

/// A kernel that was built without it has no multi-generational LRU to turn on.
void check_lru_gen(Reading& r) {
  const Scenario& s = r.scenario;
  if (kernel::lru_gen_enabled(s.kernel, s.profile)) return;
  r.errors.push_back({place_of(*r.root.find("kernel"), "lru_gen"),
                      "the kernel was built without multi-generational LRU: it cannot be turned on",
                      "leave it out, or name a kernel that has it: 6.1 or later"});
}

/// What follows swiotlb= and crashkernel= must be what the kernel takes, and there must be room.
void check_early_reservations(Reading& r) {
  const Scenario& s = r.scenario;
  Bytes ram;
  for (const auto& node : s.machine.nodes) ram += node.memory;
  const auto check = [&](const char* key, const std::string& text, const std::string& wrong) {
    if (text.empty()) return true;
    std::string problem = wrong;
    std::string advice = "as on the kernel's command line";
    if (!s.architecture.pc_memory_map) {
      problem = fmt::format("{} is simulated on PCs alone", key);
      advice = "leave it out, and say more reserved_memory";
    }
    if (problem.empty()) return true;
    r.errors.push_back({place_of(*r.root.find("kernel"), key), std::move(problem), advice});
    return false;
  };
  const bool right =
      check("swiotlb", s.kernel.swiotlb, kernel::parse_swiotlb(s.kernel.swiotlb).wrong) &&
      check("crashkernel", s.kernel.crashkernel,
            s.kernel.crashkernel.empty()
                ? ""
                : kernel::parse_crashkernel(s.kernel.crashkernel, ram).wrong);
  if (!right || (s.kernel.swiotlb.empty() && s.kernel.crashkernel.empty())) return;
  const auto booted = kernel::boot(machine::describe(s.machine), kernel_config(s), s.architecture);
  for (const std::string& failed : booted.early.failed)
    r.errors.push_back({place_of(*r.root.find("kernel"),
                                 failed.starts_with("swiotlb") ? "swiotlb" : "crashkernel"),
                        failed + ": the kernel would go on without",
                        "less of it, less reserved_memory, or more memory below 4 GiB"});
}

/// The first node must have room for what the kernel reserves.
void check_kernel(Reading& r) {
  check_architecture_of_machine(r);
  check_addresses(r);
  check_lru_gen(r);
  const Scenario& s = r.scenario;
  Bytes first_memory;
  for (const auto& node : s.machine.nodes)
    if (first_memory.value == 0) first_memory = node.memory;
  if (s.found) return;
  check_early_reservations(r);
  // Besides the memmap of the node there must be room for what the kernel keeps free of it: the
  // high watermarks, of 4 * sqrt(KiB) KiB and half as much again (init_per_zone_wmark_min).
  const kernel::Vmemmap struct_pages(s.kernel.struct_page_size, s.architecture.geometry());
  const kernel::Geometry g = s.architecture.geometry();
  const Bytes memmap = g.bytes_of(struct_pages.pages_of(g.pages_of(first_memory)));
  const auto most = [&] {
    Bytes left = first_memory - memmap;
    const double kib = static_cast<double>(left.value) / static_cast<double>(kKiB);
    const auto free = static_cast<std::int64_t>(6.0 * std::sqrt(kib)) * kKiB;
    return left - Bytes{std::clamp<std::int64_t>(free, 192 * kKiB, 384 * kMiB)};
  }();
  if (s.kernel.reserved_memory.value == 0 || s.kernel.reserved_memory <= most) return;
  r.errors.push_back(
      {place_of(*r.root.find("kernel"), "reserved_memory"),
       "the kernel does not boot: nothing is left of the first node's memory besides "
       "its memmap and what the kernel keeps free",
       fmt::format("at most {}", format_bytes(most))});
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

// In force, and so recorded, if somebody relies on it.
void read_udev(Reading& r) {
  const Value none{Value::Table{}, r.root.where};
  const Value* given = table_of(r, "udev", false);
  const auto& all = r.scenario.hotplug;
  const bool relied_on = std::any_of(all.begin(), all.end(), [](const Hotplug& h) {
    return h.params.online_by == OnlineBy::udev;
  });
  if (given != nullptr || relied_on)
    once<udev_params>().read(given != nullptr ? *given : none, r.scenario.udev, r.errors, r.used,
                             "udev");
}

void describe_workloads(std::vector<ParamInfo>& all) {
  for (const auto& [name, model] : workloads::workloads().entries())
    add(all, model.describe("workload"));
}

void read_workload(Reading& r, const Value& table, const std::string& path) {
  const auto* kind = choose(r, table, path, workloads::workloads());
  if (kind == nullptr) return;
  const Value* given = table.find("name");
  std::string name = given != nullptr && given->string() != nullptr ? *given->string() : "";
  if (name.empty()) name = kind->name;
  const Value& place = given != nullptr ? *given : table;
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
    r.errors.push_back({place.where, fmt::format("'{}' is no name for figures", name),
                        "use small letters, digits and _"});
  for (const Workload& other : r.scenario.workloads)
    if (other.name == name)
      r.errors.push_back({place.where, fmt::format("two workloads are called '{}'", name),
                          "give one of them another 'name'"});
  const Value* cgroup = table.find("cgroup");
  const bool joins = cgroup != nullptr && cgroup->string() != nullptr;
  r.scenario.workloads.push_back({name, name, kind->configure(table, path, r.errors, r.used),
                                  joins ? *cgroup->string() : "",
                                  read_mem_policy(table, r.errors)});
}

/// One [workload] table, or several [[workload]] tables that run together.
void read_workloads(Reading& r) {
  r.scenario.workloads.clear();
  const Value* v = r.root.find("workload");
  if (v == nullptr || v->array() == nullptr) {
    if (const Value* table = table_of(r, "workload", false)) read_workload(r, *table, "workload");
    if (r.scenario.workloads.size() == 1 && v->find("name") == nullptr)
      r.scenario.workloads.front().prefix = "workload";
    return;
  }
  std::size_t index = 0;
  for (const Value& element : *v->array())
    read_workload(r, element, fmt::format("workload.{}", index++));
}

}  // namespace

const std::vector<Section>& sections() {
  static const std::vector<Section> table{
      {.describe = [](auto& all) { add(all, once<root_params>().describe()); },
       .read = read_root,
       .read_value = read_root_value},
      {.name = "machine",
       .files = {{"machine"}, {"machine", "socket", "*", "processor"}},
       .merge = merge_machine,
       .complete = machine::populate,
       .exchanged = true,
       .describe = describe_machine,
       .read = read_machine},
      {.name = "costs",
       .files = {{"costs"}},
       .exchanged = true,
       .describe = [](auto& all) { add(all, cost::describe_cost_profile()); },
       .read = read_costs,
       .read_value = read_price,
       .unchecked = {"costs"}},
      {.name = "kernel",
       .files = {{"kernel", "profile"}, {"kernel", "architecture"}},
       .merge = merge_kernel_file,
       .exchanged = true,
       .describe = describe_kernel,
       .read = read_kernel,
       .read_value = read_kernel_value,
       .unchecked = {"kernel", "profile"},
       .check = check_kernel},
      hotplug_section(),
      {.name = "udev",
       .describe = [](auto& all) { add(all, once<udev_params>().describe("udev")); },
       .read = read_udev},
      cgroup_section(),
      {.name = "workload",
       .exchanged = true,
       .describe = describe_workloads,
       .read = read_workloads,
       .check = [](Reading& r) {
         check_workload_nodes(r);
         check_mem_policies(r);
       }}};
  return table;
}

const Section& section_of(std::string_view path) {
  const std::string_view first = path.substr(0, path.find('.'));
  const auto& all = sections();
  const auto it =
      std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.name == first; });
  return it == all.end() ? all.front() : *it;
}

bool is_part(std::string_view path) {
  const std::string_view last = path.substr(path.rfind('.') + 1);
  return last == "kind" || std::any_of(sections().begin(), sections().end(), [&](const Section& s) {
           return (s.exchanged && s.name == path) ||
                  std::any_of(s.files.begin(), s.files.end(), [&](const ValuePlace& file) {
                    return file.size() > 1 && file.back() == last;
                  });
         });
}

Result<void> Reading::result() const {
  if (!errors.empty()) return tl::unexpected<Diagnostics>(errors);
  return {};
}

void read_sections(Reading& reading) {
  for (const Section& section : sections()) section.read(reading);
}

void check_sections(Reading& reading) {
  for (const Section& section : sections())
    if (reading.errors.empty()) section.check(reading);
}

}  // namespace mhp::config
