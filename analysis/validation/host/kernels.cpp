#include "analysis/validation/host/kernels.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sim/core/random.hpp"

namespace mhp::host {

namespace {

constexpr std::uint64_t kReserved = std::uint64_t{1} << 12;
constexpr unsigned kZoneShift = 58;
constexpr std::uint64_t kZoneNormal = std::uint64_t{2} << kZoneShift;
constexpr std::uint64_t kPresent = 1;
constexpr std::uint64_t kOnline = 4;

/// A store that the compiler neither joins with others into a vector register, which the kernel may
/// not use, nor leaves out.
template <class T>
void store(T& field, T value) {
  *static_cast<volatile T*>(&field) = value;
}
template <class T>
T load(const T& field) {
  return *static_cast<const volatile T*>(&field);
}

void clear_record(PageRecord& r) {
  store(r.flags, std::uint64_t{0});
  store(r.list_next, std::uint64_t{0});
  store(r.list_prev, std::uint64_t{0});
  store(r.mapping, std::uint64_t{0});
  store(r.index, std::uint64_t{0});
  store(r.private_data, std::uint64_t{0});
  auto* counts = reinterpret_cast<unsigned char*>(&r.mapcount);
  *reinterpret_cast<volatile std::uint64_t*>(counts) = 0;
  store(r.memcg, std::uint64_t{0});
}

std::span<PageRecord> batch_at(std::span<PageRecord> records, std::size_t at) {
  return records.subspan(at, std::min(kBatchRecords, records.size() - at));
}

}  // namespace

void init_records(std::span<PageRecord> records, std::uint64_t first_pfn) {
  for (PageRecord& r : records) {
    clear_record(r);
    store(r.flags, kZoneNormal | (first_pfn >> 15) << 33 | kReserved);
    store(r.refcount, std::uint32_t{1});
    store(r.mapcount, ~std::uint32_t{0});
    store(r.flags, load(r.flags) | std::uint64_t{0x1f} << 20);
    const auto head = reinterpret_cast<std::uintptr_t>(&r.list_next);
    store(r.list_next, std::uint64_t{head});
    store(r.list_prev, std::uint64_t{head});
    ++first_pfn;
  }
}

void free_records(std::span<PageRecord> records) {
  for (PageRecord& r : records) {
    __builtin_prefetch(&r + 1, 1);
    store(r.flags, load(r.flags) & ~kReserved);
    store(r.refcount, std::uint32_t{0});
  }
}

void clear_records(std::span<PageRecord> records) {
  for (PageRecord& r : records) clear_record(r);
}

void init_and_free_records(std::span<PageRecord> records, std::uint64_t first_pfn) {
  for (std::size_t i = 0; i < records.size(); i += kBatchRecords) {
    const auto batch = batch_at(records, i);
    init_records(batch, first_pfn + i);
    free_records(batch);
  }
}

void clear_records_twice(std::span<PageRecord> records) {
  for (std::size_t i = 0; i < records.size(); i += kBatchRecords) {
    clear_records(batch_at(records, i));
    clear_records(batch_at(records, i));
  }
}

void flush_records(std::span<PageRecord> records) {
#if defined(__x86_64__)
  for (PageRecord& r : records) asm volatile("clflush %0" : "+m"(r));
  asm volatile("mfence" : : : "memory");
#elif defined(__aarch64__)
  for (PageRecord& r : records) asm volatile("dc civac, %0" : : "r"(&r) : "memory");
  asm volatile("dsb ish" : : : "memory");
#else
  static_cast<void>(records);
#endif
}

void clear_memory(std::span<PageRecord> memory) {
  auto* at = reinterpret_cast<unsigned char*>(memory.data());
  for (std::size_t left = memory.size_bytes() / 4096; left > 0; --left, at += 4096) {
#if defined(__x86_64__)
    void* to = at;
    std::size_t count = 4096;
    asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(0) : "memory");
#else
    std::memset(at, 0, 4096);
    asm volatile("" : : "r"(at) : "memory");
#endif
  }
}

std::uint64_t read_memory(std::span<const PageRecord> memory) {
  std::uint64_t sum = 0;
  for (const PageRecord& r : memory) sum += load(r.flags);
  return sum;
}

void dependent_additions(std::int64_t count) {
  // Of registers: cores that do away with an addition of a constant do not with these.
#if defined(__x86_64__)
#define MHP_ADD "add %1, %0\n\t"
#elif defined(__aarch64__)
#define MHP_ADD "add %0, %0, %1\n\t"
#endif
#ifdef MHP_ADD
  std::uint64_t sum = 0;
  for (std::int64_t done = 0; done < count; done += 16)
    asm volatile(MHP_ADD MHP_ADD MHP_ADD MHP_ADD MHP_ADD MHP_ADD MHP_ADD MHP_ADD MHP_ADD MHP_ADD
                     MHP_ADD MHP_ADD MHP_ADD MHP_ADD MHP_ADD MHP_ADD
                 : "+r"(sum)
                 : "r"(std::uint64_t{1}));
#undef MHP_ADD
#else
  static_cast<void>(count);
#endif
}

void make_ring(std::span<PageRecord> records, std::uint64_t seed) {
  std::vector<std::uint32_t> order(records.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  Stream random(seed, 0, "host.ring");
  for (std::size_t i = order.size() - 1; i > 0; --i)
    std::swap(order[i],
              order[static_cast<std::size_t>(random.uniform(0, static_cast<std::int64_t>(i)))]);
  for (std::size_t i = 0; i < order.size(); ++i)
    records[order[i]].list_next =
        reinterpret_cast<std::uintptr_t>(&records[order[(i + 1) % order.size()]]);
}

const PageRecord* chase(const PageRecord* from, std::int64_t steps) {
  for (; steps > 0; --steps) from = reinterpret_cast<const PageRecord*>(load(from->list_next));
  return from;
}

SectionTable::SectionTable(std::span<PageRecord> memmap, std::uint64_t first_pfn)
    : first_pfn_(first_pfn) {
  for (std::uint64_t at = 0; at < memmap.size(); at += kPagesPerSection) {
    const std::size_t nr = (first_pfn + at) / kPagesPerSection;
    while (roots_.size() <= nr / kSectionsPerRoot) roots_.push_back(std::make_unique<Root>());
    (*roots_[nr / kSectionsPerRoot])[nr % kSectionsPerRoot] = {
        memmap.data() + at, kPresent | kOnline, ~std::uint64_t{0}};
  }
}

const SectionTable::Section* SectionTable::section_of(std::uint64_t pfn) const {
  const std::size_t nr = pfn / kPagesPerSection;
  if (nr / kSectionsPerRoot >= roots_.size()) return nullptr;
  return &(*roots_[nr / kSectionsPerRoot])[nr % kSectionsPerRoot];
}

PageRecord* SectionTable::online_page(std::uint64_t pfn) const {
  const Section* s = section_of(pfn);
  if (s == nullptr || (load(s->state) & (kPresent | kOnline)) != (kPresent | kOnline))
    return nullptr;
  if ((load(s->subsections) >> (pfn % kPagesPerSection / kPagesPerPageblock) & 1) == 0)
    return nullptr;
  return s->memmap + pfn % kPagesPerSection;
}

std::int64_t SectionTable::walk(std::int64_t pageblocks) const {
  std::int64_t elsewhere = 0;
  std::uint64_t pfn = first_pfn_;
  for (; pageblocks > 0; --pageblocks, pfn += kPagesPerPageblock) {
    const PageRecord* first = online_page(pfn);
    const PageRecord* last = online_page(pfn + kPagesPerPageblock - 1);
    if (first == nullptr || last == nullptr) {
      ++elsewhere;
      continue;
    }
    const std::uint64_t zone = load(first->flags) >> kZoneShift;
    if (zone != kZoneNormal >> kZoneShift || zone != load(last->flags) >> kZoneShift) ++elsewhere;
  }
  return elsewhere;
}

}  // namespace mhp::host
