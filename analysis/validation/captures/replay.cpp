#include "analysis/validation/captures/replay.hpp"

#include <fmt/format.h>

#include <optional>
#include <regex>
#include <set>

#include "analysis/validation/captures/allocation_check.hpp"
#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/console_check.hpp"
#include "analysis/validation/captures/sequence_replay.hpp"
#include "analysis/validation/captures/snapshot_check.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/user_pages.hpp"

namespace mhp::validation {

namespace {

using kernel::OnlineType;
using kernel::Status;
using nlohmann::json;

/// Nothing if the blocks go or stay offline.
std::optional<OnlineType> online_type(const std::string& how) {
  const auto type = named<OnlineType>(how);
  return type == OnlineType::offline ? std::nullopt : type;
}

/// The node whose processors and memory the recorded guest's own kernel works on.
constexpr NodeId kBusyNode{0};

class Replay {
 public:
  Replay(const Capture& capture, const kernel::KernelProfile& profile, CaptureReport& report)
      : capture_(capture),
        boot_(boot_of(capture)),
        mm_(boot_, config_of(capture), profile),
        hotplug_(mm_, boot_, config_of(capture)),
        hugetlb_(mm_),
        user_(mm_),
        ballast_(ballast_of(capture, boot_)),
        default_state_(capture.default_state),
        score_(report),
        snapshots_(score_, *capture.steps[*capture.boot_step()].snapshot(), hotplug_),
        allocations_(score_),
        console_(score_, mm_) {}

  void run() {
    score_.at(*capture_.boot_step(), "boot");
    score_.exact("block_size", bytes_of(boot_.block_pages).value,
                 kernel::memory_block_size(bytes_of(boot_.memory.back().end - Pfn{0}),
                                           boot_.cpu.hypervisor, Bytes{0})
                     .value);
    for (std::size_t i = *capture_.boot_step(); i < capture_.steps.size(); ++i) {
      const auto& step = capture_.steps[i];
      score_.at(i, step.op + (step.args.empty() ? "" : " " + step.args[0].dump()));
      if (step.op == "snap" && step.snapshot() == nullptr) {
        // Out of memory after a failed add: whether the kernel panics depends on who asks next.
        score_.chance("op/panic", "panic", "none");
        return;
      }
      if (!perform(step)) {
        score_.unmodelled("operation " + step.op);
        return;
      }
      if (diverged_) return;
      out_of_memory(step);
      if (i != *capture_.boot_step()) console_.step(step.recorded);
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
    static const std::set<std::string> only_time{"sleep", "cat", "lsnap", "pin"};
    if (only_time.contains(step.op)) return true;
    if (step.op == "snap") return snap(step), true;
    if (step.op != "trace_pages") note_use(step.op == "online" || step.op == "add");
    if (step.op == "trace_pages") return trace(step), true;
    if (step.op == "add") return add(step);
    if (step.op == "online") return set_blocks(step);
    if (step.op == "alloc") return alloc(step), true;
    if (step.op == "freeall") return user_.free_all(), true;
    if (step.op == "del") return remove(step), true;
    if (step.op == "w") return write(step);
    return false;
  }

  /// Movable zones whose free lists are the hot-add's alone after this step: those of nodes without
  /// processors, and on a machine of one node that which was empty before.
  void note_use(bool onlining) {
    quiet_movable_.assign(mm_.nodes(), false);
    for (std::size_t n = 0; onlining && n < mm_.nodes(); ++n) {
      const NodeId id{static_cast<std::int32_t>(n)};
      const bool fresh = !mm_.zone(id, kernel::ZoneType::movable).populated();
      quiet_movable_[n] = mm_.node(id).cpus == 0 || (fresh && mm_.nodes() == 1);
    }
  }

  void snap(const Capture::Step& step) {
    score_.at(step_index(step), step.args[0].get<std::string>());
    const auto& now = hotplug_.counters();
    const bool memmap_taken = now.memmap_order9 > at_snapshot_.memmap_order9 &&
                              now.memmap_base_pages == at_snapshot_.memmap_base_pages &&
                              now.blocks_onlined == at_snapshot_.blocks_onlined;
    at_snapshot_ = now;
    snapshots_.snapshot(*step.snapshot(), mm_, hotplug_, hugetlb_,
                        {.watermarks_known = watermarks_known_,
                         .reserves_known = step_index(step) != *capture_.boot_step(),
                         .quiet_movable = quiet_movable_,
                         .memmap_taken = memmap_taken});
    // Each snapshot reads vm.lowmem_reserve_ratio last, which has the reserves computed anew.
    mm_.setup_per_zone_lowmem_reserve();
  }

  void trace(const Capture::Step& step) {
    if (step.recorded.contains("page_allocs"))
      allocations_.end(step.recorded.at("page_allocs"), hotplug_.counters(), !removed_);
    else
      allocations_.begin(hotplug_.counters());
  }

  bool add(const Capture::Step& step) {
    const auto type = online_type(default_state_);
    if (!step.recorded.contains("dimm")) return false;
    const auto address = step.recorded.at("dimm").at("addr").get<std::int64_t>();
    const auto size = step.args[1].get<std::int64_t>();
    const int proximity = step.args.size() > 2 ? step.args[2].get<int>() : 0;
    const Dimm dimm{capture_.kernel_node(proximity),
                    {pfn_of(Bytes{address}), pfn_of(Bytes{address + size})}};
    const auto result = run(hotplug_.add(host_, {dimm.node, dimm.range, NodeId{0}}));
    // The log speaks of the first failure only; a range that is there already is refused silently.
    if (result.status != Status::eexist) {
      bool failed = false;
      for (const std::string& line : console_lines(step.recorded))
        failed = failed || line.find("add_memory failed") != std::string::npos;
      score_.exact("op/result", failed ? "failed" : "ok",
                   result.status == Status::ok ? "ok" : "failed");
    }
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
    bool by_chance = false;
    std::int64_t ok = 0;
    for (std::int32_t b = first;; b += first <= last ? 1 : -1) {
      const BlockId id{b};
      by_chance = by_chance || (!type && may_be_pinned(id));
      const auto result =
          run(type ? hotplug_.online(host_, id, *type) : hotplug_.offline(host_, id));
      ok += result.status == Status::ok ? 1 : 0;
      if (b == last) break;
    }
    watermarks_known_ = watermarks_known_ || ok > 0;
    const auto recorded = step.recorded.at("result").at("ok").get<std::int64_t>();
    outcome(by_chance, fmt::format("{} blocks", recorded), fmt::format("{} blocks", ok));
    return true;
  }

  /// A block of a kernel zone on a node where the kernel works: a stray allocation may keep it from
  /// going offline.
  bool may_be_pinned(BlockId id) const {
    const auto& block = hotplug_.block(id);
    return block.state == kernel::MemoryBlock::State::online && mm_.node(block.node).cpus > 0 &&
           kernel::is_kernel_zone(block.zone);
  }

  /// Scores how an operation ended. If chance decided otherwise than the model, what follows can no
  /// longer be compared.
  void outcome(bool by_chance, const std::string& expected, const std::string& got) {
    if (!by_chance)
      score_.exact("op/result", expected, got);
    else
      diverged_ = !score_.chance("op/result", expected, got);
  }

  /// What the recorded guest does besides the script: its kernel takes an unmovable page now and
  /// then, on the node of its first CPU, and keeps it. One page a step is enough to pin the block
  /// from which it comes.
  void background_activity() { mm_.alloc_pages({.node = kBusyNode}, mm_.nobody()); }

  /// When free memory hovers at the watermarks, any allocation may call the OOM killer. Whom the
  /// recorded kernel killed gives back what it held; the model itself kills nobody.
  void out_of_memory(const Capture::Step& step) {
    static const std::regex killed("Killed process (\\d+)");
    for (const std::string& line : console_lines(step.recorded)) {
      std::smatch match;
      if (!std::regex_search(line, match, killed)) continue;
      score_.chance("op/oom_kill", match.str(), "none");
      const auto process = ballast_.find(std::stoll(match[1]));
      if (process == ballast_.end()) continue;
      for (const Pfn p : process->second) mm_.free_pages(p, kernel::kPageblockOrder, mm_.nobody());
      ballast_.erase(process);
    }
  }

  void alloc(const Capture::Step& step) {
    const std::int64_t wanted = step.args[0].get<std::int64_t>() * kMiB / kPageSize;
    const NodeId node =
        capture_.kernel_node(step.args.size() > 1 ? std::max(0, step.args[1].get<int>()) : 0);
    user_.take(PageCount{wanted}, node);
  }

  /// A value written to a file: huge pages reserved on a node, what becomes of blocks when memory
  /// is added, or a sysctl of the watermarks.
  bool write(const Capture::Step& step) {
    const std::string path = step.args[0];
    const std::string value = step.args[1];
    if (path == "/sys/devices/system/memory/auto_online_blocks")
      return default_state_ = value, true;
    if (path == "/proc/sys/vm/min_free_kbytes")
      return mm_.set_min_free_kbytes(std::stoll(value)), watermarks_known_ = true;
    if (path == "/proc/sys/vm/watermark_scale_factor")
      return mm_.set_watermark_scale_factor(std::stoll(value)), watermarks_known_ = true;
    if (path == "/sys/kernel/mm/transparent_hugepage/enabled")
      return mm_.set_transparent_hugepage(value != "never"), watermarks_known_ = true;
    static const std::regex huge_pages(
        "/sys/devices/system/node/node(\\d+)/hugepages/hugepages-(\\d+)kB/nr_hugepages");
    std::smatch match;
    if (!std::regex_match(path, match, huge_pages)) return false;
    hugetlb_.set_nr_hugepages(NodeId{std::stoi(match[1])}, Bytes{std::stoll(match[2]) * kKiB},
                              std::stoll(value), mm_.nobody());
    return true;
  }

  // The kernel's ACPI handler offlines what is still online and puts it back if it cannot finish.
  void remove(const Capture::Step& step) {
    const auto known = dimms_.find(step.args[0].get<std::string>());
    if (known == dimms_.end())
      return;  // nothing of it is in the kernel; the emulator takes it away
    const PfnRange range = known->second.range;
    bool ok = true;
    bool by_chance = false;
    std::vector<std::pair<BlockId, kernel::ZoneType>> done;
    for (Pfn p = range.start; p < range.end && ok; p += hotplug_.block_pages()) {
      const BlockId id = hotplug_.block_of(p);
      const auto was = hotplug_.block(id);
      by_chance = by_chance || may_be_pinned(id);
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
    removed_ = true;
    outcome(by_chance, step.recorded.value("event", ""), ok ? "DEVICE_DELETED" : "ACPI_DEVICE_OST");
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
  std::map<std::int64_t, std::vector<Pfn>> ballast_;  // by process
  std::string default_state_;
  Score score_;
  SnapshotCheck snapshots_;
  AllocationCheck allocations_;
  ConsoleCheck console_;
  std::vector<bool> quiet_movable_;
  kernel::HotplugCounters at_snapshot_;
  std::map<std::string, Dimm> dimms_;
  bool watermarks_known_ = false;
  bool removed_ = false;
  bool diverged_ = false;
};

}  // namespace

CaptureReport replay(const Capture& capture, const kernel::KernelProfile& profile) {
  if (capture.allocator_sequence) return replay_sequence(capture, profile);
  CaptureReport report;
  report.name = capture.name;
  Replay(capture, profile, report).run();
  return report;
}

}  // namespace mhp::validation
