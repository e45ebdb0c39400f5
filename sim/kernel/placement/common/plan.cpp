#include "sim/kernel/placement/common/plan.hpp"

namespace mhp::kernel {

std::string_view not_carried_out(const Plan& plan) {
  using Source = MemmapOrigin::Source;
  const MemmapOrigin& memmap = plan.memmap;
  const HeadAccount& head = plan.account;
  if ((memmap.source == Source::reservation) != (memmap.populated == When::boot))
    return "memmap that is there from boot on, and no other, comes from the reservation";
  if (memmap.populated == When::never) return "every block has a memmap once it is online";
  if (memmap.populated == When::online && plan.mapped != plan.online_unit)
    return "what is mapped when a block goes online is what goes online";
  if (plan.head.value == 0) return {};
  if (head.managed != When::never) return "pages that hold memmap are never free";
  if (!head.zone && (head.spanned == When::add || head.present == When::add))
    return "the zone of a block is not known before it is online";
  if (memmap.populated == When::online && head.written == When::add)
    return "struct pages are not written before there are any";
  for (const When when : {head.written, head.spanned, head.present, head.findable})
    if (when == When::boot) return "memory that is added later has no head at boot";
  return {};
}

}  // namespace mhp::kernel
