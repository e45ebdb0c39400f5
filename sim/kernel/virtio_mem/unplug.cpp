// What the driver unplugs, in which order: virtio_mem_sbm_unplug_request,
// virtio_mem_bbm_unplug_request and what they call (drivers/virtio/virtio_mem.c, Linux 6.12).
#include <algorithm>

#include "sim/kernel/virtio_mem/virtio_mem.hpp"

namespace mhp::kernel {

Task<VirtioMem::Rc> VirtioMem::unplug_request(Host& host, PageCount diff) {
  diff = unit_ * (diff / unit_);
  if (diff.value == 0) co_return End::done;
  if (in_sbm_) co_return co_await sbm_unplug_request(host, diff);
  co_return co_await bbm_unplug_request(host, diff);
}

// Memory that is offline first, then blocks of which something is missing, so that whole blocks go;
// ZONE_MOVABLE before kernel zones (5.14 and later); each kind from the highest address.
Task<VirtioMem::Rc> VirtioMem::sbm_unplug_request(Host& host, PageCount diff) {
  std::vector<States> order{{State::offline_partial}, {State::offline}};
  const std::vector<States> zones{
      {State::movable_partial}, {State::kernel_partial}, {State::movable}, {State::kernel}};
  const std::vector<States> together{{State::movable_partial, State::kernel_partial},
                                     {State::movable, State::kernel}};
  const std::vector<States>& online = zones_apart_ ? zones : together;
  if (device_.unplug_online) order.insert(order.end(), online.begin(), online.end());
  for (const States& states : order)
    for (Pfn p = next_; p > first_; p = p - step()) {
      const Pfn start = p - step();
      if (!is(start, states)) continue;
      const Rc rc = co_await unplug_any_sub_block(host, start, diff);
      if (rc != End::done || diff.value == 0) co_return rc;
    }
  co_return device_.unplug_online ? End::ebusy : End::done;
}

Task<VirtioMem::Rc> VirtioMem::unplug_any_sub_block(Host& host, Pfn start, PageCount& diff) {
  const PfnRange range = range_at(start);
  const UnplugRequest request{unit_, diff, device_.touched, &config_changed_};
  const Unplugged done = co_await calls_.unplug(range, [&]() -> Task<Unplugged> {
    return hotplug_.unplug(host, hotplug_.block_of(start), request);
  });
  plugged_ -= done.pages;
  diff -= done.pages;
  if (done.removed) {
    set_added(start, false);
    queued_ = true;  // virtio_mem_offline_and_remove_memory: there may be room now
  } else if (hotplug_.fake_offline_in(range) == step()) {
    have_unplugged_ = hotplug_.profile().virtio_mem_retries_removal;
  }
  if (done.ends) co_return End::enomem;
  if (config_changed_) co_return std::nullopt;
  co_return End::done;
}

// Big blocks that are offline first, then those without memory in a kernel zone, then all.
Task<VirtioMem::Rc> VirtioMem::bbm_unplug_request(Host& host, PageCount diff) {
  for (int round = 0; round < (device_.unplug_online ? 3 : 1); ++round)
    for (Pfn p = next_; p > first_; p = p - step()) {
      const Pfn start = p - step();
      if (state(start) != State::added || !big_block_goes(start, round)) continue;
      const Rc rc = co_await unplug_big_block(host, start, diff);
      if (rc == End::ebusy) continue;
      if (rc != End::done || diff.value == 0) co_return rc;
    }
  co_return device_.unplug_online ? End::ebusy : End::done;
}

bool VirtioMem::big_block_goes(Pfn start, int round) const {
  const PfnRange range = range_at(start);
  for (Pfn p = range.start; p < range.end; p += hotplug_.block_pages()) {
    const MemoryBlock& block = hotplug_.block(hotplug_.block_of(p));
    if (block.state != MemoryBlock::State::online) continue;
    if (round == 0 || (round == 1 && block.zone != ZoneType::movable)) return false;
  }
  return true;
}

Task<VirtioMem::Rc> VirtioMem::unplug_big_block(Host& host, Pfn start, PageCount& diff) {
  const Unplugged done = co_await calls_.unplug(
      range_at(start), [&]() -> Task<Unplugged> { return empty_big_block(host, range_at(start)); });
  if (done.removed) {
    plugged_ -= step();
    diff -= step();
    set_added(start, false);
    queued_ = true;
  }
  if (config_changed_) co_return std::nullopt;
  if (done.ends) co_return End::enomem;
  co_return done.removed ? End::done : End::ebusy;
}

// All that is online is taken section by section; if one cannot be had, all goes back to where it
// was. The host has the memory back before Linux has let go of its blocks, else what it backs would
// be forgotten.
Task<Unplugged> VirtioMem::empty_big_block(Host& host, PfnRange range) {
  const PageCount section{hotplug_.geometry().section_pages()};
  const auto online = [&](Pfn p) {
    return hotplug_.block(hotplug_.block_of(p)).state == MemoryBlock::State::online;
  };
  Unplugged done;
  Pfn taken = range.start;
  for (; taken < range.end; taken += section) {
    if (!online(taken)) continue;
    if (config_changed_)
      done.result = {Status::ebusy, "what is requested has changed"};
    else
      done.result = co_await hotplug_.fake_offline(host, {taken, taken + section}, device_.touched);
    if (done.result.status != Status::ok) break;
  }
  for (Pfn p = range.start; p < range.end && done.result.status == Status::ok;
       p += hotplug_.block_pages())
    if (online(p)) done.result = co_await hotplug_.offline(host, hotplug_.block_of(p));
  done.ends = done.result.status == Status::enomem;
  if (done.result.status == Status::ok) {
    co_await hotplug_.give_back(host, range, device_.touched);
    done.pages = range.pages();
    done.empty = true;
    co_return done;
  }
  for (Pfn p = range.start; p < taken; p += section)
    if (online(p)) co_await hotplug_.fake_online(host, {p, p + section});
  hotplug_.forget_unplugged(range);
  if (done.ends) done.result.status = Status::ebusy;
  co_return done;
}

}  // namespace mhp::kernel
