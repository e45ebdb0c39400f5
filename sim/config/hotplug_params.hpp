#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/core/words.hpp"
#include "sim/kernel/hotplug/memory_block.hpp"
#include "sim/kernel/hotplug/nd_pfn.hpp"

namespace mhp::config {

/// What brings a device in, once its time has come.
enum class Arrival : std::uint8_t { time, free_below };
constexpr std::array<Word, 2> words_of(Arrival) {
  return {{{"time", "nothing else"},
           {"free_below",
            "the machine's free memory falls below free_below, and the device before it in this "
            "table is in"}}};
}

/// What lets a device go, once its time is over.
enum class Departure : std::uint8_t { time, free_above };
constexpr std::array<Word, 2> words_of(Departure) {
  return {{{"time", "nothing else"},
           {"free_above", "the machine's free memory rises above free_above"}}};
}

/// Who takes the blocks offline before a device goes.
enum class UnplugBy : std::uint8_t { driver, sysfs };
constexpr std::array<Word, 2> words_of(UnplugBy) {
  return {{{"driver", "the driver, asked to let the device go"},
           {"sysfs",
            "a process that writes to the blocks' state files, from the highest; if one stays it "
            "stops, and the device stays"}}};
}

/// Who brings the blocks online.
enum class OnlineBy : std::uint8_t { kernel, sysfs, udev };
constexpr std::array<Word, 3> words_of(OnlineBy) {
  return {{{"kernel", "the adding thread, after the whole device is added (auto_online_blocks)"},
           {"sysfs", "a process that writes to the blocks' state files in address order"},
           {"udev",
            "workers of systemd-udevd, one for each block's event, that write to its state file"}}};
}

/// Of hotplug.N.start: behind boot memory and the devices before it.
inline constexpr Bytes kBehind{-1};
/// Who says what is requested of a virtio-mem device.
enum class RequestedBy : std::uint8_t { schedule, agent };
constexpr std::array<Word, 2> words_of(RequestedBy) {
  return {{{"schedule", "'requested', one after the other"},
           {"agent",
            "an agent that looks at the free memory every check_every: below free_below it asks "
            "for request_step more, above free_above for request_step less, each once the guest "
            "has followed, or at once if it goes the other way"}}};
}

/// One [[hotplug]] table: devices of one kind and size, plugged one after the other.
struct HotplugParams {
  NodeId node{0};
  Bytes size{0};
  std::int64_t growth_factor = 0;
  std::int64_t count = 1;
  SimTime at{0};
  SimTime every{0};
  Arrival when = Arrival::time;
  Bytes free_below{0};
  SimTime check_every{1'000'000'000};
  std::string adder = "acpi_dimm";
  kernel::OnlineType online = kernel::OnlineType::online_kernel;
  OnlineBy online_by = OnlineBy::sysfs;
  SimTime online_latency{0};
  SimTime online_delay{0};
  std::int64_t cycles = 0;
  kernel::OnlineType cycle_online = kernel::OnlineType::offline;
  std::int64_t offline_blocks = 0;
  SimTime offline_at{0};
  bool unplug = false;
  bool touched = false;
  SimTime unplug_after{1'000'000'000};
  Departure unplug_when = Departure::time;
  UnplugBy unplug_by = UnplugBy::driver;
  SimTime offline_timeout{300'000'000'000};
  Bytes free_above{0};
  NodeId cpu_node{0};
  Bytes start = kBehind;
  Bytes offset{0};
  kernel::NamespaceMap map = kernel::NamespaceMap::dev;
  Bytes align{2 * kMiB};
  RequestedBy requested_by = RequestedBy::schedule;
  std::vector<std::string> requested;
  Bytes request_step{kGiB};
  Bytes device_block_size{2 * kMiB};
  bool unplug_online = true;
  bool force_bbm = false;
  Bytes bbm_block_size{0};
};

}  // namespace mhp::config
