#include "analysis/validation/captures/late_memory.hpp"

#include <algorithm>
#include <regex>

namespace mhp::validation {

PageCount late_image_memory(const Capture& capture) {
  static const std::regex image(
      "Memory: .*\\(([0-9]+)K kernel code, [0-9]+K rwdata, ([0-9]+)K rodata, ([0-9]+)K init,");
  static const std::regex ramdisk("RAMDISK: \\[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\\]");
  const auto gap = [](std::int64_t kib) { return round_up(kib, 2 * kMiB / kKiB) - kib; };
  Bytes late;
  std::smatch match;
  for (const std::string& line : capture.boot_log) {
    if (line.find("Memory: ") != line.npos && std::regex_search(line, match, image))
      late += Bytes{(gap(std::stoll(match[1])) + gap(std::stoll(match[2])) + std::stoll(match[3])) *
                    kKiB};
    if (line.find("RAMDISK: ") != line.npos && std::regex_search(line, match, ramdisk))
      late += Bytes{std::stoll(match[2], nullptr, 16) + 1 - std::stoll(match[1], nullptr, 16)};
  }
  return capture.geometry.pages_of(late);
}

PageCount late_memory_at_most(const Capture& capture) {
  static const std::regex freeing("Freeing (?:initrd|unused) .*memory: (\\d{1,8})K");
  PageCount pages;
  std::smatch match;
  for (const std::string& line : capture.boot_log)
    if (line.find("Freeing ") != line.npos && std::regex_search(line, match, freeing))
      pages += capture.geometry.pages_of(Bytes{std::stoll(match[1]) * kKiB});
  return pages.value > 0 ? pages
                         : late_image_memory(capture) + capture.geometry.pages_of(Bytes{2 * kMiB});
}

void take_late_memory(kernel::BootState& state, PageCount pages) {
  // Image and ramdisk lie below 4 GiB, and above what DMA of 24 bits reaches.
  const auto holds_image = [&](const kernel::BootZone& zone) {
    if (state.arch.dma32_end > state.arch.dma_end) return zone.type == kernel::ZoneType::dma32;
    return zone.managed.value > 0 && kernel::is_kernel_zone(zone.type);
  };
  for (kernel::BootZone& zone : state.zones) {
    if (!holds_image(zone)) continue;
    const PageCount taken = std::min(pages, zone.managed);
    zone.managed -= taken;
    pages -= taken;
  }
}

// hugepage_init looks at the pages that there are by then. Where those that come later decide, the
// boot's min_free_kbytes shows what was found: 4 * sqrt(lowmem_kbytes), or a multiple of it.
bool too_small_for_huge_pages(const Capture& capture) {
  if (!capture.boot_step()) return false;
  const nlohmann::json& boot = *capture.steps[*capture.boot_step()].snapshot();
  const Bytes total{boot.at("meminfo_kB").at("MemTotal").get<std::int64_t>() * kKiB};
  constexpr Bytes kLeast{512 * kMiB};
  if (total < kLeast || total - capture.geometry.bytes_of(late_memory_at_most(capture)) >= kLeast)
    return false;
  const auto kib = boot.value("min_free_kbytes", std::int64_t{0});
  return kib * kib < 4 * 16 * (total.value / kKiB);
}

}  // namespace mhp::validation
