#include "analysis/validation/captures/allocation_check.hpp"

#include <algorithm>
#include <string>

namespace mhp::validation {

namespace {
/// Asked for a table of the direct map (x86-64, arm64, ppc64). The name of __create_pgd_mapping may
/// be that of a neighbour of the same address.
bool maps_memory(const std::string& by) {
  for (const char* function :
       {"init_memory_mapping", "__pgd_pgtable_alloc", "map_kernel_page", "create_physical_mapping"})
    if (by.find(function) != std::string::npos) return true;
  return false;
}
}  // namespace

// The hot-add's own allocations are known by the functions that asked for them.
void AllocationCheck::end(const nlohmann::json& traced, const kernel::HotplugCounters& now,
                          bool slab_known, PageCount block) {
  std::int64_t order9 = 0;
  std::int64_t vmemmap0 = 0;
  std::int64_t direct = 0;
  std::int64_t migrated = 0;
  std::int64_t others = 0;
  for (const auto& a : traced.at("hotplug")) {
    const std::string by = a.at("by");
    const auto order = a.at("order").get<std::int64_t>();
    const auto count = a.at("count").get<std::int64_t>();
    const auto asked_by = [&](const char* function) { return by.find(function) != by.npos; };
    if (asked_by("vmemmap"))
      (order == leaf_order_ ? order9 : vmemmap0) += count;
    else if (maps_memory(by))
      direct += count;
    else if (asked_by("migrate_pages"))
      migrated += count << order;
    else
      others += count;
  }
  score_.exact("alloc/memmap/order9", order9, now.memmap_order9 - before_.memmap_order9);
  score_.exact("alloc/vmemmap_table", vmemmap0,
               now.vmemmap_tables - before_.vmemmap_tables + now.memmap_base_pages -
                   before_.memmap_base_pages);
  score_.exact("alloc/direct_map", direct, now.direct_map_tables - before_.direct_map_tables);
  score_.exact("alloc/migrated", migrated, now.pages_migrated - before_.pages_migrated);
  score_.exact("alloc/others", others, 0);
  if (!slab_known) return score_.unmodelled("slab of an operation after a removal");
  // slab_mem_going_offline_callback has every cache give back what it has free: the event that a
  // block goes, and whoever looks, may open one of order 3 anew for each.
  constexpr std::int64_t kOfOneBlock = 9;
  const std::int64_t gone = (now.pages_offlined - before_.pages_offlined) / block.value;
  const std::int64_t recorded = traced.at("slab_pages").get<std::int64_t>();
  const std::int64_t model = now.slab_pages - before_.slab_pages;
  const std::int64_t slab = std::clamp(recorded, model, model + kOfOneBlock * gone);
  score_.noise(NoiseKind::slab, "alloc/slab", recorded, slab,
               kSlabBound + slab * kSlabBoundPermille / 1000);
}

}  // namespace mhp::validation
