#include "sim/kernel/mm/pending_frees.hpp"

#include <algorithm>

namespace mhp::kernel {

namespace {
constexpr std::int64_t pages_of(const FreedPages& block) { return std::int64_t{1} << block.order; }

std::int64_t overlap(const FreedPages& block, PfnRange range) {
  const std::int64_t start = std::max(block.pfn.value, range.start.value);
  return std::min(block.pfn.value + pages_of(block), range.end.value) - start;
}
}  // namespace

PendingFrees::Ticket PendingFrees::add(const FreedPages& block) {
  blocks_.emplace_hint(blocks_.end(), next_, block);
  pages_ += pages_of(block);
  return next_++;
}

std::optional<FreedPages> PendingFrees::take(Ticket ticket) {
  const auto found = blocks_.find(ticket);
  if (found == blocks_.end()) return std::nullopt;
  const FreedPages block = found->second;
  blocks_.erase(found);
  pages_ -= pages_of(block);
  return block;
}

PageCount PendingFrees::pages_in(PfnRange range) const {
  std::int64_t n = 0;
  for (const auto& [ticket, block] : blocks_) n += std::max<std::int64_t>(0, overlap(block, range));
  return PageCount{n};
}

std::vector<PendingFrees::Ticket> PendingFrees::touching(PfnRange range) const {
  std::vector<Ticket> found;
  for (const auto& [ticket, block] : blocks_)
    if (overlap(block, range) > 0) found.push_back(ticket);
  return found;
}

}  // namespace mhp::kernel
