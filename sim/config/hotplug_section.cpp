#include <fmt/format.h>

#include "sim/config/kernel_config.hpp"
#include "sim/config/section_common.hpp"
#include "sim/core/units.hpp"
#include "sim/kernel/adder/adder.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::config {

namespace {

ParamSet<HotplugParams> params() {
  using P = HotplugParams;
  ParamSet<P> set;
  set.add("node", &P::node, {.doc = "node that the memory belongs to"})
      .add("size", &P::size,
           {.doc = "size of one device; 0: growth_factor says it", .min = Bytes{0}})
      .add("growth_factor", &P::growth_factor,
           {.doc = "size of one device as a multiple of all boot memory of the machine, in place "
                   "of 'size'; 0: 'size' says it",
            .min = 0,
            .max = 4096})
      .add("count", &P::count, {.doc = "number of devices of this table", .min = 1, .max = 100'000})
      .add("at", &P::at,
           {.doc = "when the first device is inserted", .min = SimTime{0}, .basis = "choice"})
      .add("every", &P::every,
           {.doc = "time from the insertion of one device to that of the next",
            .min = SimTime{0},
            .basis = "choice"})
      .add("when", &P::when, {.doc = "what brings a device in, once its time has come"})
      .add("free_below", &P::free_below,
           {.doc = "free memory below which a device is added on demand", .min = Bytes{0}})
      .add("check_every", &P::check_every,
           {.doc = "how often somebody looks at the free memory", .min = SimTime{1'000}})
      .add("adder", &P::adder,
           {.doc = "the driver that adds the memory", .choices = kernel::adders().choices()})
      .add("online", &P::online,
           {.doc = "how the memory blocks go online", .linux_name = "memhp_default_state"})
      .add("online_by", &P::online_by, {.doc = "who brings the blocks online"})
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
      .add("cycles", &P::cycles,
           {.doc = "times that all blocks of a device go offline and online again, once they are "
                   "there and before the device goes",
            .min = 0,
            .max = 1'000'000})
      .add("cycle_online", &P::cycle_online,
           {.doc = "how they go online in the first of these, the third and so on; 'offline': as "
                   "'online' says, as in the second and the fourth"})
      .add("offline_blocks", &P::offline_blocks,
           {.doc = "blocks of a device, from the highest, that an operator takes offline and "
                   "leaves so, one after the other; one that stays online is passed over",
            .min = 0,
            .max = 1'000'000})
      .add("offline_at", &P::offline_at,
           {.doc = "when the operator begins with offline_blocks; at once if the last block came "
                   "online later",
            .min = SimTime{0},
            .basis = "choice"})
      .add("unplug", &P::unplug, {.doc = "the devices are taken away again"})
      .add("touched", &P::touched,
           {.doc = "a guest has written all of the memory by then, so that its host backs it; else "
                   "only what the kernel has written there itself"})
      .add("unplug_after", &P::unplug_after,
           {.doc = "time from a device's last block online to its unplug",
            .min = SimTime{0},
            .basis = "choice"})
      .add("unplug_when", &P::unplug_when, {.doc = "what lets a device go, once that time is over"})
      .add("unplug_by", &P::unplug_by,
           {.doc = "who takes the blocks offline; a process waits where a kernel worker does not"})
      .add("offline_timeout", &P::offline_timeout,
           {.doc = "how long it may take to take one block offline: the process that waits for it "
                   "is killed then (timeout 300 sh -c 'echo offline > ...'); a kernel worker would "
                   "go on, and is taken to have given up. The run says that it does not end",
            .min = SimTime{1'000'000},
            .basis = "choice"})
      .add("free_above", &P::free_above,
           {.doc = "free memory above which a device that came on demand goes again",
            .min = Bytes{0}})
      .add("cpu_node", &P::cpu_node,
           {.doc = "node of the processor that adds and onlines the memory"})
      .add("start", &P::start,
           {.doc = "physical address at which the first device of the table begins, and the others "
                   "behind it; \"behind\": boot memory and the devices before them, of a PC above "
                   "4 GiB, each at a whole GiB",
            .min = Bytes{0},
            .max = Bytes{std::int64_t{1} << 52},
            .word = "behind",
            .word_means = kBehind})
      .add("offset", &P::offset,
           {.doc = "distance from there at which each device's memory begins",
            .min = Bytes{0},
            .max = Bytes{kTiB}})
      .add("map", &P::map, {.doc = "fsdax, devdax: where the struct pages of a namespace lie"})
      .add(
          "align", &P::align,
          {.doc = "fsdax, devdax: alignment of a namespace's data; devdax maps it in pages of this "
                  "size: 4 KiB, 2 MiB or 1 GiB"})
      .add("requested_by", &P::requested_by,
           {.doc = "who says how much of a virtio-mem device is to be plugged"})
      .add(
          "requested", &P::requested,
          {.doc = "what is requested of a virtio-mem device of 'size', one after the other: \"10s "
                  "4GiB\" 10 s after the driver was first told, \"free<1GiB 4GiB\" when somebody "
                  "who looks every check_every finds less than 1 GiB free, \"free>8GiB 2GiB\" more "
                  "than 8 GiB; empty: all of it, at once (of an agent: nothing). The first size is "
                  "also where an agent begins",
           .linux_name = "requested_size"})
      .add("request_step", &P::request_step,
           {.doc = "by how much an agent changes what is requested", .min = Bytes{kMiB}})
      .add("device_block_size", &P::device_block_size,
           {.doc = "unit in which a virtio-mem device is plugged, a power of two; below a memory "
                   "block the driver plugs parts of blocks, else one or more blocks together",
            .linux_name = "block_size of struct virtio_mem_config",
            .min = Bytes{kMiB},
            .max = Bytes{kTiB},
            .basis = "choice"})
      .add("unplug_online", &P::unplug_online,
           {.doc = "virtio-mem unplugs memory that is online; else only what somebody has taken "
                   "offline",
            .linux_name = "virtio_mem.unplug_online"})
      .add("force_bbm", &P::force_bbm,
           {.doc = "virtio-mem plugs whole memory blocks, though it could parts",
            .linux_name = "virtio_mem.force_bbm"})
      .add("bbm_block_size", &P::bbm_block_size,
           {.doc = "unit in which virtio-mem plugs whole memory blocks, a power of two, if that is "
                   "more than the block sizes have; 0: as they have it",
            .linux_name = "virtio_mem.bbm_block_size",
            .min = Bytes{0}})
      .subtable("device");
  return set;
}

void describe(std::vector<ParamInfo>& all) {
  add(all, once<params>().describe("hotplug.N"));
  for (const auto& [name, model] : machine::devices().entries())
    add(all, model.describe("hotplug.N.device"));
}

void read_device(Reading& r, const Value& table, Hotplug& h) {
  const std::string path = fmt::format("hotplug.{}.device", h.index);
  const auto* model = choose(r, table, path, machine::devices());
  if (model == nullptr) return;
  h.device = model->name;
  h.stages = model->configure(table, path, r.errors, r.used);
}

void read_tables(Reading& r) {
  const Value* list = r.root.find("hotplug");
  if (list == nullptr || list->array() == nullptr || list->array()->empty()) {
    r.errors.push_back({list == nullptr ? r.root.where : list->where, "no [[hotplug]] table",
                        "add one with size and device"});
    return;
  }
  r.scenario.hotplug.clear();
  for (const Value& element : *list->array()) {
    Hotplug& h = r.scenario.hotplug.emplace_back();
    h.index = r.scenario.hotplug.size() - 1;
    once<params>().read(element, h.params, r.errors, r.used, fmt::format("hotplug.{}", h.index));
    const Value* device = element.find("device");
    if (device == nullptr)
      r.errors.push_back({element.where, "no 'device'", "add device = \"../devices/FILE.toml\""});
    else if (device->table() != nullptr)
      read_device(r, *device, h);
  }
}

bool read_value(Reading& r, const ValuePlace& place) {
  if (place.size() < 3) return false;
  const std::size_t i = std::stoul(place[1]);
  const Value& table = (*r.root.find("hotplug")->array())[i];
  Hotplug& h = r.scenario.hotplug[i];
  if (place.size() == 3)
    return once<params>().read_one(table, place[2], h.params, r.errors,
                                   "hotplug." + std::to_string(i));
  if (place.size() != 4 || place[2] != "device") return false;
  read_device(r, *table.find("device"), h);
  return true;
}

/// Each time anew: the machine or the factor may be another than the last time.
void size_by_growth(Scenario& s) {
  Bytes boot;
  for (const auto& node : s.machine.nodes) boot += node.memory;
  for (Hotplug& h : s.hotplug)
    if (h.params.growth_factor > 0) h.params.size = boot * h.params.growth_factor;
}

/// Checks one [[hotplug]] table.
class HotplugCheck {
 public:
  HotplugCheck(const Scenario& scenario, const HotplugParams& params, const Value& table,
               Diagnostics& errors)
      : s_(scenario), p_(params), table_(table), errors_(errors) {}

  void nodes() {
    const auto nodes = static_cast<std::int32_t>(s_.machine.nodes.size());
    for (const auto& [key, node] : {std::pair{"node", p_.node}, std::pair{"cpu_node", p_.cpu_node}})
      if (node.value < 0 || node.value >= nodes)
        report(key, fmt::format("there is no node {}", node.value),
               fmt::format("nodes are numbered 0 to {}", nodes - 1));
    if (p_.cpu_node.valid() && p_.cpu_node.value < nodes &&
        s_.machine.nodes[p_.cpu_node.index()].cpus == 0)
      report("cpu_node", fmt::format("node {} has no processors", p_.cpu_node.value),
             "choose a node with 'cpus'");
  }

  /// All devices come within a year, as every single time does.
  void schedule() {
    constexpr std::int64_t kYear = std::int64_t{365} * 24 * 3600 * 1'000'000'000;
    const std::int64_t pauses = std::max<std::int64_t>(0, p_.count - 1);
    if (pauses > 0 && p_.every.value > (kYear - std::min(kYear, p_.at.value)) / pauses)
      report("every",
             fmt::format("the last of {} devices would come after more than a year", p_.count),
             "plug them faster, or fewer");
  }

  void demand() {
    const bool comes = p_.when == Arrival::free_below;
    const bool goes = p_.unplug_when == Departure::free_above;
    if (p_.requested_by == RequestedBy::agent && s_.run.until.value == 0)
      report("requested_by", "an agent never has done", "say when the run ends: until = \"1h\"");
    if ((comes || goes) && s_.run.until.value == 0)
      report(comes ? "when" : "unplug_when",
             "a device that comes or goes on demand may never do so",
             "say when the run ends: until = \"1h\"");
    if (comes && goes && p_.free_above <= p_.free_below + p_.size)
      report("free_above", "what is added would be taken away at once",
             fmt::format("more than free_below and the size of a device, {}",
                         format_bytes(p_.free_below + p_.size)));
  }

  void online() {
    if (p_.online != kernel::OnlineType::offline) return;
    if (adder_.onlines_itself)
      report("online", fmt::format("{} brings its memory online", p_.adder),
             "choose another 'online' or another 'adder'");
    else if (adder_.offline_limit.value > 0 && p_.size > adder_.offline_limit)
      report("online",
             fmt::format("{} stops adding when {} wait to go online", p_.adder,
                         format_bytes(adder_.offline_limit)),
             fmt::format("choose another 'online', or at most {}",
                         format_bytes(adder_.offline_limit)));
  }

  void place() {
    const Bytes page{s_.architecture.geometry().page_size()};
    for (const auto& [key, bytes] : {std::pair{"start", p_.start}, std::pair{"offset", p_.offset}})
      if (bytes.value > 0 && bytes % page != Bytes{0})
        report(key, fmt::format("{} is not a whole number of pages", format_bytes(bytes)),
               fmt::format("a page is {}", format_bytes(page)));
    if (p_.start == kBehind) return;
    const Bytes begin = p_.start + p_.offset;
    const Bytes end = p_.start + p_.size * p_.count + p_.offset;
    const kernel::Geometry g = s_.architecture.geometry();
    const PfnRange range{g.pfn_of(begin), g.pfn_of(end)};
    for (const PfnRange& ram : kernel::boot_memory(machine::describe(s_.machine), s_.architecture))
      if (ram.start < range.end && range.start < ram.end)
        return report("start",
                      fmt::format("the machine has boot memory from {:#x} to {:#x}",
                                  g.address_of(ram.start).value, g.address_of(ram.end).value),
                      "say an address at which there is none");
  }

  void driver() {
    const bool device_memory = adder_.device_memory != kernel::DeviceMemory::none;
    if (adder_.for_good && (p_.unplug || p_.cycles > 0))
      report(p_.unplug ? "unplug" : "cycles",
             fmt::format("{} does not take memory away, nor what it keeps of a block", p_.adder),
             "leave it out");
    if (device_memory && (p_.cycles > 0 || p_.offline_blocks > 0))
      report(p_.cycles > 0 ? "cycles" : "offline_blocks", "device memory has no memory blocks",
             "leave it out");
    for (const char* key : {"map", "align"})
      if (!device_memory && table_.find(key) != nullptr)
        report(key, fmt::format("{} makes no namespace", p_.adder),
               "leave it out, or choose adder fsdax or devdax");
    if (p_.align != Bytes{4 * kKiB} && p_.align != Bytes{2 * kMiB} && p_.align != Bytes{kGiB})
      report("align", fmt::format("unsupported align: {}", format_bytes(p_.align)),
             "4 KiB, 2 MiB or 1 GiB");
    if (device_memory && (s_.kernel.struct_page_size != kernel::kStructPageSize ||
                          s_.architecture.name != kernel::Architecture{}.name))
      report("adder",
             fmt::format("{} is simulated on x86-64 with struct pages of {} bytes alone", p_.adder,
                         kernel::kStructPageSize.value),
             "choose another 'adder', or leave the kernel's parameter out");
  }

  /// What only virtio-mem has; `requests`: what `requested` says.
  void virtio_mem(std::vector<SizeRequest>& requests) {
    requests.clear();
    if (!adder_.parts) {
      for (const char* key : {"requested", "requested_by", "request_step", "device_block_size",
                              "unplug_online", "force_bbm", "bbm_block_size"})
        if (table_.find(key) != nullptr)
          report(key, fmt::format("{} has no '{}'", p_.adder, key),
                 "choose adder = \"virtio_mem\", or leave it out");
      return;
    }
    if (!power_of_two(p_.device_block_size))
      report("device_block_size",
             fmt::format("{} is no power of two", format_bytes(p_.device_block_size)),
             "write for example \"2MiB\"");
    if (p_.bbm_block_size.value > 0 && !power_of_two(p_.bbm_block_size))
      report("bbm_block_size",
             fmt::format("{} is no power of two", format_bytes(p_.bbm_block_size)),
             "the driver would ignore it: write for example \"256MiB\"");
    for (std::size_t i = 0; i < p_.requested.size(); ++i) {
      const Location where = (*table_.find("requested")->array())[i].where;
      auto request = parse_size_request(p_.requested[i], where);
      if (request)
        check_request(*request, where);
      else
        errors_.insert(errors_.end(), request.error().begin(), request.error().end());
      if (request) requests.push_back(*request);
    }
    if (p_.requested.empty())
      requests.push_back({.size = p_.requested_by == RequestedBy::agent ? Bytes{0} : p_.size});
  }

  void size(Bytes block) {
    const bool by_factor = p_.growth_factor > 0;
    if (by_factor == (table_.find("size") != nullptr))
      return report("size",
                    by_factor ? "the devices have both 'size' and 'growth_factor'"
                              : "the devices have no size",
                    by_factor ? "keep one of them" : "add size, for example \"1GiB\"");
    if (p_.size.value == 0) return report("size", "the devices are empty", "give them a size");
    if (adder_.parts && p_.size % p_.device_block_size != Bytes{0})
      report(by_factor ? "growth_factor" : "size",
             fmt::format("{} is not a whole number of blocks of the device", format_bytes(p_.size)),
             fmt::format("device_block_size is {}", format_bytes(p_.device_block_size)));
    const bool placed = p_.start != kBehind || p_.offset.value > 0;
    // Where memory lies is said so that the kernel answers.
    if (placed && !adder_.block_by_block) return;
    if (placed && (p_.start + p_.offset) % block == Bytes{0} && p_.size % block == Bytes{0}) return;
    if (placed)
      return report("start", fmt::format("{} adds whole memory blocks", p_.adder),
                    fmt::format("a block of this machine is {}", format_bytes(block)));
    if (adder_.call_pages != nullptr || adder_.online_pages == kernel::OnlinePages::balloon ||
        adder_.device_memory != kernel::DeviceMemory::none)
      return;
    const bool trims = adder_.trims_to_blocks || adder_.parts;
    if (trims ? p_.size >= block : p_.size % block == Bytes{0}) return;
    report(by_factor ? "growth_factor" : "size",
           fmt::format(
               "{} {}", format_bytes(p_.size),
               trims ? "holds no whole memory block" : "is not a whole number of memory blocks"),
           fmt::format("a block of this machine is {}", format_bytes(block)));
  }

 private:
  static bool power_of_two(Bytes b) { return (b.value & (b.value - 1)) == 0; }
  void check_request(const SizeRequest& request, const Location& where) {
    if (request.size > p_.size)
      errors_.push_back({where,
                         fmt::format("{} are more than the device has", format_bytes(request.size)),
                         fmt::format("its size is {}", format_bytes(p_.size))});
    if (request.size % p_.device_block_size != Bytes{0})
      errors_.push_back(
          {where,
           fmt::format("{} are not a whole number of blocks of the device",
                       format_bytes(request.size)),
           fmt::format("device_block_size is {}", format_bytes(p_.device_block_size))});
    if (request.when != SizeRequest::When::time && s_.run.until.value == 0)
      errors_.push_back({where, "a moment that hangs on free memory may never come",
                         "say when the run ends: until = \"1h\""});
  }
  void report(const char* key, std::string problem, std::string advice) {
    errors_.push_back({place_of(table_, key), std::move(problem), std::move(advice)});
  }

  const Scenario& s_;
  const HotplugParams& p_;
  const Value& table_;
  Diagnostics& errors_;
  const kernel::Adder& adder_ = *kernel::adders().find(p_.adder);
};

void check_hotplug(Reading& r) {
  const Scenario& s = r.scenario;
  size_by_growth(r.scenario);
  const kernel::KernelConfig config = kernel_config(s);
  const Bytes block =
      s.found && config.memory_block_size.value == 0
          ? s.found->block_size
          : kernel::memory_block_size(machine::describe(s.machine), config, s.architecture);
  const Value::Array& tables = *r.root.find("hotplug")->array();
  for (Hotplug& h : r.scenario.hotplug) {
    HotplugCheck table(s, h.params, tables[h.index], r.errors);
    table.nodes();
    table.schedule();
    table.demand();
    table.online();
    table.virtio_mem(h.requests);
    table.size(block);
    table.place();
    table.driver();
  }
}

}  // namespace

Section hotplug_section() {
  return {.name = "hotplug",
          .files = {{"hotplug", "*", "device"}},
          .describe = describe,
          .read = read_tables,
          .read_value = read_value,
          .check = check_hotplug};
}

}  // namespace mhp::config
