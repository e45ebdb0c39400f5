#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/validation/captures/score.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::validation {

/// Compares the model with recorded snapshots. Decides what is compared and how exactly; knows
/// nothing of how the state came about.
class SnapshotCheck {
 public:
  SnapshotCheck(Score& score, const nlohmann::json& boot_snapshot,
                const kernel::MemoryHotplug& hotplug);

  /// What the snapshot was taken after.
  struct Context {
    bool watermarks_known = false;    ///< watermarks were computed anew since boot
    bool reserves_known = false;      ///< so were reserves, by an earlier snapshot
    std::vector<bool> quiet_movable;  ///< by node: its Movable zone holds what was onlined last,
                                      ///< and nobody has used it
    bool memmap_taken = false;  ///< since the last snapshot the page allocator gave memmap, in
                                ///< whole order-9 blocks, and zones were not resized
  };
  /// Every quantity of a snapshot.
  void snapshot(const nlohmann::json& snapshot, const kernel::Mm& mm,
                const kernel::MemoryHotplug& hotplug, const kernel::Hugetlb& hugetlb,
                const Context& context);

 private:
  void zones(const nlohmann::json& snapshot, const kernel::Mm& mm, const Context& context);
  void watermarks(const nlohmann::json& zone, const kernel::Zone& model, const std::string& path);
  void reserves(const nlohmann::json& zone, const kernel::Zone& model, const std::string& path);
  void free_pages(const nlohmann::json& zone, const kernel::Zone& model, const std::string& path,
                  bool memmap_taken);
  void free_lists(const nlohmann::json& snapshot, const kernel::Mm& mm,
                  const std::vector<bool>& quiet_movable);
  void pageblocks(const nlohmann::json& snapshot, const kernel::Mm& mm);
  void blocks(const nlohmann::json& snapshot, const kernel::MemoryHotplug& hotplug);
  void direct_map(const nlohmann::json& snapshot, const kernel::MemoryHotplug& hotplug);
  void nodes(const nlohmann::json& snapshot, const kernel::Mm& mm, const kernel::Hugetlb& hugetlb);
  void not_compared(const nlohmann::json& snapshot);

  Score& score_;
  nlohmann::json boot_meminfo_;
  nlohmann::json boot_nodes_;
  std::int64_t boot_1g_leaves_;
  std::int64_t boot_2m_leaves_;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> last_free_;  // recorded, model
};

}  // namespace mhp::validation
