#include "sim/kernel/arch/table_shape.hpp"

#include "sim/kernel/arch/architecture.hpp"

namespace mhp::kernel {

TableShape table_shape(const Architecture& arch, const TableChoices& choices) {
  TableShape shape;
  shape.geometry = arch.geometry();
  shape.levels = choices.five_levels ? 4 : 3;
  shape.direct_leaf = arch.pud_leaves && choices.pud_leaves ? 2 : 1;
  switch (arch.direct_map) {
    case DirectMap::leaves:
      break;
    case DirectMap::leaves_within_block:
      if (choices.block_pages.value < shape.geometry.pud_pages()) shape.direct_leaf = 1;
      break;
    case DirectMap::hashed:
      shape.levels = 0;
      break;
    case DirectMap::leaves_unless_protected:
      if (choices.single_pages) shape.direct_leaf = shape.direct_rest = 0;
      break;
  }
  shape.vmemmap_base_pages = arch.vmemmap == VmemmapMapping::base_pages;
  shape.top_tables_stay = arch.top_tables_stay;
  shape.tables_a_page = arch.page_size / arch.table_size;
  if (arch.virtual_origin.value > 0)
    shape.origin = shape.geometry.pfn_of(Bytes{round_down(
        shape.geometry.address_of(choices.first_memory).value, arch.virtual_origin.value)});
  shape.vmemmap_before_border = arch.vmemmap_before_border;
  return shape;
}

}  // namespace mhp::kernel
