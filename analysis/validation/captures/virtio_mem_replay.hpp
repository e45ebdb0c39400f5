#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/captures/capture.hpp"
#include "analysis/validation/captures/kernel_pages.hpp"
#include "analysis/validation/captures/score.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/virtio_mem/virtio_mem.hpp"

namespace mhp::validation {

/// Replays what was requested of a recording's virtio-mem devices, by the model of their driver,
/// and compares how much of them was plugged whenever the recorded driver rested.
class VirtioMemReplay {
 public:
  VirtioMemReplay(Score& score, const Capture& capture, kernel::Mm& mm,
                  kernel::MemoryHotplug& hotplug, KernelPages& kernel_pages)
      : score_(score), capture_(capture), mm_(mm), hotplug_(hotplug), kernel_pages_(kernel_pages) {}

  /// The driver finds the devices, of which nothing is plugged.
  void load(const Capture::Step& step);
  /// Another size is requested; `online`: what becomes of new blocks.
  void resize(const Capture::Step& step, std::optional<kernel::OnlineType> online);
  /// The driver's timer fires, if it runs.
  void await(const Capture::Step& step, std::optional<kernel::OnlineType> online);
  /// A block has gone online: the driver may go on, as it does while the guest writes to others.
  void blocks_online();

  /// Where a device lies; nothing if it is none.
  std::optional<PfnRange> region(const std::string& name) const;
  /// Resources of what Linux has of the devices: neighbours are one.
  std::vector<PfnRange> ranges() const;

 private:
  struct Device {
    PfnRange region;
    std::unique_ptr<kernel::VirtioMem> driver;
  };
  kernel::VirtioMemCalls calls();
  void run(Device& device);
  void leave_to_chance(const Device& device, const Capture::Step& step);
  void hold_sub_blocks(const Device& device, const Capture::Step& step);
  void compare(const Device& device, const Capture::Step& step);

  Score& score_;
  const Capture& capture_;
  kernel::Mm& mm_;
  kernel::MemoryHotplug& hotplug_;
  KernelPages& kernel_pages_;
  kernel::CountingHost host_;
  std::map<std::string, Device> devices_;
  std::optional<kernel::OnlineType> online_;
};

}  // namespace mhp::validation
