#include "sim/kernel/boot/late_insertion.hpp"

#include "sim/kernel/mm/zone_type.hpp"
#include "sim/kernel/primitives.hpp"
#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

namespace {

/// Pages that a CPU's list gives back at once (zone_batchsize of zones of 512 MiB and more).
constexpr std::int64_t kPcpBatch = 31;

}  // namespace

Task<void> LateInsertion::thread(Host& host, NodeId node) {
  for (std::int64_t i = 0; i < work_.blocks; ++i) {
    co_await add(host, node);
    co_await online(host, node);
  }
}

// __add_section for each section: its memmap is cleared as it is allocated (and once more while it
// is cached, which is left out), a block is registered with its first section, struct pages are
// initialised. The last block of the list is the one looked for, so that all are passed.
Task<void> LateInsertion::add(Host& host, NodeId node) {
  const std::int64_t pages = work_.block.value;
  const std::int64_t sections = work_.geometry.sections(work_.block);
  co_await spend(host, Primitive::section_metadata, sections, node);
  co_await spend(host, Primitive::struct_page_clear, pages, node);
  co_await acquire(host, Lock::mem_sysfs_mutex);
  co_await spend(host, Primitive::list_element, sections * registered_ + sections - 1);
  co_await spend(host, Primitive::block_device, 1);
  ++registered_;
  co_await release(host, Lock::mem_sysfs_mutex);
  co_await spend(host, {Primitive::struct_page_init, Primitive::set_page_reserved}, pages, node, 0);
}

// online_pages_range: generic_online_page frees each page to the CPU's list, which gives a batch
// back under the zone's lock.
Task<void> LateInsertion::online(Host& host, NodeId node) {
  const std::int64_t pages = work_.block.value;
  const std::int32_t zone = zone_index(node, ZoneType::normal);
  co_await spend(host, Primitive::struct_page_next, pages, node);
  co_await spend(host, Primitive::free_pages, pages, node);
  co_await acquire(host, Lock::zone_lock, zone, pages / kPcpBatch);
  co_await spend(host, Primitive::free_one_page, pages, node);
  co_await release(host, Lock::zone_lock, zone);
  co_await spend(host, Primitive::block_state_fixed, 1);
}

}  // namespace mhp::kernel
