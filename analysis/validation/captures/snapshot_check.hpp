#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/validation/captures/capture.hpp"
#include "analysis/validation/captures/field.hpp"
#include "analysis/validation/captures/score.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::validation {

/// Compares the model with recorded snapshots. Decides what is compared and how exactly; knows
/// nothing of how the state came about.
class SnapshotCheck {
 public:
  SnapshotCheck(Score& score, const Capture& capture, const kernel::MemoryHotplug& hotplug);

  /// What the snapshot was taken after.
  struct Context {
    const kernel::KernelConfig& config;  ///< parameters as they are now
    PageCount block;                     ///< size of memory blocks
    std::string default_state;           ///< auto_online_blocks
    std::vector<PfnRange> dimms;         ///< that the kernel has
    std::int64_t oom_kills = 0;          ///< as the kernel log has them
    bool reserves_known = false;         ///< so were reserves, by an earlier snapshot
    std::vector<bool> quiet_movable;     ///< by node: its Movable zone holds what was onlined last,
                                         ///< and nobody has used it
    bool memmap_taken = false;  ///< since the last snapshot the page allocator gave memmap, in
                                ///< whole order-9 blocks, and zones were not resized
  };
  /// What the boot snapshot has of zones, watermarks and reserves; `before`, `now`: computed by the
  /// model from memory without and with what the kernel gives back late.
  void at_boot(const kernel::Mm& before, const kernel::Mm& now, PageCount block);
  /// Every quantity of a snapshot.
  void snapshot(const nlohmann::json& snapshot, const kernel::Mm& mm,
                const kernel::MemoryHotplug& hotplug, const kernel::Hugetlb& hugetlb,
                const Context& context);

 private:
  void zones(const nlohmann::json& snapshot, const kernel::Mm& mm, const Context& context);
  void boot_zones();
  void boot_blocks(PageCount block);
  void watermarks(const nlohmann::json& zone, const kernel::Zone& model, const std::string& path);
  void reserves(const nlohmann::json& zone, const kernel::Zone& model, const std::string& path);
  void free_pages(const nlohmann::json& zone, const kernel::Zone& model, const std::string& path,
                  bool memmap_taken);
  /// The change since the last snapshot, and since the first.
  struct Change {
    std::int64_t expected = 0;
    std::int64_t got = 0;
    bool first = false;
  };
  Change noise(const std::string& quantity, std::int64_t recorded, std::int64_t got);
  void free_lists(const nlohmann::json& snapshot, const kernel::Mm& mm,
                  const std::vector<bool>& quiet_movable);
  void in_use(const nlohmann::json& row, const std::vector<std::int64_t>& recorded);
  void pageblocks(const nlohmann::json& snapshot, const kernel::Mm& mm);
  void blocks(const nlohmann::json& snapshot, const kernel::MemoryHotplug& hotplug);
  void direct_map(const nlohmann::json& snapshot, const kernel::MemoryHotplug& hotplug);
  void nodes(const nlohmann::json& snapshot, const kernel::Mm& mm);
  void huge_pages(const nlohmann::json& snapshot, const kernel::Mm& mm,
                  const kernel::Hugetlb& hugetlb);
  void resources(const nlohmann::json& snapshot, const Context& context);
  void parameters(const nlohmann::json& snapshot, const Context& context);
  void not_compared(const nlohmann::json& snapshot);

  Score& score_;
  const Capture& capture_;
  const nlohmann::json& boot_;
  const nlohmann::json* zones_ = nullptr;              ///< of the snapshot at hand
  std::array<std::int64_t, 3> boot_leaves_;            ///< of the direct map, by level
  using Pair = std::pair<std::int64_t, std::int64_t>;  // recorded, model
  std::map<std::string, std::pair<Pair, Pair>> free_;  // at first and last
};

}  // namespace mhp::validation
