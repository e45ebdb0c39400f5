#include "analysis/validation/replay.hpp"

#include <fmt/format.h>

#include <optional>
#include <regex>

#include "analysis/validation/capture_boot.hpp"
#include "analysis/validation/snapshot_check.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/user_pages.hpp"

namespace mhp::validation {

namespace {

using kernel::OnlineType;
using kernel::Status;
using nlohmann::json;

kernel::KernelConfig config_of(const Capture& capture) {
  kernel::KernelConfig config;
  config.memmap_placement = capture.memmap_on_memory ? "hotplugged_range" : "boot_memory";
  config.online_policy = capture.online_policy;
  config.auto_movable_ratio = capture.auto_movable_ratio;
  return config;
}

std::optional<OnlineType> online_type(const std::string& word) {
  if (word == "online") return OnlineType::online;
  if (word == "online_kernel") return OnlineType::online_kernel;
  if (word == "online_movable") return OnlineType::online_movable;
  return std::nullopt;
}

class Replay {
 public:
  Replay(const Capture& capture, const kernel::KernelProfile& profile, CaptureReport& report)
      : capture_(capture),
        boot_(boot_of(capture)),
        mm_(boot_, config_of(capture), profile),
        hotplug_(mm_, boot_, config_of(capture), profile),
        hugetlb_(mm_, profile),
        user_(mm_),
        check_(report, *capture.steps[*capture.boot_step()].snapshot(), hotplug_) {}

  void run() {
    for (std::size_t i = *capture_.boot_step(); i < capture_.steps.size(); ++i) {
      const auto& step = capture_.steps[i];
      check_.at(i, step.op + (step.args.empty() ? "" : " " + step.args[0].dump()));
      if (step.op == "snap" && step.snapshot() == nullptr) return;  // the recorded kernel had died
      if (!perform(step)) {
        check_.unmodelled("operation " + step.op);
        return;
      }
      background_activity();
    }
  }

 private:
  struct Dimm {
    NodeId node;
    PfnRange range;
  };

  /// False if the model does not have the operation.
  bool perform(const Capture::Step& step) {
    if (step.op == "snap") return snap(step), true;
    just_onlined_ =
        step.op == "online" || step.op == "add" || (just_onlined_ && step.op == "trace_pages");
    if (step.op == "trace_pages") return trace(step), true;
    if (step.op == "add") return add(step);
    if (step.op == "online") return set_blocks(step);
    if (step.op == "alloc") return alloc(step), true;
    if (step.op == "freeall") return user_.free_all(), true;
    if (step.op == "del") return remove(step);
    if (step.op == "w") return write(step);
    return false;
  }

  void snap(const Capture::Step& step) {
    check_.at(step_index(step), step.args[0].get<std::string>());
    check_.snapshot(*step.snapshot(), mm_, hotplug_, watermarks_known_, just_onlined_);
    check_.huge_pages(*step.snapshot(), hugetlb_);
  }

  // The hot-add's own page allocations between two trace_pages, by order and by what they are for.
  void trace(const Capture::Step& step) {
    if (!step.recorded.contains("page_allocs")) {
      traced_ = hotplug_.counters();
      return;
    }
    std::int64_t order9 = 0;
    std::int64_t vmemmap0 = 0;
    std::int64_t direct = 0;
    for (const json& a : step.recorded.at("page_allocs").at("hotplug")) {
      const std::string by = a.at("by");
      const auto count = a.at("count").get<std::int64_t>();
      const bool vmemmap = by.find("vmemmap") != std::string::npos;
      (vmemmap ? (a.at("order") == 9 ? order9 : vmemmap0) : direct) += count;
    }
    const auto& now = hotplug_.counters();
    check_.exact("alloc/memmap/order9", order9, now.memmap_order9 - traced_.memmap_order9);
    check_.exact("alloc/vmemmap_table", vmemmap0,
                 now.vmemmap_tables - traced_.vmemmap_tables + now.memmap_base_pages -
                     traced_.memmap_base_pages);
    check_.exact("alloc/direct_map", direct, now.direct_map_tables - traced_.direct_map_tables);
  }

  bool add(const Capture::Step& step) {
    const auto type = online_type(capture_.default_state);
    if (!step.recorded.contains("dimm")) return false;
    const auto address = step.recorded.at("dimm").at("addr").get<std::int64_t>();
    const auto size = step.args[1].get<std::int64_t>();
    const int proximity = step.args.size() > 2 ? step.args[2].get<int>() : 0;
    const Dimm dimm{capture_.kernel_node(proximity),
                    {pfn_of(Bytes{address}), pfn_of(Bytes{address + size})}};
    const auto result = run(hotplug_.add(host_, {dimm.node, dimm.range, NodeId{0}}));
    if (result.status != Status::ok) return true;
    dimms_[step.args[0].get<std::string>()] = dimm;
    if (!type) return true;
    for (Pfn p = dimm.range.start; p < dimm.range.end; p += hotplug_.block_pages())
      run(hotplug_.online(host_, hotplug_.block_of(p), *type));
    watermarks_known_ = true;
    return true;
  }

  bool set_blocks(const Capture::Step& step) {
    const std::string how = step.args[1];
    const auto type = online_type(how);
    if (!type && how != "offline") return false;
    const auto first = step.recorded.at("first_block").get<std::int32_t>();
    const auto last = step.recorded.at("last_block").get<std::int32_t>();
    std::int64_t ok = 0;
    for (std::int32_t b = first;; b += first <= last ? 1 : -1) {
      const BlockId id{b};
      const auto result =
          run(type ? hotplug_.online(host_, id, *type) : hotplug_.offline(host_, id));
      ok += result.status == Status::ok ? 1 : 0;
      if (b == last) break;
    }
    watermarks_known_ = watermarks_known_ || ok > 0;
    check_.exact("op/result", step.recorded.at("result").at("ok").get<std::int64_t>(), ok);
    return true;
  }

  /// What the recorded guest does besides the script: its kernel takes an unmovable page now and
  /// then, on the node of its first CPU, and keeps it. One page a step is enough to pin the block
  /// from which it comes.
  void background_activity() { mm_.alloc_pages({.node = NodeId{0}}); }

  void alloc(const Capture::Step& step) {
    const std::int64_t wanted = step.args[0].get<std::int64_t>() * kMiB / kPageSize;
    const NodeId node =
        capture_.kernel_node(step.args.size() > 1 ? std::max(0, step.args[1].get<int>()) : 0);
    user_.take(PageCount{wanted}, node);
  }

  /// A value written to a file of /sys: huge pages reserved on a node, nothing else.
  bool write(const Capture::Step& step) {
    static const std::regex file(
        "/sys/devices/system/node/node(\\d+)/hugepages/hugepages-(\\d+)kB/nr_hugepages");
    std::smatch match;
    const std::string path = step.args[0];
    if (!std::regex_match(path, match, file)) return false;
    const Bytes size{std::stoll(match[2]) * kKiB};
    hugetlb_.set_nr_hugepages(NodeId{std::stoi(match[1])}, size,
                              std::stoll(step.args[1].get<std::string>()));
    return true;
  }

  // The kernel's ACPI handler offlines what is still online and puts it back if it cannot finish.
  bool remove(const Capture::Step& step) {
    const auto known = dimms_.find(step.args[0].get<std::string>());
    if (known == dimms_.end())
      return true;  // nothing of it is in the kernel; the emulator takes it away
    const PfnRange range = known->second.range;
    bool ok = true;
    std::vector<std::pair<BlockId, kernel::ZoneType>> done;
    for (Pfn p = range.start; p < range.end && ok; p += hotplug_.block_pages()) {
      const BlockId id = hotplug_.block_of(p);
      const auto was = hotplug_.block(id);
      if (was.state != kernel::MemoryBlock::State::online) continue;
      ok = run(hotplug_.offline(host_, id)).status == Status::ok;
      if (ok) done.emplace_back(id, was.zone);
    }
    if (ok) {
      ok = run(hotplug_.remove(host_, range)).status == Status::ok;
    } else {
      for (const auto& [id, zone] : done)
        run(hotplug_.online(host_, id,
                            zone == kernel::ZoneType::movable ? OnlineType::online_movable
                                                              : OnlineType::online_kernel));
    }
    if (ok) dimms_.erase(known);
    check_.exact("op/result", step.recorded.value("event", ""),
                 ok ? "DEVICE_DELETED" : "ACPI_DEVICE_OST");
    return true;
  }

  std::size_t step_index(const Capture::Step& step) const {
    return static_cast<std::size_t>(&step - capture_.steps.data());
  }
  static kernel::OpResult run(Task<kernel::OpResult> task) {
    return kernel::CountingHost::run(std::move(task));
  }

  const Capture& capture_;
  const kernel::BootState boot_;
  kernel::Mm mm_;
  kernel::MemoryHotplug hotplug_;
  kernel::Hugetlb hugetlb_;
  kernel::UserPages user_;
  kernel::CountingHost host_;
  SnapshotCheck check_;
  kernel::HotplugCounters traced_;
  std::map<std::string, Dimm> dimms_;
  bool watermarks_known_ = false;
  bool just_onlined_ = false;
};

}  // namespace

CaptureReport replay(const Capture& capture, const kernel::KernelProfile& profile) {
  CaptureReport report;
  report.name = capture.name;
  Replay(capture, profile, report).run();
  return report;
}

}  // namespace mhp::validation
