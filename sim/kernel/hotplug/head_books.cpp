#include "sim/kernel/hotplug/head_books.hpp"

#include <algorithm>
#include <array>

namespace mhp::kernel {

namespace {

constexpr std::array kPages{&HeadFigures::in_use,       &HeadFigures::in_movable,
                            &HeadFigures::unwritten,    &HeadFigures::lost_at_resume,
                            &HeadFigures::live_offline, &HeadFigures::not_dumped,
                            &HeadFigures::out_of_span};
constexpr std::array kCounts{&HeadFigures::in_other_zone, &HeadFigures::sections_without};

}  // namespace

HeadFigures& HeadFigures::operator+=(const HeadFigures& o) {
  for (const auto f : kPages) this->*f += o.*f;
  for (const auto f : kCounts) this->*f += o.*f;
  return *this;
}

HeadFigures HeadFigures::operator-() const {
  HeadFigures minus;
  for (const auto f : kPages) minus.*f = -(this->*f);
  for (const auto f : kCounts) minus.*f = -(this->*f);
  return minus;
}

void HeadFigures::raise_to(const HeadFigures& o) {
  for (const auto f : kPages) this->*f = std::max(this->*f, o.*f);
  for (const auto f : kCounts) this->*f = std::max(this->*f, o.*f);
}

// Hibernation saves, and a dump has, what pfn_to_online_page finds. A head that is written once,
// when it is added, has state that nobody makes anew.
HeadFigures HeadBooks::of(const MemoryBlock& block, PageCount block_pages) const {
  HeadFigures f;
  const PageCount head = block.plan.head;
  const HeadAccount& account = block.plan.account;
  const bool online = block.state == MemoryBlock::State::online;
  if (!block.present() || !block.populated || head.value == 0) {
    f.in_other_zone = block.memmap_in_other_zone ? 1 : 0;
    return f;
  }
  const bool found = account.findable == When::add || (account.findable == When::online && online);
  const bool kept = block.head_written && account.written == When::add;
  f.in_use = head;
  if (block.head_zone == ZoneType::movable) f.in_movable = head;
  if (!block.head_written) f.unwritten = head;
  if (kept && !found) f.lost_at_resume = head;
  if (kept && !online) f.live_offline = head;
  if (!found) f.not_dumped = block_pages * block.hosted_online - (online ? head : PageCount{0});
  f.in_other_zone = block.memmap_in_other_zone ? 1 : 0;
  if (online && found) f.sections_without = head / section_;
  return f;
}

}  // namespace mhp::kernel
