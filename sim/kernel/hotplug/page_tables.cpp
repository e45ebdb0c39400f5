#include "sim/kernel/hotplug/page_tables.hpp"

#include <algorithm>

namespace mhp::kernel {

namespace {

/// Leaves of the vmemmap that one PMD table maps: the memmap of 64 GiB, of struct pages of 64
/// bytes.
constexpr std::int64_t kPmdLeaves = 512;
/// And one PUD table: of 32 TiB.
constexpr std::int64_t kPudLeaves = 512 * kPmdLeaves;

using Slots = Vmemmap::Span;

constexpr Slots slots(PfnRange r, std::int64_t unit) {
  return {r.start.value / unit, (r.end.value + unit - 1) / unit};
}

/// The whole aligned GiB of a range, as slots; empty if there is none.
constexpr Slots whole_gib(PfnRange r) {
  const std::int64_t first = (r.start.value + k1GiBPages - 1) / k1GiBPages;
  return {first, std::max(first, r.end.value / k1GiBPages)};
}

}  // namespace

bool PageTables::ensure(Tables& tables, std::int64_t slot, const TakePage& take, Mapped& done) {
  if (tables.contains(slot)) return true;
  const auto page = take();
  if (!page) return false;
  tables.emplace(slot, *page);
  ++done.tables;
  return true;
}

void PageTables::drop(Tables& tables, std::int64_t slot, const GivePage& give) {
  const auto it = tables.find(slot);
  if (it == tables.end()) return;
  give(it->second);
  tables.erase(it);
}

void PageTables::map_at_boot(PfnRange range) {
  const Slots p4d = slots(range, k256TiBPages);
  boot_p4ds_.insert(p4d.first, p4d.end);
  const Slots pud = slots(range, k512GiBPages);
  boot_puds_.insert(pud.first, pud.end);
  const Slots whole = gigabyte_leaves_ ? whole_gib(range) : Slots{0, 0};
  const auto map_2m = [&](PfnRange r) {
    if (r.empty()) return;
    const Slots leaf = slots(r, k2MiBPages);
    const Slots pmd = slots(r, k1GiBPages);
    mapped_2m_.insert(leaf.first, leaf.end);
    boot_pmds_.insert(pmd.first, pmd.end);
  };
  if (whole.first < whole.end) {
    mapped_1g_.insert(whole.first, whole.end);
    map_2m({range.start, Pfn{whole.first * k1GiBPages}});
    map_2m({Pfn{whole.end * k1GiBPages}, range.end});
  } else {
    map_2m(range);
  }
  const Slots leaves =
      vmemmap_.leaves_of(range.start.value / kSectionPages, slots(range, kSectionPages).end);
  leaves_.insert(leaves.first, leaves.end);
  boot_vmemmap_pmds_.insert(leaves.first / kPmdLeaves, (leaves.end - 1) / kPmdLeaves + 1);
  boot_vmemmap_puds_.insert(leaves.first / kPudLeaves, (leaves.end - 1) / kPudLeaves + 1);
}

PageTables::Mapped PageTables::map_direct(PfnRange range, const TakePage& take) {
  Mapped done;
  const Slots p4d = slots(range, k256TiBPages);
  for (std::int64_t s = p4d.first; five_levels_ && s < p4d.end; ++s)
    if (!boot_p4ds_.contains(s) && !ensure(p4ds_, s, take, done)) return done.ok = false, done;
  const Slots pud = slots(range, k512GiBPages);
  for (std::int64_t s = pud.first; s < pud.end; ++s)
    if (!boot_puds_.contains(s) && !ensure(puds_, s, take, done)) return done.ok = false, done;

  const Slots whole = gigabyte_leaves_ ? whole_gib(range) : Slots{0, 0};
  const auto map_2m = [&](PfnRange r) {
    if (r.empty()) return true;
    const Slots pmd = slots(r, k1GiBPages);
    for (std::int64_t s = pmd.first; s < pmd.end; ++s)
      if (!boot_pmds_.contains(s) && !ensure(pmds_, s, take, done)) return false;
    const Slots leaf = slots(r, k2MiBPages);
    mapped_2m_.insert(leaf.first, leaf.end);
    done.leaves += leaf.end - leaf.first;
    return true;
  };
  if (whole.first < whole.end) {
    mapped_1g_.insert(whole.first, whole.end);
    done.leaves += whole.end - whole.first;
    done.ok = map_2m({range.start, Pfn{whole.first * k1GiBPages}}) &&
              map_2m({Pfn{whole.end * k1GiBPages}, range.end});
  } else {
    done.ok = map_2m(range);
  }
  return done;
}

void PageTables::unmap_direct(PfnRange range, const GivePage& give) {
  const Slots leaf = slots(range, k2MiBPages);
  mapped_2m_.erase(leaf.first, leaf.end);
  const Slots whole = whole_gib(range);
  mapped_1g_.erase(whole.first, whole.end);
  const Slots pmd = slots(range, k1GiBPages);
  constexpr std::int64_t kLeaves = k1GiBPages / k2MiBPages;
  for (std::int64_t s = pmd.first; s < pmd.end; ++s)
    if (mapped_2m_.covered(s * kLeaves, (s + 1) * kLeaves) == 0) drop(pmds_, s, give);
  if (!five_levels_) return;
  constexpr std::int64_t kGiB = k512GiBPages / k1GiBPages;
  const Slots pud = slots(range, k512GiBPages);
  for (std::int64_t s = pud.first; s < pud.end; ++s)
    if (mapped_1g_.covered(s * kGiB, (s + 1) * kGiB) == 0 &&
        mapped_2m_.covered(s * kGiB * kLeaves, (s + 1) * kGiB * kLeaves) == 0)
      drop(puds_, s, give);
}

PageTables::Mapped PageTables::map_vmemmap_leaf(std::int64_t leaf, const TakePage& take) {
  Mapped done;
  const std::int64_t pud = leaf / kPudLeaves;
  const std::int64_t pmd = leaf / kPmdLeaves;
  done.ok = (boot_vmemmap_puds_.contains(pud) || ensure(vmemmap_puds_, pud, take, done)) &&
            (boot_vmemmap_pmds_.contains(pmd) || ensure(vmemmap_pmds_, pmd, take, done));
  if (!done.ok) return done;
  leaves_.insert(leaf, leaf + 1);
  ++done.leaves;
  return done;
}

void PageTables::unmap_vmemmap_leaf(std::int64_t leaf, const GivePage& give) {
  leaves_.erase(leaf, leaf + 1);
  drop(pte_tables_, leaf, give);
  const std::int64_t pmd = leaf / kPmdLeaves;
  if (leaves_.covered(pmd * kPmdLeaves, (pmd + 1) * kPmdLeaves) == 0)
    drop(vmemmap_pmds_, pmd, give);
  if (!five_levels_) return;
  const std::int64_t pud = leaf / kPudLeaves;
  if (leaves_.covered(pud * kPudLeaves, (pud + 1) * kPudLeaves) == 0)
    drop(vmemmap_puds_, pud, give);
}

std::int64_t PageTables::table_pages() const {
  return static_cast<std::int64_t>(p4ds_.size() + puds_.size() + pmds_.size() +
                                   vmemmap_pmds_.size() + vmemmap_puds_.size() +
                                   pte_tables_.size());
}

}  // namespace mhp::kernel
