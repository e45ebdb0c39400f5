#include "analysis/validation/host/host.hpp"

#include <fmt/format.h>
#include <hwloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "analysis/validation/host/free_memory.hpp"

namespace mhp::host {

namespace {

HostNode read_node(hwloc_topology_t topology, hwloc_obj_t numa, bool only) {
  HostNode node;
  node.os_index = numa->os_index;
  node.memory = Bytes{static_cast<std::int64_t>(numa->attr->numanode.local_memory)};
  if (only && node.memory.value == 0)
    node.memory = Bytes{static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE)};
  std::set<hwloc_obj_t> cores;
  std::set<hwloc_obj_t> caches;
  hwloc_obj_t pu = nullptr;
  while ((pu = hwloc_get_next_obj_inside_cpuset_by_type(topology, numa->cpuset, HWLOC_OBJ_PU,
                                                        pu)) != nullptr) {
    ++node.cpus;
    const hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, pu);
    if (core == nullptr || cores.insert(core).second) node.cores.push_back(pu->os_index);
    // Levels that do not repeat each other hold their sum.
    for (hwloc_obj_t o = pu->parent; o != nullptr; o = o->parent)
      if (hwloc_obj_type_is_dcache(o->type) != 0 && caches.insert(o).second)
        node.cache += Bytes{static_cast<std::int64_t>(o->attr->cache.size)};
  }
  return node;
}

std::string field_of(const std::string& line) {
  const std::size_t colon = line.find(':');
  const std::size_t start =
      colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
  return start == std::string::npos ? std::string() : line.substr(start);
}

}  // namespace

CpuFlags parse_cpuinfo(const std::string& text) {
  CpuFlags out;
  std::istringstream lines(text);
  const auto add = [&](const std::string& word) {
    out.family += (out.family.empty() ? "" : " ") + word;
  };
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    const std::string value = field_of(line);
    if (line.starts_with("model name") && !value.empty()) out.model = value;
    if (line.starts_with("vendor_id")) add(value);
    if (line.starts_with("cpu family")) add("family " + value);
    if (line.starts_with("model\t")) add("model " + value);
    if (line.starts_with("stepping")) add("stepping " + value);
    if (line.starts_with("address sizes")) {
      const std::int64_t bits = std::atoll(value.c_str());
      if (bits >= 36 && bits <= 52) out.physical_address_bits = bits;
    }
    if (!line.starts_with("flags")) continue;
    const std::string flags = " " + value + " ";
    const auto has = [&](const char* flag) {
      return flags.find(fmt::format(" {} ", flag)) != std::string::npos;
    };
    out.hypervisor = has("hypervisor");
    out.pdpe1gb = has("pdpe1gb");
    out.la57 = has("la57");
  }
  return out;
}

void Host::Destroy::operator()(hwloc_topology* t) const { hwloc_topology_destroy(t); }

Result<Host> Host::here(std::optional<Bytes> free) {
  Host host;
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0)
    return fail({}, "the topology of this machine cannot be read", "see hwloc's lstopo");
  host.topology_.reset(topology);
  if (hwloc_topology_load(topology) != 0)
    return fail({}, "the topology of this machine cannot be read", "see hwloc's lstopo");
  // Only the processors that this process was given.
  const hwloc_bitmap_t given = hwloc_bitmap_alloc();
  if (hwloc_get_cpubind(topology, given, HWLOC_CPUBIND_THREAD) == 0)
    hwloc_topology_restrict(topology, given, 0);
  hwloc_bitmap_free(given);
  const Bytes all_free = free ? *free : free_memory();
  const int count = std::max(0, hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE));
  for (int i = 0; i < count; ++i) {
    const hwloc_obj_t numa =
        hwloc_get_obj_by_type(topology, HWLOC_OBJ_NUMANODE, static_cast<unsigned>(i));
    HostNode node = read_node(topology, numa, count == 1);
    node.free = std::min(node.memory, all_free);
    if (!free && count > 1 && host.is_this_system())
      node.free = std::min(node.free, free_memory_of_node(node.os_index));
    node.free = Bytes{round_down(node.free.value, kMiB)};  // it changes all the while
    if (node.cores.empty() || node.memory.value == 0)
      ++host.left_out_;
    else
      host.nodes_.push_back(std::move(node));
  }
  if (host.nodes_.empty())
    return fail({}, "no node of this machine has processors and memory for this process",
                "look at the process's affinity and memory policy");
  std::ifstream file("/proc/cpuinfo");
  std::ostringstream text;
  text << file.rdbuf();
  host.cpu_ = parse_cpuinfo(text.str());
  return host;
}

bool Host::is_this_system() const { return hwloc_topology_is_thissystem(topology_.get()) != 0; }

bool Host::pin(unsigned cpu) const {
  if (!is_this_system()) return false;
  const hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(topology_.get(), cpu);
  return pu != nullptr && hwloc_set_cpubind(topology_.get(), pu->cpuset, HWLOC_CPUBIND_THREAD) == 0;
}

void Host::unpin() const {
  hwloc_set_cpubind(topology_.get(), hwloc_topology_get_topology_cpuset(topology_.get()),
                    HWLOC_CPUBIND_THREAD);
}

bool Host::bind(void* start, std::size_t bytes, const HostNode& node) const {
  if (!is_this_system()) return false;
  const hwloc_obj_t numa = hwloc_get_numanode_obj_by_os_index(topology_.get(), node.os_index);
  return numa != nullptr &&
         hwloc_set_area_membind(topology_.get(), start, bytes, numa->nodeset, HWLOC_MEMBIND_BIND,
                                HWLOC_MEMBIND_BYNODESET | HWLOC_MEMBIND_STRICT) == 0;
}

}  // namespace mhp::host
