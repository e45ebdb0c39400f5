#include "sim/kernel/mm/reclaim/free_scanner.hpp"

namespace mhp::kernel {

std::optional<Pfn> Compaction::FreeScanner::replace(Pfn from, int order, Receipt& receipt) {
  if (taken_.empty()) return std::nullopt;
  const PageCount pages{std::int64_t{1} << order};
  std::vector<PfnRange>& block = taken_.front();
  for (std::size_t i = block.size(); i-- > 0;) {
    const PfnRange r = block[i];
    const Pfn start{round_up(r.start.value, pages.value)};
    if (start + pages > r.end) continue;
    const PfnRange after{start + pages, r.end};
    block[i].end = start;
    if (!after.empty()) block.insert(block.begin() + static_cast<std::ptrdiff_t>(i) + 1, after);
    if (block[i].empty()) block.erase(block.begin() + static_cast<std::ptrdiff_t>(i));
    if (block.empty()) taken_.pop_front();
    pages_ -= pages;
    zone_.isolated_pages -= pages;
    zone_.in_use_pages += pages;
    mm_.free_pages(from, order, receipt, cpu_);
    return start;
  }
  return std::nullopt;  // a smaller piece may still fit
}

bool Compaction::FreeScanner::refill(Receipt& receipt) {
  while (position_ > limit_) {
    position_ = position_ - PageCount{zone_.buddy.geometry().pageblock_pages()};
    const PfnRange block{position_,
                         position_ + PageCount{zone_.buddy.geometry().pageblock_pages()}};
    ++scanned_;
    if (zone_.buddy.pageblock_type(block.start) != MigrateType::movable) continue;
    const PageCount free = zone_.buddy.free_in(block);
    if (free.value == 0 || free == block.pages()) continue;
    scanned_ += block.pages().value;
    zone_.lock.hold(cpu_, receipt);
    auto& taken = taken_.emplace_back();
    zone_.buddy.take_range(block).for_each_in(block.start.value, block.end.value,
                                              [&](const auto& i) {
                                                taken.push_back({Pfn{i.start}, Pfn{i.end}});
                                              });
    zone_.isolated_pages += free;
    pages_ += free;
    return true;
  }
  return false;
}

void Compaction::FreeScanner::give_back(Receipt& receipt) {
  for (const auto& block : taken_) {
    for (const PfnRange& r : block) {
      zone_.isolated_pages -= r.pages();
      zone_.in_use_pages += r.pages();
      mm_.free_page_range(r, receipt, cpu_);
    }
  }
  taken_.clear();
  pages_ = PageCount{0};
}

}  // namespace mhp::kernel
