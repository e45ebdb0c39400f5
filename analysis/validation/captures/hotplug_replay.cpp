#include "analysis/validation/captures/hotplug_replay.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "analysis/validation/captures/block_writes.hpp"
#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/console_check.hpp"
#include "sim/kernel/adder/adder.hpp"
#include "sim/kernel/hotplug/dlpar.hpp"
#include "sim/kernel/hotplug/try_to_offline.hpp"

namespace mhp::validation {

namespace {

using kernel::OnlineType;
using kernel::Status;
using nlohmann::json;

/// What the kernel answers the firmware when a device stays (_OST, ACPI_OST_SC_DEVICE_BUSY).
constexpr std::int64_t kDeviceBusy = 0x82;

const kernel::Adder* dlpar() { return kernel::adders().find("lmb"); }

bool add_failed(const Capture::Step& step) {
  for (const std::string& line : console_lines(step.recorded))
    if (line.find("add_memory failed") != std::string::npos) return true;
  return false;
}

}  // namespace

std::optional<OnlineType> online_type(const std::string& how) {
  const auto type = named<OnlineType>(how);
  return type == OnlineType::offline ? std::nullopt : type;
}

std::vector<PfnRange> HotplugReplay::ranges() const {
  std::vector<PfnRange> ranges;
  // Each call of add_memory() is a resource of its own.
  const bool lmbs = capture_.arch.firmware == kernel::Firmware::dlpar;
  for (const auto& [name, dimm] : dimms_) {
    const PageCount call = lmbs ? hotplug_.block_pages() : dimm.range.pages();
    for (Pfn p = dimm.range.start; dimm.known && p < dimm.range.end; p += call)
      ranges.push_back({p, p + call});
  }
  const std::vector<PfnRange> more = virtio_mem_.ranges();
  ranges.insert(ranges.end(), more.begin(), more.end());
  return ranges;
}

void HotplugReplay::add(const Capture::Step& step, std::optional<OnlineType> online) {
  const auto address = step.recorded.at("dimm").at("addr").get<std::int64_t>();
  const auto size = step.args[1].get<std::int64_t>();
  score_.input("address of a DIMM");
  const int proximity = step.args.size() > 2 ? step.args[2].get<int>() : 0;
  Dimm dimm{
      capture_.kernel_node(proximity),
      {capture_.geometry.pfn_of(Bytes{address}), capture_.geometry.pfn_of(Bytes{address + size})},
      false};
  const bool lmbs = way_of(step) == Way::dlpar;
  if (lmbs) {
    dimm.known = add_lmbs(dimm, online.value_or(OnlineType::online));
    compare_add(step, dimm.known ? Status::ok : Status::enomem);
  } else {
    const Status status = run(hotplug_.add(host_, {dimm.node, dimm.range, NodeId{0}})).status;
    dimm.known = status == Status::ok;
    compare_add(step, status);
  }
  add_failed_ = add_failed_ || !dimm.known;
  dimms_[step.args[0].get<std::string>()] = dimm;
  if (lmbs || !online || !dimm.known) return;
  for (Pfn p = dimm.range.start; p < dimm.range.end; p += hotplug_.block_pages())
    run(hotplug_.online(host_, hotplug_.block_of(p), *online));
}

void HotplugReplay::add_that_panics(const Capture::Step& step) {
  const kernel::Geometry& g = capture_.geometry;
  const Pfn start{
      round_up(boot_memory_of(capture_).back().end.value, g.pages_of(Bytes{kGiB}).value)};
  const PfnRange range{start, start + g.pages_of(Bytes{step.args[1].get<std::int64_t>()})};
  score_.input("address of a DIMM");
  const Status status = run(hotplug_.add(host_, {NodeId{0}, range, NodeId{0}})).status;
  score_.exact("op/panic", "panic",
               status == Status::oom || status == Status::oops ? "panic" : "none");
}

HotplugReplay::Way HotplugReplay::way_of(const Capture::Step& step) const {
  if (capture_.arch.firmware == kernel::Firmware::dlpar) return Way::dlpar;
  return step.recorded.contains("result") ? Way::by_hand : Way::acpi;
}

bool HotplugReplay::add_lmbs(const Dimm& dimm, OnlineType online) {
  const kernel::LmbCalls calls{
      [&](BlockId id) -> Task<bool> {
        const auto added =
            co_await hotplug_.add(host_, {dimm.node, hotplug_.block_range(id), NodeId{0}, dlpar()});
        co_return added.status == Status::ok &&
            (co_await hotplug_.online(host_, id, online)).status == Status::ok;
      },
      [&](BlockId id) -> Task<bool> {
        co_return (co_await hotplug_.offline(host_, id)).status == Status::ok &&
            (co_await hotplug_.remove(host_, hotplug_.block_range(id))).status == Status::ok;
      }};
  return kernel::CountingHost::run(kernel::dlpar_memory_add(hotplug_, dimm.range, calls));
}

void HotplugReplay::compare_add(const Capture::Step& step, Status status) {
  const char* got = status == Status::ok ? "ok" : "failed";
  switch (way_of(step)) {
    case Way::dlpar:
      score_.exact("op/result", step.recorded.at("done").get<std::string>(),
                   status == Status::ok ? "added" : "failed");
      return;
    case Way::by_hand:
      score_.exact("op/rc", step.recorded.at("result").at("rc").get<std::int64_t>(),
                   -errno_of(status));
      return;
    case Way::acpi:
      break;
  }
  // The log speaks of the first failure only; a range that is there already is refused silently.
  if (status != Status::eexist) score_.exact("op/result", add_failed(step) ? "failed" : "ok", got);
  // The driver tells the firmware of success even if the add failed (acpi_memory_device_add).
  const json ost = step.recorded.value("ost", json());
  score_.exact("op/ost", ost.is_null() ? "none" : ost.at("status").dump(), "0");
}

/// The blocks that a step names: of a DIMM, from its start or, if negative, from its end, or by
/// their numbers.
std::pair<std::int64_t, std::int64_t> HotplugReplay::blocks_of(const Capture::Step& step) const {
  if (step.op == "setblk")
    return {step.args[0].get<std::int64_t>(), step.args[1].get<std::int64_t>()};
  const auto name = step.args[0].get<std::string>();
  const auto device = virtio_mem_.region(name);
  const PfnRange range = device ? *device : dimms_.at(name).range;
  const auto block = [&](std::size_t at, std::int64_t otherwise) -> std::int64_t {
    const std::int64_t n = at < step.args.size() ? step.args[at].get<std::int64_t>() : otherwise;
    return hotplug_.block_of(n < 0 ? range.end : range.start).value + n;
  };
  return {block(2, 0), block(3, -1)};
}

void HotplugReplay::set_blocks(const Capture::Step& step) {
  const auto type = online_type(step.args[step.op == "setblk" ? 2 : 1].get<std::string>());
  const auto asked = blocks_of(step);
  const auto first = step.recorded.at("first_block").get<std::int32_t>();
  const auto last = step.recorded.at("last_block").get<std::int32_t>();
  score_.exact("op/first_block", first, asked.first);
  score_.exact("op/last_block", last, asked.second);
  auto pinned = blocks_with_unmovable_pages(step.recorded, hotplug_.block_pages());
  const BlockId endless = type ? BlockId{} : endless_offline(step.recorded.at("result"));
  BlockWrites writes;
  for (std::int32_t b = first;; b += first <= last ? 1 : -1) {
    const BlockId id{b};
    if (!hotplug_.block(id).present())
      writes.absent();
    else
      writes.done(id, type            ? run(hotplug_.online(host_, id, *type)).status
                      : id == endless ? interrupted(id)
                                      : offline(id, pinned));
    if (type) virtio_mem_.blocks_online();
    if (b == last) break;
  }
  writes.compare(score_, step.recorded.at("result"));
}

/// A block of a kernel zone: a page of the kernel's own may keep it from going offline.
bool HotplugReplay::may_be_pinned(BlockId id) const {
  const auto& block = hotplug_.block(id);
  return block.state == kernel::MemoryBlock::State::online && !block.boot &&
         kernel::is_kernel_zone(block.zone);
}

/// The block whose offlining a signal ended: from 6.14 on one in which there is nothing but single
/// slab pages is tried for ever, which the log does not show. Invalid if there is none.
BlockId HotplugReplay::endless_offline(const json& result) const {
  const bool told = result.at("failed").get<std::int64_t>() == 1 &&
                    result.at("first_errno").get<std::int64_t>() == EINTR;
  if (!told) return BlockId{};
  const BlockId block{result.at("fail_block").get<std::int32_t>()};
  return may_be_pinned(block) ? block : BlockId{};
}

Status HotplugReplay::interrupted(BlockId id) {
  score_.chance(fmt::format("block/{}/offline", id.value), "interrupted", "offline",
                "the recorded kernel went on until a signal came: a slab page lies in the block");
  score_.input("block that a slab page of the kernel keeps online");
  return Status::eintr;
}

/// Takes a block offline. Whether a page of the kernel's own lies in it is the recording's to say:
/// `pinned`, the blocks in which its log shows one, once for each try. All else is the model's.
Status HotplugReplay::offline(BlockId id, std::multiset<std::int32_t>& pinned) {
  if (!may_be_pinned(id)) return run(hotplug_.offline(host_, id)).status;
  const auto shown = pinned.find(id.value);
  const bool recorded = shown != pinned.end();
  if (recorded) pinned.erase(shown);
  const auto& block = hotplug_.block(id);
  PfnRange range = hotplug_.block_range(id);
  range.start += block.plan.head;  // its own memmap goes with it
  const bool model = mm_.unmovable_in(mm_.zone(block.node, block.zone), range).value > 0;
  if (recorded || model) {
    const auto word = [](bool refused) { return refused ? "refused" : "offline"; };
    score_.chance(fmt::format("block/{}/offline", id.value), word(recorded), word(model),
                  recorded ? "the kernel log shows an unmovable page in the block"
                           : "a page that stands for the kernel's own lies in the block");
  }
  if (recorded) score_.input("block that a page of the kernel keeps online");
  if (recorded && !model) return Status::ebusy;
  if (!recorded && kernel_pages_.leave(range) > 0)
    score_.input("block in which no page of the kernel fell");
  return run(hotplug_.offline(host_, id)).status;
}

void HotplugReplay::remove(const Capture::Step& step) {
  Dimm& dimm = dimms_.at(step.args[0].get<std::string>());
  // Where nothing of it is in the kernel the emulator takes it away.
  const bool gone = !dimm.known || take_away(dimm, step);
  dimm.known = dimm.known && !gone;
  compare_removal(step, gone);
}

void HotplugReplay::compare_removal(const Capture::Step& step, bool gone) {
  if (way_of(step) == Way::by_hand) {
    score_.exact("op/rc", step.recorded.at("result").at("rc").get<std::int64_t>(),
                 gone ? 0 : -EBUSY);
    return;
  }
  const json event = step.recorded.at("event");
  const std::string recorded = event.is_null() ? "none" : event.get<std::string>();
  if (way_of(step) == Way::dlpar) {
    score_.exact("op/result", recorded, gone ? "DEVICE_DELETED" : "none");
    return;
  }
  score_.exact("op/result", recorded, gone ? "DEVICE_DELETED" : "ACPI_DEVICE_OST");
  if (!gone && recorded == "ACPI_DEVICE_OST")
    score_.exact("op/status", step.recorded.at("data").at("info").at("status").get<std::int64_t>(),
                 kDeviceBusy);
}

bool HotplugReplay::take_away(const Dimm& dimm, const Capture::Step& step) {
  auto pinned = blocks_with_unmovable_pages(step.recorded, hotplug_.block_pages());
  const auto offline_one = [&](BlockId id) -> Task<bool> {
    const bool online = hotplug_.block(id).state == kernel::MemoryBlock::State::online;
    co_return !online || offline(id, pinned) == Status::ok;
  };
  const auto online_one = [this](BlockId id, OnlineType type) -> Task<void> {
    co_await hotplug_.online(host_, id, type);
  };
  const kernel::BlockCalls calls{offline_one, online_one};
  removed_ = true;
  switch (way_of(step)) {
    case Way::dlpar:
      break;
    case Way::acpi:
      return kernel::CountingHost::run(
                 kernel::acpi_scan_try_to_offline(hotplug_, dimm.range, calls)) &&
             run(hotplug_.remove(host_, dimm.range)).status == Status::ok;
    case Way::by_hand:
      return kernel::CountingHost::run(kernel::offline_all(hotplug_, dimm.range, calls)) &&
             run(hotplug_.remove(host_, dimm.range)).status == Status::ok;
  }
  const kernel::LmbCalls lmbs{
      [&](BlockId id) -> Task<bool> {
        co_await hotplug_.add(host_, {dimm.node, hotplug_.block_range(id), NodeId{0}, dlpar()});
        co_return (co_await hotplug_.online(host_, id, OnlineType::online)).status == Status::ok;
      },
      [&](BlockId id) -> Task<bool> {
        co_return co_await offline_one(id) &&
            (co_await hotplug_.remove(host_, hotplug_.block_range(id))).status == Status::ok;
      }};
  return kernel::CountingHost::run(kernel::dlpar_memory_remove(hotplug_, dimm.range, lmbs));
}

}  // namespace mhp::validation
