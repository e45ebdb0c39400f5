#include "sim/observed/snapshot.hpp"

#include <array>

#include "sim/observed/folded.hpp"
#include "sim/observed/snapshot_file.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

struct Reader {
  std::string_view path;
  Result<void> (*read)(std::string_view text, const Location& at, Observed& into);
};

/// In the order in which they are read: distances are told for the nodes that are there.
constexpr std::array<Reader, 13> kReaders{{{"/proc/version", read_version},
                                           {"/proc/cmdline", read_cmdline},
                                           {"/proc/cpuinfo", read_cpuinfo},
                                           {"/sys/devices/system/node", read_node_section},
                                           {"/proc/zoneinfo", read_zoneinfo},
                                           {"/proc/buddyinfo", read_buddyinfo},
                                           {"/proc/pagetypeinfo", read_pagetypeinfo},
                                           {"/proc/meminfo", read_meminfo},
                                           {"/proc/vmstat", read_vmstat},
                                           {"/proc/iomem", read_iomem},
                                           {"/proc/swaps", read_swaps},
                                           {"/sys/devices/system/memory", read_memory_section},
                                           {"settings", read_settings_section}}};

}  // namespace

Result<void> read_snapshot(std::string_view text, const Location& at, Observed& into) {
  const auto file = parse_snapshot(text, at.file);
  if (!file) return tl::unexpected<Diagnostics>(file.error());
  Diagnostics errors;
  for (const Reader& reader : kReaders) {
    const SnapshotSection* section = file->find(reader.path);
    if (section == nullptr || section->text.empty()) continue;
    const auto done = reader.read(section->text, file->place(*section), into);
    if (!done) errors.insert(errors.end(), done.error().begin(), done.error().end());
  }
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return {};
}

}  // namespace mhp::observed
