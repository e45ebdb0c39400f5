#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/mem_info.hpp"

namespace mhp::observed {

/// The part of a report behind "Mem-Info:": reads it line by line, and tells a machine of it at the
/// end, when the size of a page is known.
class MemInfoZones {
 public:
  MemInfoZones(Scan& scan, MemInfoReport& report) : scan_(scan), report_(&report) {}

  /// The rest of the scan's line.
  void line();
  void finish();

 private:
  using Numbers = std::map<std::string, std::int64_t, std::less<>>;

  std::optional<ZonePlace> zone_prefix(bool& node_alone);
  bool numbers(Numbers& into, bool kib);
  void zone_line(ZonePlace place);
  void node_line(NodeId node);
  void free_list();
  void protection();
  void per_cpu_list(std::string_view line);
  void huge_pages(NodeId node);
  bool total(std::string_view line);
  std::int64_t page_kib() const;
  std::vector<kernel::ZoneType> zone_types(std::size_t entries) const;

  Scan& scan_;
  MemInfoReport* report_;
  Numbers machine_;                        ///< pages
  std::map<std::int32_t, Numbers> nodes_;  ///< kB
  std::map<ZonePlace, Numbers> zones_;     ///< kB
  std::map<ZonePlace, std::vector<PageCount>> protection_;
  std::optional<ZonePlace> zone_;  ///< whose line was last
  std::optional<NodeId> node_;     ///< the same of a node
  std::optional<ZonePlace> list_;  ///< whose free blocks are being listed
  std::optional<ZonePlace> pcp_;   ///< whose per-CPU lists are being listed (up to 4.1)
};

/// Adds what a report says to a machine.
Result<void> merge_mem_info(const Observed& report, const Location& at, Observed& into);

}  // namespace mhp::observed
