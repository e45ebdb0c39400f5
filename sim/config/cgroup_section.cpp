#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/config/section_common.hpp"

namespace mhp::config {

namespace {

using kernel::MemcgConfig;

ParamSet<MemcgConfig> cgroup_params() {
  using P = MemcgConfig;
  ParamSet<P> set;
  set.add("name", &P::name,
          {.doc = "what workloads and figures call the memory cgroup", .required = true})
      .add(
          "memory_max", &P::memory_max,
          {.doc = "most memory that may be charged to it: at it a task reclaims from it, and where "
                  "that does not help one of its tasks is killed; 0: no limit",
           .linux_name = "memory.max",
           .source = "kernel default",
           .min = Bytes{0},
           .word = "max"})
      .add(
          "memory_high", &P::memory_high,
          {.doc = "above it, tasks that are charged more reclaim from it and are made to sleep, at "
                  "most 2 s at a time; 0: no limit",
           .linux_name = "memory.high",
           .source = "kernel default",
           .min = Bytes{0},
           .word = "max"})
      .add(
          "memory_low", &P::memory_low,
          {.doc = "up to it, reclaim for others spares its memory as long as there is other memory "
                  "to take",
           .linux_name = "memory.low",
           .source = "kernel default",
           .min = Bytes{0}})
      .add("memory_swap_max", &P::memory_swap_max,
           {.doc = "most of its memory that may be in swap; 0: no limit",
            .linux_name = "memory.swap.max",
            .source = "kernel default",
            .min = Bytes{0},
            .word = "max"});
  return set;
}

void read_cgroup(Reading& r, const Value& table, const std::string& path) {
  MemcgConfig cgroup;
  once<cgroup_params>().read(table, cgroup, r.errors, r.used, path);
  if (cgroup.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
    r.errors.push_back({place_of(table, "name"),
                        fmt::format("'{}' is no name for figures", cgroup.name),
                        "use small letters, digits and _"});
  for (const MemcgConfig& other : r.scenario.cgroups)
    if (other.name == cgroup.name)
      r.errors.push_back({place_of(table, "name"),
                          fmt::format("two cgroups are called '{}'", cgroup.name),
                          "give one of them another 'name'"});
  r.scenario.cgroups.push_back(std::move(cgroup));
}

/// One [cgroup] table, or several [[cgroup]] tables.
void read_cgroups(Reading& r) {
  r.scenario.cgroups.clear();
  const Value* v = r.root.find("cgroup");
  if (v == nullptr) return;
  if (v->array() == nullptr && v->table() == nullptr) {
    r.errors.push_back({v->where, fmt::format("'cgroup' is {}", v->kind_name()),
                        "write a table [[cgroup]] with a name"});
    return;
  }
  if (v->table() != nullptr) return read_cgroup(r, *v, "cgroup");
  std::size_t index = 0;
  for (const Value& element : *v->array())
    read_cgroup(r, element, fmt::format("cgroup.{}", index++));
}

/// The table of a workload.
const Value& workload_table(const Reading& r, std::size_t index) {
  const Value& all = *r.root.find("workload");
  return all.array() != nullptr ? (*all.array())[index] : all;
}

/// Workloads join what there is.
void check_cgroups(Reading& r) {
  const Scenario& s = r.scenario;
  std::vector<std::string> names;
  for (const MemcgConfig& c : s.cgroups) names.push_back(c.name);
  for (std::size_t i = 0; i < s.workloads.size(); ++i) {
    const std::string& joined = s.workloads[i].cgroup;
    if (joined.empty() || std::find(names.begin(), names.end(), joined) != names.end()) continue;
    r.errors.push_back(
        {place_of(workload_table(r, i), "cgroup"), fmt::format("there is no cgroup '{}'", joined),
         names.empty() ? fmt::format("add a table [[cgroup]] with name = \"{}\"", joined)
                       : fmt::format("there is: {}", fmt::join(names, ", "))});
  }
}

}  // namespace

Section cgroup_section() {
  return {.name = "cgroup",
          .describe = [](auto& all) { add(all, once<cgroup_params>().describe("cgroup.N")); },
          .read = read_cgroups,
          .check = check_cgroups};
}

}  // namespace mhp::config
