#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/hotplug_params.hpp"
#include "sim/config/size_requests.hpp"
#include "sim/core/params.hpp"
#include "sim/core/types.hpp"
#include "sim/core/value.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/kernel/arch/architecture.hpp"
#include "sim/kernel/boot/found_state.hpp"
#include "sim/kernel/config.hpp"
#include "sim/kernel/mm/mempolicy.hpp"
#include "sim/kernel/mm/reclaim/memcg_config.hpp"
#include "sim/kernel/profile.hpp"
#include "sim/machine/devices/device.hpp"
#include "sim/machine/machine.hpp"
#include "workloads/model.hpp"

namespace mhp::config {

/// What holds for the run as a whole.
struct RunParams {
  std::string name;
  std::string doc;
  std::int64_t seed = 1;
  SimTime settle{1'000'000'000};
  SimTime until{0};
};

/// The [udev] table: the daemon that brings blocks online where `online_by` says so.
struct UdevParams {
  std::int64_t children_max = 0;
  SimTime event_latency{2'000'000};
};

/// How many workers systemd-udevd starts at most unless it is told (src/udev/udevd.c): two a
/// processor and 16, at most one for 128 MiB of memory but 10 in any case, never more than 2048.
std::int64_t udev_children_max(const machine::Machine& machine);

/// A [[hotplug]] table with its device.
struct Hotplug {
  HotplugParams params;
  std::size_t index = 0;  ///< of the table
  std::string device;
  machine::StagePlan stages;
  std::vector<SizeRequest> requests;  ///< of a virtio-mem device
};

/// A [workload] or [[workload]] table.
struct Workload {
  std::string name;    ///< of its random streams
  std::string prefix;  ///< of its figures: "workload" for a single one without a name of its own
  workloads::Factory make;
  std::string cgroup;  ///< that it joins; empty: none
  kernel::MemPolicy policy;
};

/// Of a machine that was read from what it says of itself: which text that was, and how far it
/// went.
struct MachineOrigin {
  std::string file;
  std::string crc32;                 ///< of its bytes, in hexadecimal
  std::vector<std::string> found;    ///< in words: what, and where
  std::vector<std::string> assumed;  ///< what was not found, and what holds instead
};

/// A scenario with everything it refers to resolved and checked: all that a run needs, and nothing
/// read any more.
struct Scenario {
  RunParams run;
  machine::Machine machine;
  std::optional<kernel::FoundState> found;  ///< in which the machine is; none: it has just booted
  std::optional<MachineOrigin> origin;      ///< of a machine that said itself what it is
  kernel::KernelProfile profile;
  kernel::Architecture architecture;
  kernel::KernelConfig kernel;
  cost::CostProfile costs;
  std::vector<Hotplug> hotplug;
  UdevParams udev;
  std::vector<kernel::MemcgConfig> cgroups;
  std::vector<Workload> workloads;

  std::vector<ParamValue> used;  ///< every parameter in force, defaults included
  std::string source_text;       ///< the scenario file as it was read
  std::string resolved_text;     ///< the scenario with references and overrides put in, as TOML
  Value resolved;                ///< the same as a tree
  std::vector<std::string> overrides;
};

/// Reads a scenario file, puts the files in that it refers to, applies `overrides` ("key=value") in
/// their order and checks everything. All errors come at once, each with its place.
Result<Scenario> load_scenario(const std::string& path, const std::vector<std::string>& overrides);

/// A value for a path of a scenario: a parameter, or a part such as its machine.
struct Setting {
  std::string path;
  Value value;
};

/// The scenario with these values in place of its own. Nothing is read from disk.
Result<Scenario> with_values(const Scenario& scenario, const std::vector<Setting>& values);

/// Puts the files in that a scenario's tree names, where they are not in yet, and in the place of
/// a machine's sockets the nodes, links and core that they come to.
Result<void> put_references(Value& root);

/// The same with settings ("key=value") applied in their order. Those of a machine's sockets come
/// before those of its nodes, links and core: from the first of these on it has no sockets any
/// more.
Result<void> apply_settings(Value& root, const std::vector<std::string>& settings);

/// The table of a machine from its file, complete.
Result<Value> load_machine(const std::string& path);

/// All of a scenario from its tree, references put in, with everything that is recorded of it but
/// where it came from.
Result<Scenario> read_whole(Value root);

/// Every parameter of a scenario, for `mhpsim list params` and the reference.
std::vector<ParamInfo> describe_scenario();

/// A kernel profile from its file, or from what the file holds; its rules, with their sources, are
/// appended to `used`.
Result<kernel::KernelProfile> load_kernel_profile(const std::string& path,
                                                  std::vector<ParamValue>* used = nullptr);
Result<kernel::KernelProfile> read_kernel_profile(const Value& table,
                                                  std::vector<ParamValue>* used = nullptr);

}  // namespace mhp::config
