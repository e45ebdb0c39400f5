#include "analysis/validation/captures/virtio_mem_replay.hpp"

#include <utility>

namespace mhp::validation {

using kernel::OpResult;
using kernel::Status;
using kernel::Unplugged;

void VirtioMemReplay::load(const Capture::Step& step) {
  for (const auto& item : step.recorded.at("devices").items()) {
    const nlohmann::json& device = item.value();
    const auto pages = [&](const char* key) {
      return capture_.geometry.pages_of(Bytes{device.at(key).get<std::int64_t>()});
    };
    const Pfn start{pages("addr").value};
    score_.input("address of a virtio-mem device");
    Device& d = devices_[item.key()];
    d.region = {start, start + pages("size")};
    d.driver = std::make_unique<kernel::VirtioMem>(
        hotplug_,
        kernel::VirtioMemDevice{.node = capture_.kernel_node(device.at("node").get<int>()),
                                .region = d.region,
                                .block_size = Bytes{device.at("block").get<std::int64_t>()}},
        calls());
  }
}

kernel::VirtioMemCalls VirtioMemReplay::calls() {
  return {
      .request = []() -> Task<void> { co_return; },
      .add = [this](PfnRange range) -> Task<OpResult> {
        const kernel::VirtioMem* driver = nullptr;
        for (const auto& [name, d] : devices_)
          if (d.region.start <= range.start && range.end <= d.region.end) driver = d.driver.get();
        const NodeId node = hotplug_.group(driver->group()).node;
        OpResult added = co_await hotplug_.add(
            host_, {node, range, NodeId{0}, kernel::adders().find("virtio_mem"), driver->group()});
        for (Pfn p = range.start; added.status == Status::ok && online_ && p < range.end;
             p += hotplug_.block_pages())
          co_await hotplug_.online(host_, hotplug_.block_of(p), *online_);
        co_return added;
      },
      .unplug = [this](PfnRange range, std::function<Task<Unplugged>()> work) -> Task<Unplugged> {
        Unplugged done = co_await work();
        if (done.empty)
          done.removed = (co_await hotplug_.remove(host_, range)).status == Status::ok;
        co_return done;
      },
      .excluded = [](std::function<Task<void>()> work) -> Task<void> { co_await work(); }};
}

void VirtioMemReplay::run(Device& device) {
  const auto end = kernel::CountingHost::run(device.driver->run_wq(host_));
  if (end == kernel::VirtioMemEnd::broken) score_.exact("op/broken", "", device.driver->broken());
}

void VirtioMemReplay::resize(const Capture::Step& step, std::optional<kernel::OnlineType> online) {
  online_ = online;
  Device& device = devices_.at(step.args[0].get<std::string>());
  leave_to_chance(device, step);
  device.driver->config_changed(Bytes{step.args[1].get<std::int64_t>()});
  run(device);
  compare(device, step);
}

void VirtioMemReplay::await(const Capture::Step& step, std::optional<kernel::OnlineType> online) {
  online_ = online;
  Device& device = devices_.at(step.args[0].get<std::string>());
  if (device.driver->timer()) {
    device.driver->timer_expired();
    run(device);
  }
  compare(device, step);
}

void VirtioMemReplay::blocks_online() {
  for (auto& [name, device] : devices_)
    if (device.driver->online()) run(device);
}

// Where pages of the kernel's own lie is not recorded: those that stand for them in the replay keep
// out of what goes.
void VirtioMemReplay::leave_to_chance(const Device& device, const Capture::Step& step) {
  const auto size = step.recorded.at("size").get<std::int64_t>();
  if (size >= step.recorded.at("before").get<std::int64_t>()) return;
  if (kernel_pages_.leave(device.driver->used()) > 0)
    score_.input("virtio-mem device in which no page of the kernel fell");
  if (size > step.recorded.at("requested").get<std::int64_t>()) hold_sub_blocks(device, step);
}

// More stays than was requested: sub-blocks of kernel zones in which a page of the kernel lies. It
// is not recorded in which: here in the lowest, to which the driver comes last.
void VirtioMemReplay::hold_sub_blocks(const Device& device, const Capture::Step& step) {
  const auto bytes = [&](const char* key) { return step.recorded.at(key).get<std::int64_t>(); };
  PageCount stays = capture_.geometry.pages_of(Bytes{bytes("size") - bytes("requested")});
  const PfnRange used = device.driver->used();
  for (Pfn b = used.start; b < used.end; b += hotplug_.block_pages()) {
    const kernel::MemoryBlock& block = hotplug_.block(hotplug_.block_of(b));
    if (block.state != kernel::MemoryBlock::State::online || !kernel::is_kernel_zone(block.zone))
      continue;
    kernel::Zone& zone = mm_.zone(block.node, block.zone);
    for (Pfn p = b; p < b + hotplug_.block_pages() && stays.value > 0; p += device.driver->unit()) {
      const PfnRange held{p, p + device.driver->unit()};
      if (hotplug_.fake_offline_in(held).value > 0) continue;
      if (!mm_.alloc_contig_range(zone, held, mm_.nobody())) continue;
      for (Pfn page = p + PageCount{1}; page < held.end; page += PageCount{1})
        mm_.free_pages(page, 0, mm_.nobody());
      stays -= held.pages();
      score_.chance("op/sub_block", "held", "free",
                    "a page of the kernel's own lies in a sub-block that was to go");
      score_.input("sub-block that a page of the kernel holds");
    }
  }
}

void VirtioMemReplay::compare(const Device& device, const Capture::Step& step) {
  const kernel::Geometry& g = capture_.geometry;
  score_.exact("op/size", step.recorded.at("size").get<std::int64_t>(),
               g.bytes_of(device.driver->plugged()).value);
}

std::optional<PfnRange> VirtioMemReplay::region(const std::string& name) const {
  const auto found = devices_.find(name);
  if (found == devices_.end()) return std::nullopt;
  return found->second.region;
}

std::vector<PfnRange> VirtioMemReplay::ranges() const {
  std::vector<PfnRange> ranges;
  for (const auto& [name, device] : devices_) {
    const PfnRange used = device.driver->used();
    for (Pfn p = used.start; p < used.end; p += hotplug_.block_pages()) {
      if (!hotplug_.block(hotplug_.block_of(p)).present()) continue;
      const Pfn end = p + hotplug_.block_pages();
      if (!ranges.empty() && ranges.back().end == p)
        ranges.back().end = end;
      else
        ranges.push_back({p, end});
    }
  }
  return ranges;
}

}  // namespace mhp::validation
