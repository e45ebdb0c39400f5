#include "analysis/validation/captures/kernel_pages.hpp"

#include <algorithm>
#include <optional>
#include <regex>

#include "analysis/validation/captures/console_check.hpp"

namespace mhp::validation {

namespace {
/// The node whose processors and memory the recorded guest's own kernel works on.
constexpr NodeId kBusyNode{0};
}  // namespace

std::multiset<std::int32_t> blocks_with_unmovable_pages(const nlohmann::json& step,
                                                        PageCount block_pages) {
  static const std::regex dumped("pfn:0x([0-9a-f]{1,10})\\b");
  std::multiset<std::int32_t> blocks;
  std::optional<std::int64_t> last;
  for (const std::string& line : console_lines(step)) {
    std::smatch match;
    if (line.starts_with("page:") && std::regex_search(line, match, dumped))
      last = std::stoll(match[1], nullptr, 16);
    if (line == "page dumped because: unmovable page" && last)
      blocks.insert(static_cast<std::int32_t>(*last / block_pages.value));
  }
  return blocks;
}

void KernelPages::take_one() {
  take({.node = kBusyNode});
  for (std::size_t n = 0; n < mm_.nodes(); ++n) {
    const NodeId id{static_cast<std::int32_t>(n)};
    const auto kernel_memory = [](const kernel::Zone& zone) {
      return kernel::is_kernel_zone(zone.type) && zone.populated();
    };
    const kernel::Node& node = mm_.node(id);
    if (node.cpus == 0 || std::any_of(node.zones.begin(), node.zones.end(), kernel_memory))
      continue;
    for (const auto type : {kernel::MigrateType::unmovable, kernel::MigrateType::reclaimable})
      take({.node = id, .type = type});
  }
}

void KernelPages::take(const kernel::AllocRequest& request) {
  if (const auto got = mm_.alloc_pages(request, mm_.nobody())) held_.push_back(got->pfn);
}

std::int64_t KernelPages::leave(PfnRange range) {
  std::int64_t left = 0;
  std::erase_if(held_, [&](Pfn pfn) {
    if (!range.contains(pfn)) return false;
    mm_.free_pages(pfn, 0, mm_.nobody());
    ++left;
    return true;
  });
  return left;
}

}  // namespace mhp::validation
