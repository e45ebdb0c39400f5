#include "sim/kernel/mm/evacuator.hpp"

#include <algorithm>
#include <utility>

#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {
Mm::Pools pools_of(const EvacuationMode& mode) {
  return mode.dissolve ? Mm::Pools::dissolved : Mm::Pools::kept;
}
}  // namespace

Evacuator::Evacuator(Mm& mm, Host& host, Zone& zone, PfnRange range, const EvacuationMode& mode,
                     Receipt& receipt)
    : mm_(mm),
      host_(host),
      zone_(zone),
      range_(range),
      mode_(mode),
      receipt_(receipt),
      frees_(mm.frees_, range),
      dropped_(mm.nodes()) {}

Task<Evacuation> Evacuator::run() {
  const std::int64_t throttled = mm_.reclaim().events().throttled_isolated;
  int fruitless = 0;
  for (bool first = true;; first = false) {
    if (interrupted()) {
      result_.outcome = Evacuation::Outcome::interrupted;
      break;
    }
    result_.outcome = Evacuation::Outcome::unmovable;
    // What the kernel uses when the range is isolated keeps it. Later it is what somebody has just
    // taken and does not own yet.
    if (!co_await isolate_frees() && first) break;
    result_.outcome = Evacuation::Outcome::no_memory;
    const PageCount before = result_.moved + result_.dropped;
    const bool room = co_await pass();
    // A signal is looked for before what is left is: an empty range is given up too.
    if (left().value == 0 && !interrupted()) {
      result_.outcome = Evacuation::Outcome::empty;
      break;
    }
    if (mode_.contig && !room) break;
    fruitless = result_.moved + result_.dropped > before ? 0 : fruitless + 1;
    if (fruitless == kFruitlessPasses) break;
    if (fruitless > 0) co_await sleep_jiffies(host_, 1);
  }
  switch (result_.outcome) {
    case Evacuation::Outcome::unmovable:
      result_.left = mm_.unmovable_in(zone_, range_, pools_of(mode_));
      break;
    case Evacuation::Outcome::interrupted:
      result_.left = stuck_.value_or(left());
      break;
    default:
      result_.left = left();
  }
  result_.throttled = mm_.reclaim().events().throttled_isolated > throttled;
  co_return result_;
}

Task<bool> Evacuator::isolate_frees() {
  while (frees_.take()) {
    if (mm_.unmovable_in(zone_, range_, pools_of(mode_)).value > 0) co_return false;
    if (Mm::all_isolated(zone_, range_)) break;
    co_await receipt_.lock(host_, zone_.node, zone_.type);
    mm_.isolate(zone_, range_);
    co_await receipt_.spend(host_);
  }
  co_return true;
}

// Off the LRU lists with all of the rest of the range at once; back to them with what has found no
// place. migrate_pages ends at the first page that it gets no memory for.
Task<bool> Evacuator::pass() {
  Migration& migration = mm_.reclaim().migration();
  VmEvents& events = mm_.reclaim().events();
  const PageCount before = result_.moved;
  failed_ = PageCount{0};
  stop_ = Stop::no;
  if (!mode_.contig) migration.isolate_range(range_);
  bool room = co_await migrate_owners();
  if (room) room = co_await migrate_runs();
  migration.putback_range(range_);
  if (got_) mm_.free_pages(got_->pfn, got_order_, receipt_);
  got_.reset();
  events.pgmigrate_success += (result_.moved - before).value;
  events.pgmigrate_fail += failed_.value;
  co_await pay();
  co_return room;
}

// Owners may come and go while it waits: then it begins with the first again.
Task<bool> Evacuator::migrate_owners() {
  const auto move = [this](Pfn from, int order) { return place(from, order, false); };
  for (;;) {
    for (PageOwner* owner : mm_.owners_)
      if (stop_ == Stop::no) owner->migrate(range_, move);
    if (stop_ == Stop::no) co_return true;
    if (!co_await go_on()) co_return false;
  }
}

Task<bool> Evacuator::migrate_runs() {
  Migration& migration = mm_.reclaim().migration();
  Lru& lru = mm_.lru();
  const auto move = [this](Pfn from, int order) { return place(from, order, order > 0); };
  for (Pfn block = range_.start; block < range_.end;) {
    LruRef run = mode_.contig ? lru.first_in_pageblock(block) : migration.isolated_in(block);
    if (run == kNoRun) {
      block += PageCount{mm_.geometry().pageblock_pages()};
      continue;
    }
    if (!lru[run].isolated) lru.isolate(run);
    if (mode_.contig && is_clean_cache(run))
      drop(run);
    else
      migration.migrate_run(run, move);
    if (unpaid_.value >= kBatch) co_await pay();
    if (!co_await go_on()) co_return false;
  }
  co_return true;
}

// From a kernel zone to kernel zones, from Movable anywhere.
AllocRequest Evacuator::request(int order) const {
  AllocRequest rq = Mm::evacuation_request(zone_, mode_.avoid);
  rq.order = order;
  rq.retry = Retry::mayfail;
  rq.kthread = mode_.task.workqueue;
  rq.signals = mode_.task.signals;
  return rq;
}

// Base pages that lie together are tried together above `low`; below it each is asked for.
std::optional<Pfn> Evacuator::place(Pfn from, int order, bool part) {
  if (stop_ != Stop::no) return std::nullopt;
  const AllocRequest rq = request(order);
  std::optional<Allocation> to;
  if (got_ && got_order_ == order) {
    to = std::exchange(got_, std::nullopt);
  } else {
    wanted_at_ = part ? Mark::low : mm_.mark_of(rq);
    if (receipt_.writes() && mm_.needs_lock(rq, wanted_at_, receipt_)) {
      stop_ = Stop::lock;
      wanted_ = rq;
      return std::nullopt;
    }
    to = part ? mm_.alloc_pages_fast(rq, receipt_) : mm_.alloc_pages(rq, receipt_);
    if (!to && part) return std::nullopt;
  }
  if (!to) {
    stop_ = Stop::reclaim;
    wanted_ = rq;
    return std::nullopt;
  }
  if (range_.contains(to->pfn)) {
    mm_.free_pages(to->pfn, order, receipt_);
    stop_ = Stop::freed;
    return std::nullopt;
  }
  const PageCount pages{std::int64_t{1} << order};
  settle({from, from + pages});
  result_.moved += pages;
  unpaid_ += pages;
  return to->pfn;
}

void Evacuator::settle(PfnRange emptied) {
  zone_.isolated.insert(emptied.start.value, emptied.end.value);
  zone_.in_use_pages -= emptied.pages();
  zone_.isolated_pages += emptied.pages();
}

// What others free in the range while it waits is isolated before it moves more: or what is being
// emptied would be a place to go.
Task<bool> Evacuator::go_on() {
  const Stop stopped = std::exchange(stop_, Stop::no);
  if (stopped == Stop::no) co_return true;
  if (!stuck_ && interrupted()) stuck_ = left();
  co_await pay();
  if (stopped == Stop::freed) co_return co_await isolate_frees();
  const AllocRequest wanted = wanted_;
  if (stopped == Stop::reclaim) co_return co_await reclaim(wanted);
  if (!co_await isolate_frees()) co_return false;
  co_await mm_.ready(host_, wanted, wanted_at_, receipt_);
  co_return true;
}

Task<bool> Evacuator::reclaim(const AllocRequest& wanted) {
  if (!got_) {
    got_ = co_await mm_.reclaim().alloc_pages_slow(host_, wanted);
    got_order_ = wanted.order;
  }
  if (!got_) {
    failed_ += PageCount{std::int64_t{1} << wanted.order};
    co_return false;
  }
  if (range_.contains(got_->pfn)) {
    mm_.free_pages(got_->pfn, got_order_, receipt_);
    got_.reset();
    co_await pay();
  }
  co_return co_await isolate_frees();
}

bool Evacuator::is_clean_cache(LruRef ref) const {
  const LruRun& run = mm_.lru()[ref];
  return is_file(run.list) && !run.dirty && !run.writeback;
}

// reclaim_clean_pages_from_list: it is quicker gone than moved. No counter of /proc/vmstat has it.
void Evacuator::drop(LruRef ref) {
  const LruRun run = mm_.lru()[ref];
  dropped_.add(mm_.reclaim().memmap(run.pfn, run.node), run.pages);
  if (run.mapped) unmapped_ += run.pages.value;
  run.owner->reclaimed(ref, run.range());
  mm_.lru().shrink(ref, run.pages);
  settle(run.range());
  result_.dropped += run.pages;
}

Task<void> Evacuator::pay() {
  const PageCount moved = std::exchange(unpaid_, PageCount{0});
  const std::int64_t unmapped = std::exchange(unmapped_, 0);
  const MemmapWork dropped = std::exchange(dropped_, MemmapWork(mm_.nodes()));
  co_await receipt_.spend(host_);
  co_await spend(host_, Primitive::page_unmap, unmapped);
  co_await mm_.reclaim().spend_work(host_, Primitive::page_reclaim, dropped);
  if (moved.value > 0)
    co_await spend(host_, Primitive::migrate_page, mm_.geometry().contents(moved), zone_.node);
}

PageCount Evacuator::left() const {
  PageCount n =
      range_.pages() - PageCount{zone_.isolated.covered(range_.start.value, range_.end.value)};
  if (mode_.dissolve && n.value > 0)
    for (const PagePool* pool : mm_.pools_) n -= pool->free_in(range_);
  return n;
}

}  // namespace mhp::kernel
