#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using Value = MetricRecord::Value;

std::int64_t bytes(const RunEnd& r, PageCount n) { return r.mm.geometry().bytes_of(n).value; }

constexpr std::array kOverheadMetrics{
    MetricRecord{
        {"overhead_memmap_boot", Unit::byte, Better::lower,
         "memmap of added memory from the page allocator at the end, what a failed add has "
         "leaked included",
         "never", "model.md#where-the-overhead-is"},
        MetricPhase::run,
        [](const RunEnd& r) -> Value { return bytes(r, r.facts.overhead.memmap_boot); }},
    MetricRecord{{"overhead_memmap_range", Unit::byte, Better::lower,
                  "memmap of added memory in the heads of memory blocks at the end"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return bytes(r, r.facts.overhead.memmap_range); }},
    MetricRecord{{"overhead_page_ext", Unit::byte, Better::lower,
                  "page extension of added memory that is online at the end"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return bytes(r, r.facts.overhead.page_ext); }},
    MetricRecord{{"overhead_page_tables", Unit::byte, Better::lower,
                  "page-table pages of added memory at the end, direct map and vmemmap"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return bytes(r, r.facts.overhead.page_tables); }},
    MetricRecord{{"overhead_slab", Unit::byte, Better::lower,
                  "pages of slab for memory block devices and sections at the end"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return bytes(r, r.facts.overhead.slab); }},
    MetricRecord{{"overhead_waste", Unit::byte, Better::lower,
                  "pages in the heads of memory blocks that hold no memmap, at the end"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return bytes(r, r.facts.overhead.waste); }},
    MetricRecord{{"overhead_total", Unit::byte, Better::lower,
                  "sum of the above: memory added less what free memory has risen by when all of "
                  "it is online and unused"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return bytes(r, r.facts.overhead.sum()); }},
    MetricRecord{
        {"hugetlb_vmemmap_saved", Unit::byte, Better::higher,
         "vmemmap of huge pages, of boot memory too, that was freed and is not there at "
         "the end, less the tables and shared pages that it costs",
         "never; absent if the kernel does not free it", "model.md#the-vmemmap-of-huge-pages"},
        MetricPhase::run,
        [](const RunEnd& r) -> Value {
          return bytes(r, r.facts.hugetlb_vmemmap_saved.value_or(PageCount{0}));
        },
        {},
        [](const RunEnd& r) { return r.facts.hugetlb_vmemmap_saved.has_value(); }},
    MetricRecord{
        {"gigantic_bytes_lost", Unit::byte, Better::lower,
         "aligned ranges of the added memory, as large as a gigantic page, from which "
         "none can be had at the end; they are in use as other pages, so this is no part of "
         "`overhead_total`",
         "no memory block was registered", "model.md#gigantic-pages"},
        MetricPhase::run,
        [](const RunEnd& r) -> Value {
          if (r.counters.blocks == 0) return std::nullopt;
          return (r.facts.gigantic_ranges - r.facts.gigantic_pages) * r.facts.gigantic_page.value;
        }},
    MetricRecord{{"vmstat_nr_memmap_pages", Unit::page, Better::lower,
                  "that of `/proc/vmstat` at the end (6.11 and later): memmap of added memory, "
                  "wherever it lies, and all page extension"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return r.facts.nr_memmap_pages; }},
    MetricRecord{{"vmstat_nr_memmap_boot_pages", Unit::page, Better::lower,
                  "that of `/proc/vmstat` at the end (6.11 and later): memmap of boot memory, by "
                  "whole sections"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return r.facts.nr_memmap_boot_pages; }}};

}  // namespace

std::span<const MetricRecord> overhead_metrics() { return kOverheadMetrics; }

}  // namespace mhp::run
