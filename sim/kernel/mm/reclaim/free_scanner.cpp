#include "sim/kernel/mm/reclaim/free_scanner.hpp"

namespace mhp::kernel {

std::optional<Pfn> Compaction::FreeScanner::replace(Pfn from, int order, Receipt& receipt) {
  const PageCount pages{std::int64_t{1} << order};
  for (;;) {
    for (std::size_t i = taken_.size(); i-- > 0;) {
      const PfnRange r = taken_[i];
      const Pfn start{round_up(r.start.value, pages.value)};
      if (start + pages > r.end) continue;
      const PfnRange after{start + pages, r.end};
      taken_[i].end = start;
      if (!after.empty()) taken_.insert(taken_.begin() + static_cast<std::ptrdiff_t>(i) + 1, after);
      if (taken_[i].empty()) taken_.erase(taken_.begin() + static_cast<std::ptrdiff_t>(i));
      zone_.isolated_pages -= pages;
      zone_.in_use_pages += pages;
      mm_.free_pages(from, order, receipt);
      return start;
    }
    // A smaller piece may still fit what there is.
    if (!taken_.empty() && order > 0) return std::nullopt;
    if (!refill(receipt)) return std::nullopt;
  }
}

bool Compaction::FreeScanner::refill(Receipt& receipt) {
  while (position_ > limit_) {
    position_ = position_ - PageCount{kPageblockPages};
    const PfnRange block{position_, position_ + PageCount{kPageblockPages}};
    ++scanned_;
    if (zone_.buddy.pageblock_type(block.start) != MigrateType::movable) continue;
    const PageCount free = zone_.buddy.free_in(block);
    if (free.value == 0 || free == block.pages()) continue;
    scanned_ += block.pages().value;
    zone_.lock.hold(mm_.node(zone_.node).first_cpu, receipt);
    zone_.buddy.take_range(block).for_each_in(block.start.value, block.end.value,
                                              [&](const auto& i) {
                                                taken_.push_back({Pfn{i.start}, Pfn{i.end}});
                                              });
    zone_.isolated_pages += free;
    return true;
  }
  return false;
}

void Compaction::FreeScanner::give_back(Receipt& receipt) {
  for (const PfnRange& r : taken_) {
    zone_.isolated_pages -= r.pages();
    zone_.in_use_pages += r.pages();
    mm_.free_page_range(r, receipt);
  }
  taken_.clear();
}

}  // namespace mhp::kernel
