// Topologies of hwloc: XML files of lstopo (also those of hwloc 1), and synthetic descriptions
// (hwloc.h: hwloc_topology_set_xmlbuffer, hwloc_topology_set_synthetic). libhwloc reads them.
#include <fmt/format.h>
#include <hwloc.h>
#include <hwloc/distances.h>
#include <hwloc/memattrs.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/product.hpp"
#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

struct DestroyTopology {
  void operator()(hwloc_topology_t t) const { hwloc_topology_destroy(t); }
};
using Topology = std::unique_ptr<hwloc_topology, DestroyTopology>;

std::vector<std::int64_t> numbers_of(hwloc_const_bitmap_t set) {
  std::vector<std::int64_t> out;
  if (set == nullptr || hwloc_bitmap_weight(set) < 0) return out;
  for (int i = hwloc_bitmap_first(set); i >= 0 && i < kMostCpus; i = hwloc_bitmap_next(set, i))
    out.push_back(i);
  return out;
}

/// The best value of an attribute of a node's memory for any initiator; nothing if none is given.
Said<std::int64_t> best_value(hwloc_topology_t t, hwloc_memattr_id_t attribute, hwloc_obj_t node) {
  hwloc_location initiator{};
  hwloc_uint64_t value = 0;
  if (hwloc_memattr_get_best_initiator(t, attribute, node, 0, &initiator, &value) != 0)
    return std::nullopt;
  if (value == 0 || value > hwloc_uint64_t{1} << 40) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

void take_attributes(hwloc_topology_t t, hwloc_obj_t object, Node& node) {
  node.read_latency_ns = best_value(t, HWLOC_MEMATTR_ID_READ_LATENCY, object);
  node.write_latency_ns = best_value(t, HWLOC_MEMATTR_ID_WRITE_LATENCY, object);
  node.read_bandwidth_mbs = best_value(t, HWLOC_MEMATTR_ID_READ_BANDWIDTH, object);
  node.write_bandwidth_mbs = best_value(t, HWLOC_MEMATTR_ID_WRITE_BANDWIDTH, object);
  if (!node.read_latency_ns) node.read_latency_ns = best_value(t, HWLOC_MEMATTR_ID_LATENCY, object);
  if (!node.read_bandwidth_mbs)
    node.read_bandwidth_mbs = best_value(t, HWLOC_MEMATTR_ID_BANDWIDTH, object);
}

void take_node(hwloc_topology_t t, hwloc_obj_t object, Observed& into) {
  Node& node = into.node(NodeId{static_cast<std::int32_t>(object->os_index)});
  node.online = true;
  // A node without CPUs of its own has those of the nearest, which others have as well.
  node.cpus = numbers_of(object->cpuset);
  node.cpu_count = static_cast<std::int64_t>(node.cpus.size());
  const auto memory = object->attr->numanode.local_memory;
  if (memory > 0 && memory <= static_cast<hwloc_uint64_t>(kMostBytes))
    node.memory = Bytes{static_cast<std::int64_t>(memory)};
  take_attributes(t, object, node);
}

/// CPUs belong to the first node that has them and no other's memory below it: a node of HBM or
/// CXL memory beside them has none, as Linux numbers nodes.
void give_cpus_once(std::vector<hwloc_obj_t>& objects, Observed& into) {
  std::vector<bool> given(static_cast<std::size_t>(kMostCpus));
  for (const hwloc_obj_t object : objects) {
    Node& node = into.node(NodeId{static_cast<std::int32_t>(object->os_index)});
    std::erase_if(node.cpus, [&](std::int64_t cpu) {
      const auto i = static_cast<std::size_t>(cpu);
      const bool taken = given[i];
      given[i] = true;
      return taken;
    });
    node.cpu_count = static_cast<std::int64_t>(node.cpus.size());
  }
}

void take_distances(hwloc_topology_t t, Observed& into) {
  unsigned wanted = 8;
  std::vector<hwloc_distances_s*> all(wanted);
  constexpr unsigned long kKind = HWLOC_DISTANCES_KIND_MEANS_LATENCY;
  if (hwloc_distances_get_by_type(t, HWLOC_OBJ_NUMANODE, &wanted, all.data(), kKind, 0) != 0)
    return;
  for (unsigned k = 0; k < std::min(wanted, 8U); ++k) {
    const hwloc_distances_s& d = *all[k];
    const auto is_slit = [&](std::size_t i) { return d.values[i] > 0 && d.values[i] <= 255; };
    bool slit = k == 0;
    for (std::size_t i = 0; i < std::size_t{d.nbobjs} * d.nbobjs; ++i) slit = slit && is_slit(i);
    for (unsigned i = 0; slit && i < d.nbobjs; ++i) {
      Node& from = into.node(NodeId{static_cast<std::int32_t>(d.objs[i]->os_index)});
      from.distance.clear();
      for (unsigned j = 0; j < d.nbobjs; ++j)
        from.distance.emplace_back(NodeId{static_cast<std::int32_t>(d.objs[j]->os_index)},
                                   static_cast<int>(d.values[std::size_t{i} * d.nbobjs + j]));
    }
    hwloc_distances_release(t, all[k]);
  }
}

Result<void> take_topology(hwloc_topology_t t, const Location& at, Observed& into) {
  std::vector<hwloc_obj_t> objects;
  for (hwloc_obj_t o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_NUMANODE, nullptr); o != nullptr;
       o = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_NUMANODE, o))
    objects.push_back(o);
  if (objects.empty()) return fail(at, "the topology has no NUMA node");
  std::sort(objects.begin(), objects.end(),
            [](hwloc_obj_t a, hwloc_obj_t b) { return a->os_index < b->os_index; });
  for (const hwloc_obj_t o : objects)
    if (o->os_index >= kMostNodes)
      return fail(at, fmt::format("NUMA node {} is more than Linux can have", o->os_index),
                  fmt::format("nodes are 0 to {}", kMostNodes - 1));
  for (const hwloc_obj_t o : objects) take_node(t, o, into);
  give_cpus_once(objects, into);
  take_distances(t, into);
  const hwloc_obj_t root = hwloc_get_root_obj(t);
  if (const char* arch = hwloc_obj_get_info_by_name(root, "Architecture"))
    into.architecture = printable(arch);
  if (const char* release = hwloc_obj_get_info_by_name(root, "OSRelease"))
    into.kernel_release = printable(release);
  Processors& p = into.processors;
  p.count = std::max(0, hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_PU));
  if (const int packages = hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_PACKAGE); packages > 0) {
    p.sockets = packages;
    if (const char* model =
            hwloc_obj_get_info_by_name(hwloc_get_obj_by_type(t, HWLOC_OBJ_PACKAGE, 0), "CPUModel"))
      p.model = printable(model, 120);
  }
  return {};
}

Topology new_topology() {
  hwloc_topology_t t = nullptr;
  if (hwloc_topology_init(&t) != 0) return nullptr;
  return Topology(t);
}

/// How many objects a synthetic description has at its widest, at most: the product of its numbers.
std::int64_t width_of(std::string_view text) {
  std::int64_t width = 1;
  constexpr std::int64_t kEnough = std::int64_t{1} << 40;
  for (std::size_t i = 0; i < text.size();) {
    // What is in parentheses are attributes: memory, indexes.
    if (text[i] == '(') {
      i = std::min(text.find(')', i), text.size());
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789", i), text.size());
    const bool number = end > i && (i == 0 || text[i - 1] == ':' || text[i - 1] == ' ');
    if (number)
      width = product_up_to(
          width,
          std::max<std::int64_t>(1, number_of(text.substr(i, end - i), kEnough).value_or(kEnough)),
          kEnough);
    i = std::max(end, i + 1);
  }
  return width;
}

}  // namespace

Result<void> read_hwloc_xml(std::string_view text, const Location& at, Observed& into) {
  if (text.size() > kMostText)
    return fail(at, fmt::format("the text has {} bytes", text.size()),
                fmt::format("at most {} are read", kMostText));
  const Topology t = new_topology();
  const std::string buffer(trimmed(text));  // with the final zero that hwloc counts
  if (t == nullptr ||
      hwloc_topology_set_xmlbuffer(t.get(), buffer.c_str(), static_cast<int>(buffer.size()) + 1) !=
          0 ||
      hwloc_topology_load(t.get()) != 0)
    return fail(at, "hwloc does not accept this as a topology",
                "write it with 'lstopo --of xml FILE'");
  if (const auto taken = take_topology(t.get(), at, into); !taken) return taken;
  into.found.push_back({"nodes with CPUs, sizes and distances", "hwloc XML"});
  return {};
}

Result<void> read_hwloc_synthetic(std::string_view text, const Location& at, Observed& into) {
  const std::string description(trimmed(text));
  constexpr std::size_t kMostDescription = 4096;
  if (description.size() > kMostDescription || description.find('\n') != description.npos)
    return fail(at, "a synthetic description of hwloc is one line");
  if (width_of(description) > 16 * kMostCpus)
    return fail(at, fmt::format("'{}' describes more than Linux can have", printable(description)),
                fmt::format("at most {} CPUs", kMostCpus));
  const Topology t = new_topology();
  if (t == nullptr || hwloc_topology_set_synthetic(t.get(), description.c_str()) != 0 ||
      hwloc_topology_load(t.get()) != 0)
    return fail(at, fmt::format("hwloc does not accept '{}'", printable(description)),
                "write as in 'Package:2 [NUMANode(memory=64GB)] Core:8 PU:2'");
  if (const auto taken = take_topology(t.get(), at, into); !taken) return taken;
  into.found.push_back({"nodes with CPUs and sizes", "hwloc synthetic description"});
  return {};
}

}  // namespace mhp::observed
