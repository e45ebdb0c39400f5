#include "sim/kernel/mm/reclaim/lru.hpp"

#include "sim/core/invariant.hpp"

namespace mhp::kernel {

LruRef Lru::take_link() {
  if (spare_.empty()) {
    links_.emplace_back();
    return static_cast<LruRef>(links_.size() - 1);
  }
  const LruRef ref = spare_.back();
  spare_.pop_back();
  return ref;
}

LruRef Lru::add(const LruRun& run) {
  MHP_INVARIANT(
      run.pages.value > 0 && geometry_.pageblock_of(run.pfn) ==
                                 geometry_.pageblock_of(run.pfn + run.pages - PageCount{1}),
      "a run of {} pages from pfn {} on the LRU", run.pages.value, run.pfn.value);
  const LruRef ref = take_link();
  links_[ref] = {.run = run};
  // What is faulted in begins as young; what calls read does not.
  enter_generation(ref, run.mapped);
  link_young(ref);
  enter_pageblock(ref);
  return ref;
}

void Lru::remove(LruRef ref) {
  leave_young(ref);
  leave_pageblock(ref);
  unlink(ref);
  links_[ref] = {};
  spare_.push_back(ref);
}

void Lru::enter_pageblock(LruRef ref) {
  const auto block = static_cast<std::size_t>(geometry_.pageblock_of(links_[ref].run.pfn));
  if (block >= pageblocks_.size()) pageblocks_.resize(block + 1, kNoRun);
  const LruRef below = pageblocks_[block];
  links_[ref].above = kNoRun;
  links_[ref].below = below;
  if (below != kNoRun) links_[below].above = ref;
  pageblocks_[block] = ref;
}

void Lru::leave_pageblock(LruRef ref) {
  const Link& link = links_[ref];
  const auto block = static_cast<std::size_t>(geometry_.pageblock_of(link.run.pfn));
  (link.above == kNoRun ? pageblocks_[block] : links_[link.above].below) = link.below;
  if (link.below != kNoRun) links_[link.below].above = link.above;
}

void Lru::link_young(LruRef ref) {
  Link& link = links_[ref];
  List& list = list_of(link.run);
  link.age = ++youngest_;
  link.prev = list.youngest;
  link.next = kNoRun;
  (list.youngest == kNoRun ? list.oldest : links_[list.youngest].next) = ref;
  list.youngest = ref;
  list.pages += link.run.pages.value;
}

void Lru::unlink(LruRef ref) {
  const Link& link = links_[ref];
  List& list = list_of(link.run);
  (link.prev == kNoRun ? list.oldest : links_[link.prev].next) = link.next;
  (link.next == kNoRun ? list.youngest : links_[link.next].prev) = link.prev;
  list.pages -= link.run.pages.value;
}

void Lru::move_to_head(LruRef ref, LruList list) {
  unlink(ref);
  links_[ref].run.list = list;
  link_young(ref);
}

void Lru::move_to_tail(LruRef ref) {
  const LruRun& run = links_[ref].run;
  if (run.gen != kNoGeneration)
    return move_to_generation(ref, generation_for(run, false, true), true);
  unlink(ref);
  link_old(ref);
}

void Lru::link_old(LruRef ref) {
  Link& link = links_[ref];
  List& list = list_of(link.run);
  link.age = --oldest_;
  link.next = list.oldest;
  link.prev = kNoRun;
  (list.oldest == kNoRun ? list.youngest : links_[list.oldest].prev) = ref;
  list.oldest = ref;
  list.pages += link.run.pages.value;
}

void Lru::isolate(LruRef ref) {
  leave_young(ref);
  unlink(ref);
  LruRun& run = links_[ref].run;
  // Generations go on meanwhile: what it comes back as is what it is now (lru_gen_del_folio).
  if (run.gen != kNoGeneration) {
    if (sequence(run.lruvec()).is_active(run.gen)) run.list = active_of(run.list);
    run.gen = kNoGeneration;
  }
  run.isolated = true;
  link_young(ref);
}

void Lru::putback(LruRef ref) {
  unlink(ref);
  links_[ref].run.isolated = false;
  enter_generation(ref, is_active(links_[ref].run.list));
  link_young(ref);
}

LruRef Lru::oldest(LruVec vec, LruList list, ZoneType highest) const {
  LruRef best = kNoRun;
  const auto& zones = lists_[index(vec)][static_cast<std::size_t>(list)];
  for (std::size_t z = 0; z <= static_cast<std::size_t>(highest); ++z) {
    const LruRef candidate = zones[z].oldest;
    if (candidate != kNoRun && (best == kNoRun || links_[candidate].age < links_[best].age))
      best = candidate;
  }
  return best;
}

void Lru::shrink(LruRef ref, PageCount n) {
  LruRun& run = links_[ref].run;
  if (n == run.pages) return remove(ref);
  list_of(run).pages -= n.value;
  run.pfn += n;
  run.pages -= n;
}

LruRef Lru::split(LruRef ref, PageCount n) {
  const LruRef rest = take_link();
  Link& whole = links_[ref];
  List& list = list_of(whole.run);
  Link& link = links_[rest];
  link = whole;
  link.run.pfn += n;
  link.run.pages -= n;
  whole.run.pages = n;
  whole.run.sibling = rest;
  link.prev = ref;
  (link.next == kNoRun ? list.youngest : links_[link.next].prev) = rest;
  whole.next = rest;
  link.before = link.after = kNoRun;
  if (link.run.young) enter_young(rest);
  enter_pageblock(rest);
  return rest;
}

void Lru::relocate(LruRef ref, Pfn to, NodeId node, ZoneType zone) {
  leave_young(ref);
  leave_pageblock(ref);
  unlink(ref);
  LruRun& run = links_[ref].run;
  // Isolated as active or not, it comes back as such; the flags that count uses do not come with
  // it.
  const bool active =
      run.gen == kNoGeneration ? is_active(run.list) : sequence(run.lruvec()).is_active(run.gen);
  run.pfn = to;
  run.node = node;
  run.zone = zone;
  run.isolated = false;
  if (generations()) run.refs = std::min<std::uint8_t>(run.refs, 1);
  enter_generation(ref, active);
  link_young(ref);
  enter_pageblock(ref);
}

LruRef Lru::first_in_pageblock(Pfn pfn) const {
  const auto block = static_cast<std::size_t>(geometry_.pageblock_of(pfn));
  return block < pageblocks_.size() ? pageblocks_[block] : kNoRun;
}

PageCount Lru::size(LruVec vec, LruList list, ZoneType highest) const {
  PageCount n;
  for (std::size_t z = 0; z <= static_cast<std::size_t>(highest); ++z)
    n += zone_size(vec, static_cast<ZoneType>(z), list);
  return n;
}

PageCount Lru::size(NodeId node, LruList list, ZoneType highest) const {
  PageCount n;
  for (std::size_t z = 0; z <= static_cast<std::size_t>(highest); ++z)
    n += zone_size(node, static_cast<ZoneType>(z), list);
  return n;
}

PageCount Lru::zone_size(NodeId node, ZoneType zone, LruList list) const {
  PageCount n;
  for (std::size_t m = 0; m < memcgs_; ++m)
    n += zone_size({node, MemcgId{static_cast<std::uint16_t>(m)}}, zone, list);
  return n;
}

void Lru::add_memcg() {
  ++memcgs_;
  lists_.resize(lists_.size() + nodes_);
  young_.resize(young_.size() + nodes_);
  if (generations()) sequences_.resize(sequences_.size() + nodes_);
}

}  // namespace mhp::kernel
