#include "sim/kernel/placement/common/plan.hpp"

namespace mhp::kernel {

std::string_view not_carried_out(const Plan& plan) {
  using Source = MemmapOrigin::Source;
  const HeadAccount& head = plan.account;
  if (plan.memmap.source == Source::reservation) return "no memory is set aside at boot";
  if (plan.memmap.source == Source::nowhere) return "every block has a memmap";
  if (plan.memmap.populated != When::add) return "the memmap is mapped when memory is added";
  if (plan.memmap.moved_at_remove) return "the memmap of other blocks is not moved";
  if (plan.host_first) return "blocks go online and offline in any order";
  if (plan.head.value == 0) return {};
  if (head.managed != When::never) return "pages that hold memmap are never free";
  if (!head.zone && (head.spanned == When::add || head.present == When::add))
    return "the zone of a block is not known before it is online";
  for (const When when : {head.written, head.spanned, head.present, head.findable})
    if (when != When::add && when != When::online)
      return "every page of a block has a struct page in a zone once it is online";
  return {};
}

}  // namespace mhp::kernel
