#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analysis/validation/captures/capture.hpp"
#include "analysis/validation/captures/kernel_pages.hpp"
#include "analysis/validation/captures/score.hpp"
#include "analysis/validation/captures/virtio_mem_replay.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"

namespace mhp::validation {

/// Replays what a recording did to DIMMs and memory blocks, and compares how each operation ended.
class HotplugReplay {
 public:
  HotplugReplay(Score& score, const Capture& capture, kernel::Mm& mm,
                kernel::MemoryHotplug& hotplug)
      : score_(score),
        capture_(capture),
        mm_(mm),
        hotplug_(hotplug),
        kernel_pages_(mm),
        virtio_mem_(score, capture, mm, hotplug, kernel_pages_) {}

  /// `online`: what becomes of its blocks.
  void add(const Capture::Step& step, std::optional<kernel::OnlineType> online);
  /// The kernel panics before anybody has said where the DIMM lies: behind boot memory.
  void add_that_panics(const Capture::Step& step);
  /// Blocks of a DIMM ("online") or by their numbers ("setblk").
  void set_blocks(const Capture::Step& step);
  void remove(const Capture::Step& step);
  VirtioMemReplay& virtio_mem() { return virtio_mem_; }
  /// The recorded kernel does something for itself.
  void background() { kernel_pages_.take_one(); }

  /// Ranges of the DIMMs that the kernel has.
  std::vector<PfnRange> ranges() const;
  bool any_add_failed() const { return add_failed_; }
  bool any_removal() const { return removed_; }

 private:
  struct Dimm {
    NodeId node;
    PfnRange range;
    bool known = false;  ///< the kernel has it
  };

  /// How memory comes and goes in a recording: the kernel's ACPI driver, a call of add_memory() by
  /// hand, or logical memory blocks one after the other.
  enum class Way : std::uint8_t { acpi, by_hand, dlpar };
  Way way_of(const Capture::Step& step) const;
  bool add_lmbs(const Dimm& dimm, kernel::OnlineType online);
  void compare_add(const Capture::Step& step, kernel::Status status);
  void compare_removal(const Capture::Step& step, bool gone);
  std::pair<std::int64_t, std::int64_t> blocks_of(const Capture::Step& step) const;
  bool may_be_pinned(BlockId id) const;
  BlockId endless_offline(const nlohmann::json& result) const;
  kernel::Status interrupted(BlockId id);
  kernel::Status offline(BlockId id, std::multiset<std::int32_t>& pinned);
  bool take_away(const Dimm& dimm, const Capture::Step& step);
  static kernel::OpResult run(Task<kernel::OpResult> task) {
    return kernel::CountingHost::run(std::move(task));
  }

  Score& score_;
  const Capture& capture_;
  kernel::Mm& mm_;
  kernel::MemoryHotplug& hotplug_;
  kernel::CountingHost host_;
  KernelPages kernel_pages_;
  VirtioMemReplay virtio_mem_;
  std::map<std::string, Dimm> dimms_;
  bool add_failed_ = false;
  bool removed_ = false;
};

/// Nothing if blocks go or stay offline.
std::optional<kernel::OnlineType> online_type(const std::string& how);

}  // namespace mhp::validation
