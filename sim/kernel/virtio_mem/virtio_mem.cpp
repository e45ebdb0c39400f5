// The work item of the driver and what starts it again: virtio_mem_init_hotplug, virtio_mem_run_wq,
// virtio_mem_memory_notifier_cb and the timer (drivers/virtio/virtio_mem.c, Linux 6.12).
#include "sim/kernel/virtio_mem/virtio_mem.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mhp::kernel {

namespace {

// VIRTIO_MEM_RETRY_TIMER_MIN_MS and VIRTIO_MEM_RETRY_TIMER_MAX_MS.
constexpr SimTime kRetryTimerMin{50'000'000'000};
constexpr SimTime kRetryTimerMax{300'000'000'000};
// VIRTIO_MEM_DEFAULT_OFFLINE_THRESHOLD: what may wait to go online, or two blocks.
constexpr Bytes kOfflineThreshold{kGiB};

}  // namespace

VirtioMem::VirtioMem(MemoryHotplug& hotplug, const VirtioMemDevice& device, VirtioMemCalls calls)
    : hotplug_(hotplug), device_(device), calls_(std::move(calls)), retry_timer_(kRetryTimerMin) {
  const Geometry& g = hotplug.geometry();
  const PageCount block = hotplug.block_pages();
  const PageCount device_block = g.pages_of(device.block_size);
  unit_ = std::max(device_block, PageCount{g.pageblock_pages()});
  if (hotplug.profile().virtio_mem_sub_block == VirtioMemSubBlock::largest_order)
    unit_ = std::max(unit_, PageCount{g.max_order_pages()});
  zones_apart_ = hotplug.profile().virtio_mem_zones_apart;
  in_sbm_ = unit_ < block && !device.force_bbm;
  if (!in_sbm_) unit_ = std::max({device_block, block, g.pages_of(device.bbm_block_size)});
  offline_threshold_ = std::max({block * 2, g.pages_of(kOfflineThreshold), step() * 2});
  first_ = Pfn{round_up(device.region.start.value, step().value)};
  end_ = Pfn{round_down(device.region.end.value, step().value)};
  next_ = first_;
  group_ = hotplug.register_dynamic_group(device.node, step());
}

void VirtioMem::config_changed(Bytes requested) {
  asked_ = hotplug_.geometry().pages_of(requested);
  config_changed_ = true;
}

void VirtioMem::timer_expired() {
  timer_.reset();
  retry_timer_ = std::min(retry_timer_ * 2, kRetryTimerMax);
}

PageCount VirtioMem::offline_size() const {
  const MemoryGroup& group = hotplug_.group(group_);
  return added_ - group.present_kernel_pages - group.present_movable_pages;
}

bool VirtioMem::could_add_memory(PageCount pages) const {
  return offline_size() + pages <= offline_threshold_;
}

bool VirtioMem::online() const {
  return !active_ && could_add_memory(PageCount{offline_threshold_.value / 2});
}

VirtioMemState VirtioMem::state(Pfn start) const {
  const auto i = static_cast<std::size_t>((start - first_) / step());
  if (i >= used_.size() || !used_[i]) return State::unused;
  if (!in_sbm_) return State::added;
  const MemoryBlock& block = hotplug_.block(hotplug_.block_of(start));
  const bool whole = hotplug_.fake_offline_in(range_at(start)).value == 0;
  if (block.state != MemoryBlock::State::online)
    return whole ? State::offline : State::offline_partial;
  if (block.zone == ZoneType::movable) return whole ? State::movable : State::movable_partial;
  return whole ? State::kernel : State::kernel_partial;
}

bool VirtioMem::is(Pfn start, const States& states) const {
  return std::find(states.begin(), states.end(), state(start)) != states.end();
}

std::int64_t VirtioMem::count(State wanted) const {
  std::int64_t blocks = 0;
  for (Pfn p = first_; p < next_; p += step()) blocks += state(p) == wanted ? 1 : 0;
  return blocks;
}

void VirtioMem::set_added(Pfn start, bool added) {
  const auto i = static_cast<std::size_t>((start - first_) / step());
  if (i >= used_.size()) used_.resize(i + 1);
  if (used_[i] != added) added_ += added ? step() : -step();
  used_[i] = added;
}

Task<VirtioMemEnd> VirtioMem::run_wq(Host& host) {
  End end = End::broken;
  do {
    queued_ = false;
    timer_.reset();
    if (!broken_.empty()) co_return End::broken;
    active_ = true;
    Rc rc;
    do {
      if (config_changed_) requested_ = asked_;
      config_changed_ = false;
      rc = co_await pass(host);
    } while (!rc);
    end = *rc;
    if (end == End::done && have_unplugged_) end = End::ebusy;
    if (end == End::done) retry_timer_ = kRetryTimerMin;
    if (end == End::ebusy || end == End::enomem) timer_ = retry_timer_;
    active_ = false;
  } while (end != End::dead && (queued_ || config_changed_));
  co_return end;
}

// What was plugged and could not be added has been given back: a device that does not answer so is
// not known here.
Task<VirtioMem::Rc> VirtioMem::pass(Host& host) {
  const Rc cleaned = co_await cleanup_pending(host);
  if (cleaned != End::done) co_return cleaned;
  if (requested_ > plugged_) co_return co_await plug_request(host, requested_ - plugged_);
  if (requested_ < plugged_) co_return co_await unplug_request(host, plugged_ - requested_);
  co_return End::done;
}

// Blocks of which nothing is plugged any more and that could not go offline (6.6 and later).
Task<VirtioMem::Rc> VirtioMem::cleanup_pending(Host& host) {
  if (!have_unplugged_) co_return End::done;
  have_unplugged_ = false;
  for (const State kind : {State::movable_partial, State::kernel_partial, State::offline_partial})
    for (Pfn p = first_; p < next_; p += step()) {
      if (state(p) != kind || hotplug_.fake_offline_in(range_at(p)) < step()) continue;
      PageCount none;
      const Rc rc = co_await unplug_any_sub_block(host, p, none);
      if (rc == End::dead) co_return rc;
    }
  co_return End::done;
}

// What the kernel answers to add_memory().
VirtioMem::Rc VirtioMem::failed(const OpResult& added) {
  switch (added.status) {
    case Status::enomem:
      return End::enomem;
    case Status::oom:
    case Status::oops:
      return End::dead;
    case Status::e2big:  // mhp_get_pluggable_range: the region ends before
      return End::enospc;
    default:
      broken_ = fmt::format("virtio_mem: unknown error, marking device broken: {} ({})",
                            word(added.status), added.reason);
      return End::broken;
  }
}

}  // namespace mhp::kernel
