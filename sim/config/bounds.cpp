#include "sim/config/bounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <variant>

#include "sim/config/section_common.hpp"
#include "sim/core/units.hpp"
#include "sim/machine/topology.hpp"
#include "workloads/model.hpp"

namespace mhp::config {

namespace {

void check_nodes_of(Reading& r, const Value& workload) {
  const Value* kind = workload.find("kind");
  if (kind == nullptr || kind->string() == nullptr) return;
  const auto* model = workloads::workloads().find(*kind->string());
  if (model == nullptr) return;
  const auto nodes = static_cast<std::int64_t>(r.scenario.machine.nodes.size());
  for (const ParamInfo& p : model->describe("workload")) {
    if (p.type != "node") continue;
    const Value* v = workload.find(p.path.substr(p.path.rfind('.') + 1));
    const auto* node = v != nullptr ? std::get_if<std::int64_t>(&v->data) : nullptr;
    if (node != nullptr && *node >= nodes)
      r.errors.push_back({v->where, fmt::format("{}: there is no node {}", p.path, *node),
                          fmt::format("nodes are numbered 0 to {}", nodes - 1)});
  }
}

}  // namespace

void check_addresses(Reading& r) {
  const Scenario& s = r.scenario;
  const kernel::Architecture& arch = s.architecture;
  // MAX_PHYSMEM_BITS of the kernel, and what the processors address.
  const machine::CpuFeatures cpu = machine::describe(s.machine).cpu;
  const std::int64_t kernel_bits = arch.five_levels && cpu.la57 ? 52 : arch.direct_map_bits;
  const std::int64_t bits = std::min(kernel_bits, cpu.physical_address_bits);
  if (bits >= 62) return;  // more than the sizes of nodes can come to
  const Bytes room{std::int64_t{1} << bits};
  Bytes end = arch.memory_start;
  for (const auto& node : s.machine.nodes) end += node.memory;
  if (end <= room) return;
  const bool kernel = bits == kernel_bits;
  r.errors.push_back(
      {place_of(*r.root.find("machine"), "node"),
       fmt::format("boot memory ends at {}, beyond the {} that {}", format_bytes(end),
                   format_bytes(room),
                   kernel ? "the kernel's direct map holds" : "its processors address"),
       kernel && arch.five_levels ? "less memory, or la57 = true"
                                  : "less memory, or more physical_address_bits"});
}

void check_workload_nodes(Reading& r) {
  const Value* v = r.root.find("workload");
  if (v == nullptr) return;
  if (v->table() != nullptr) check_nodes_of(r, *v);
  if (v->array() != nullptr)
    for (const Value& element : *v->array()) check_nodes_of(r, element);
}

}  // namespace mhp::config
