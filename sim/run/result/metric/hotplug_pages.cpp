#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using Value = MetricRecord::Value;

std::int64_t taken(const RunEnd& r) {
  return r.counters.memmap_pages_boot + r.counters.page_table_pages();
}
std::int64_t kept(const RunEnd& r) { return taken(r) - r.counters.pages_given_back; }

std::int64_t total_delta(const RunEnd& r) {
  return r.mm.geometry().bytes_of(r.facts.mem_total_after - r.facts.mem_total_before).value;
}

Value if_any_block(const RunEnd& r, std::int64_t value) {
  return r.counters.blocks > 0 ? Value(value) : std::nullopt;
}

constexpr const char* kNoBlock = "no memory block was registered";
constexpr const char* kFree = "mem_free_delta";

constexpr std::array kHotplugPageMetrics{
    MetricRecord{{"memmap_pages_boot", Unit::page, Better::lower,
                  "memmap pages taken from the page allocator"},
                 MetricPhase::add,
                 [](const RunEnd& r) -> Value { return r.counters.memmap_pages_boot; }},
    MetricRecord{{"memmap_base_pages", Unit::page, Better::lower,
                  "of these, pages got one by one because no order-9 block could be had"},
                 MetricPhase::add,
                 [](const RunEnd& r) -> Value { return r.counters.memmap_base_pages; }},
    MetricRecord{{"memmap_pages_range", Unit::page, Better::none,
                  "memmap pages placed in the heads of added memory blocks"},
                 MetricPhase::add,
                 [](const RunEnd& r) -> Value { return r.counters.memmap_pages_range; }},
    MetricRecord{{"page_table_pages", Unit::page, Better::lower,
                  "page-table pages taken for the direct map and the vmemmap"},
                 MetricPhase::add,
                 [](const RunEnd& r) -> Value { return r.counters.page_table_pages(); }},
    MetricRecord{{"slab_pages", Unit::page, Better::lower,
                  "pages of slab taken for memory block devices and sections"},
                 MetricPhase::add,
                 [](const RunEnd& r) -> Value { return r.counters.slab_pages; }},
    MetricRecord{{kFree, Unit::page, Better::higher, "`-(memmap_pages_boot + page_table_pages)`"},
                 MetricPhase::add,
                 [](const RunEnd& r) -> Value { return -taken(r); }},
    MetricRecord{{kFree, Unit::page, Better::higher,
                  "pages that became free at onlining, less those that went offline and "
                  "`memmap_pages_boot + "
                  "page_table_pages` as far as they were not given back"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value {
                   return r.counters.pages_onlined - r.counters.pages_offlined - kept(r);
                 }},
    MetricRecord{{"mem_total_delta", Unit::byte, Better::none,
                  "MemTotal at the end less MemTotal at the start"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value { return total_delta(r); }},
    MetricRecord{
        {"usable_bytes", Unit::byte, Better::higher,
         "`mem_total_delta` less the pages of `memmap_pages_boot + page_table_pages`, as far "
         "as they were not given back"},
        MetricPhase::run,
        [](const RunEnd& r) -> Value {
          return total_delta(r) - r.mm.geometry().page_size() * kept(r);
        }},
    MetricRecord{{"gigantic_pages_possible", Unit::one, Better::higher,
                  "gigantic pages (`kernel.architecture.gigantic_page`, 1 GiB on x86-64) that a "
                  "run-time allocation could get from the added memory at the end",
                  kNoBlock, "model.md#gigantic-pages"},
                 MetricPhase::run,
                 [](const RunEnd& r) { return if_any_block(r, r.facts.gigantic_pages); }},
    MetricRecord{{"memmap_latency", Unit::ns, Better::lower,
                  "idle latency from a processor to a struct page of the added blocks: mean over "
                  "all processors of the machine and all blocks, a block's memmap taken as that of "
                  "its first section",
                  "no memory block has a memmap"},
                 MetricPhase::run,
                 [](const RunEnd& r) -> Value {
                   return r.facts.memmap_latency ? Value(r.facts.memmap_latency->value)
                                                 : std::nullopt;
                 }},
    MetricRecord{
        {"contiguity_checks", Unit::one, Better::lower,
         "pageblocks looked at by `set_zone_contiguous` while onlining", "no block went online"},
        MetricPhase::online,
        [](const RunEnd& r) -> Value {
          return r.facts.blocks_online > 0 ? Value(r.counters.contiguity_checks) : std::nullopt;
        }},
    MetricRecord{
        {"struct_pages_remote", Unit::page, Better::lower,
         "pages of the added memory whose struct page lies on another node than they do, "
         "at the end",
         kNoBlock},
        MetricPhase::run,
        [](const RunEnd& r) { return if_any_block(r, r.facts.struct_pages_off_node.value); }},
    MetricRecord{
        ranked({"free_pages_min", Unit::page, Better::higher,
                "least sum, after any event, of the free pages of the kernel zones that were "
                "populated at boot"}),
        MetricPhase::run, [](const RunEnd& r) -> Value { return r.watch.least_free().value; }}};

}  // namespace

std::span<const MetricRecord> hotplug_page_metrics() { return kHotplugPageMetrics; }

}  // namespace mhp::run
