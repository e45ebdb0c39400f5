#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/validation/report.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::validation {

/// Compares what the model says with recorded values, and keeps the score. Decides what is compared
/// and how exactly; knows nothing of how the state came about.
class SnapshotCheck {
 public:
  SnapshotCheck(CaptureReport& report, const nlohmann::json& boot_snapshot,
                const kernel::MemoryHotplug& hotplug);

  void at(std::size_t step, std::string label) { step_ = step, label_ = std::move(label); }
  void exact(const std::string& quantity, std::int64_t expected, std::int64_t got);
  void exact(const std::string& quantity, const std::string& expected, const std::string& got);
  void unmodelled(const std::string& what) { ++report_.unmodelled[what]; }

  /// Every quantity of a snapshot. `watermarks_known`: a block has gone online or offline since
  /// boot, so that watermarks and reserves are no longer those of boot.
  /// `just_onlined`: nothing has used the memory onlined last.
  void snapshot(const nlohmann::json& snapshot, const kernel::Mm& mm,
                const kernel::MemoryHotplug& hotplug, bool watermarks_known, bool just_onlined);
  /// Huge pages reserved on each node.
  void huge_pages(const nlohmann::json& snapshot, const kernel::Hugetlb& hugetlb);

 private:
  void zones(const nlohmann::json& snapshot, const kernel::Mm& mm, bool watermarks_known);
  void watermarks(const nlohmann::json& zone, const kernel::Zone& model, const std::string& path);
  void free_pages(const nlohmann::json& zone, const kernel::Zone& model, const std::string& path);
  void free_lists(const nlohmann::json& snapshot, const kernel::Mm& mm, bool just_onlined);
  void pageblocks(const nlohmann::json& snapshot, const kernel::Mm& mm);
  void blocks(const nlohmann::json& snapshot, const kernel::MemoryHotplug& hotplug);
  void direct_map(const nlohmann::json& snapshot, const kernel::MemoryHotplug& hotplug);
  void miss(CheckClass c, const std::string& quantity, std::string expected, std::string got);

  CaptureReport& report_;
  nlohmann::json boot_meminfo_;
  std::int64_t boot_1g_leaves_;
  std::int64_t boot_2m_leaves_;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> last_free_;  // recorded, model
  std::size_t step_ = 0;
  std::string label_;
};

}  // namespace mhp::validation
