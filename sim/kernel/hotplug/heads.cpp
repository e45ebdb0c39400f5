// Pages that hold memmap and never become free: when their struct pages are written, what counts
// them, and what finds them. mhp_init_memmap_on_memory, mhp_deinit_memmap_on_memory and
// adjust_present_page_count of Linux 6.12, as far as a plan has them done, and when.
#include <algorithm>

#include "sim/kernel/contiguity.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

// Heads of one plan that follow each other are one range of page frames: those of a unit.
std::vector<MemoryHotplug::Head> MemoryHotplug::heads_of(PfnRange range, Zone* zone) {
  std::vector<Head> heads;
  for (Pfn p = range.start; p < range.end; p += block_pages_) {
    const MemoryBlock& known = block(block_of(p));
    const HeadAccount& account = known.plan.account;
    if (known.plan.head.value == 0) continue;
    if (!heads.empty() && heads.back().pages.end == p && heads.back().account == account) {
      heads.back().pages.end = p + known.plan.head;
      continue;
    }
    heads.push_back({{p, p + known.plan.head},
                     account,
                     account.zone ? &mm_.zone(known.node, *account.zone) : zone});
  }
  return heads;
}

IntervalSet& MemoryHotplug::early_heads(const Zone& zone) {
  EarlyHeads& early = early_heads_[zone_index(zone.node, zone.type)];
  early.zone = &zone;
  return early.pages;
}

Task<void> MemoryHotplug::account_heads(Host& host, Zone* zone, PfnRange range, When now) {
  const bool adding = now == When::add;
  for (const auto& [head, account, in] : heads_of(range, zone)) {
    if (account.spanned == now) grow_span(*in, head);
    if (account.written == now) co_await write_head(host, head, in);
    if (account.written == now && !adding) counters_.head_pages_onlined += head.pages().value;
    if (account.spanned == now) {
      co_await walk_contiguous(host, *in, head, counters_.contiguity_checks);
      in->buddy.set_fresh_pageblock_type(head, MigrateType::unmovable);
    }
    if (account.spanned == now || account.written == now)
      heads_.touch(adding ? HeadSite::add : HeadSite::online_init);
    // Until its block is online, only whole sections of it can be found (heads of 128 MiB and
    // more).
    if (account.findable == When::online && !adding)
      mm_.set_online(*in, {head.start, Pfn{round_down(head.end.value, geometry_.section_pages())}});
    if (!adding) continue;
    if (account.spanned == now) early_heads(*in).insert(head.start.value, head.end.value);
    if (account.findable == now) mm_.set_online(*in, head);
    if (account.present != now) continue;
    const bool first_of_zone = !in->populated();
    count_present(*in, head, true);
    if (!first_of_zone) continue;
    co_await spend(host, Primitive::percpu_line, mm_.online_cpus());
    co_await spend(host, Primitive::zonelist_scan, mm_.build_all_zonelists());
  }
}

Task<void> MemoryHotplug::write_head(Host& host, PfnRange head, const Zone* zone) {
  counters_.head_pages_initialised += head.pages().value;
  for_each_block(head, [&](BlockId b) {
    if (block(b).head_last_zone) counters_.head_pages_rewritten += block(b).plan.head.value;
    change_block(b, [&](MemoryBlock& block) {
      block.head_written = true;
      if (zone == nullptr) return;
      if (block.head_last_zone && block.head_last_zone != zone->type) ++counters_.head_zone_changes;
      block.head_last_zone = zone->type;
    });
  });
  co_await write_struct_pages(host, head);
}

void MemoryHotplug::count_present(Zone& zone, PfnRange head, bool present) {
  const PageCount change = present ? head.pages() : -head.pages();
  zone.present_pages += change;
  for_each_block(head, [&](BlockId b) {
    change_block(b, [&](MemoryBlock& block) {
      block.head_zone = present ? std::optional(zone.type) : std::nullopt;
    });
  });
}

void MemoryHotplug::find_heads(Zone& zone, PfnRange range) {
  for (const auto& [head, account, in] : heads_of(range, &zone))
    if (account.findable == When::online) mm_.set_online(*in, head);
}

// Present pages that onlining counts are counted when all else is done.
void MemoryHotplug::count_heads_online(Zone& zone, PfnRange range) {
  for (const auto& [head, account, in] : heads_of(range, &zone)) {
    if (account.present != When::online) continue;
    count_present(*in, head, true);
    account_group(block(block_of(head.start)), in->type, head.pages());
    heads_.touch(HeadSite::online_present);
  }
}

void MemoryHotplug::count_heads_offline(Zone& zone, PfnRange range) {
  for (const auto& [head, account, in] : heads_of(range, &zone)) {
    if (account.spanned == When::online) in->buddy.forget_pageblocks(head);
    if (account.present == When::online) {
      count_present(*in, head, false);
      account_group(block(block_of(head.start)), in->type, -head.pages());
      heads_.touch(HeadSite::offline_present);
    }
    if (account.findable == When::online) mm_.set_offline(*in, head);
  }
}

Task<void> MemoryHotplug::remove_heads_from_zone(Host& host, Zone& zone, PfnRange range) {
  for (const auto& [head, account, in] : heads_of(range, &zone)) {
    if (account.spanned != When::online) continue;
    co_await remove_pfn_range_from_zone(host, *in, head);
    heads_.touch(HeadSite::offline_deinit);
  }
}

// What adding counted of heads, removing takes back.
Task<void> MemoryHotplug::withdraw_heads(Host& host, PfnRange range) {
  for (const auto& [head, account, in] : heads_of(range, nullptr)) {
    if (in == nullptr) continue;
    if (account.findable == When::add) mm_.set_offline(*in, head);
    if (account.present == When::add) {
      count_present(*in, head, false);
      if (!in->populated())
        co_await spend(host, Primitive::zonelist_scan, mm_.build_all_zonelists());
    }
    if (account.spanned != When::add) continue;
    early_heads(*in).erase(head.start.value, head.end.value);
    in->buddy.forget_pageblocks(head);
    co_await remove_pfn_range_from_zone(host, *in, head);
  }
}

void MemoryHotplug::settle() {
  // Kernels that count compare pages_with_online_memmap with spanned_pages.
  if (contiguity_is_told_by(ContiguityWalk::counter, profile_))
    for (std::size_t n = 0; n < mm_.nodes(); ++n)
      for (Zone& zone : mm_.node(NodeId{static_cast<std::int32_t>(n)}).zones)
        zone.contiguous = zone.has_no_hole();
  PageCount outside;
  for (const auto& [index, early] : early_heads_) {
    const PfnRange span = early.zone->span();
    outside +=
        PageCount{early.pages.total() - early.pages.covered(span.start.value, span.end.value)};
  }
  heads_.settle(outside);
}

}  // namespace mhp::kernel
