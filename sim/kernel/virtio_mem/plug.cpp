// What the driver plugs, in which order: virtio_mem_sbm_plug_request, virtio_mem_bbm_plug_request
// and what they call (drivers/virtio/virtio_mem.c, Linux 6.12).
#include <algorithm>

#include "sim/kernel/virtio_mem/virtio_mem.hpp"

namespace mhp::kernel {

Task<VirtioMem::Rc> VirtioMem::plug_request(Host& host, PageCount diff) {
  diff = unit_ * (diff / unit_);
  if (in_sbm_) {
    const Rc rc = co_await plug_parts(host, diff);
    if (rc != End::done) co_return rc;
  }
  for (Pfn p = first_; p < next_ && diff.value > 0; p += step()) {
    if (state(p) != State::unused) continue;
    if (!could_add_memory(step())) co_return End::enospc;
    const Rc rc = co_await plug_and_add(host, p, diff);
    if (rc != End::done) co_return rc;
  }
  while (diff.value > 0) {
    if (!could_add_memory(step()) || next_ >= end_) co_return End::enospc;
    const Pfn start = next_;
    next_ += step();
    const Rc rc = co_await plug_and_add(host, start, diff);
    if (rc != End::done) co_return rc;
  }
  co_return End::done;
}

// Blocks that Linux has and of which something is missing: kernel zones first (up to 5.13 the
// driver did not know the zones).
Task<VirtioMem::Rc> VirtioMem::plug_parts(Host& host, PageCount& diff) {
  const std::vector<States> order =
      zones_apart_ ? std::vector<States>{{State::kernel_partial},
                                         {State::movable_partial},
                                         {State::offline_partial}}
                   : std::vector<States>{{State::kernel_partial, State::movable_partial},
                                         {State::offline_partial}};
  for (const States& states : order)
    for (Pfn p = first_; p < next_ && diff.value > 0; p += step()) {
      if (!is(p, states)) continue;
      const Rc rc = co_await plug_any_sub_block(host, p, diff);
      if (rc != End::done) co_return rc;
    }
  co_return End::done;
}

// From the first sub-block that is not plugged on, as many in a row as there are.
Task<VirtioMem::Rc> VirtioMem::plug_any_sub_block(Host& host, Pfn start, PageCount& diff) {
  const PfnRange block = range_at(start);
  for (Pfn p = block.start; p < block.end && diff.value > 0;) {
    Pfn end = p;
    while (end < block.end && end - p < diff &&
           hotplug_.fake_offline_in({end, end + unit_}).value > 0)
      end += unit_;
    if (end == p) {
      p += unit_;
      continue;
    }
    if (config_changed_) co_return std::nullopt;
    co_await calls_.request();
    plugged_ += end - p;
    diff -= end - p;
    co_await calls_.excluded([&] { return hotplug_.fake_online(host, {p, end}); });
    p = end;
  }
  co_return End::done;
}

Task<VirtioMem::Rc> VirtioMem::plug_and_add(Host& host, Pfn start, PageCount& diff) {
  if (config_changed_) co_return std::nullopt;
  const PfnRange range = range_at(start);
  const PfnRange plugged{start, start + std::min(diff, step())};
  co_await calls_.request();
  plugged_ += plugged.pages();
  hotplug_.leave_unplugged({plugged.end, range.end});
  set_added(start, true);
  const OpResult added = co_await calls_.add(range);
  if (added.status == Status::ok) {
    diff -= plugged.pages();
    co_return End::done;
  }
  const Rc rc = failed(added);
  if (rc == End::dead) co_return rc;
  set_added(start, false);
  plugged_ -= plugged.pages();
  hotplug_.forget_unplugged(range);
  co_await calls_.excluded([&] { return hotplug_.give_back(host, plugged); });
  co_return rc;
}

}  // namespace mhp::kernel
