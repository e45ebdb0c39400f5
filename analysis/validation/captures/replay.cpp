#include "analysis/validation/captures/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>

#include "analysis/validation/captures/allocation_check.hpp"
#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/capture_form.hpp"
#include "analysis/validation/captures/console_check.hpp"
#include "analysis/validation/captures/hotplug_replay.hpp"
#include "analysis/validation/captures/late_memory.hpp"
#include "analysis/validation/captures/sequence_replay.hpp"
#include "analysis/validation/captures/snapshot_check.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/user_pages.hpp"

namespace mhp::validation {

namespace {

using kernel::OnlineType;
using nlohmann::json;

class Replay {
 public:
  Replay(const Capture& capture, const kernel::KernelProfile& profile, Score& score)
      : capture_(capture),
        boot_(boot_of(capture)),
        mm_(boot_, config_of(capture), profile),
        hotplug_(mm_, boot_, config_of(capture)),
        hugetlb_(mm_),
        user_(mm_),
        blocks_(score, capture, mm_, hotplug_),
        ballast_(ballast_of(capture, boot_)),
        default_state_(capture.default_state),
        score_(score),
        snapshots_(score_, capture, hotplug_),
        allocations_(score_, capture.geometry.pmd_order()),
        console_(score_, mm_) {}

  void run() {
    score_.at(*capture_.boot_step(), "boot");
    score_.input("pages of a zone that are managed, free and reserved at boot",
                 static_cast<std::int64_t>(boot_.zones.size()));
    const kernel::Geometry& geometry = capture_.geometry;
    score_.exact("block_size", geometry.bytes_of(boot_.block_pages).value,
                 kernel::memory_block_size(geometry.address_of(boot_.memory.back().end),
                                           boot_.cpu.hypervisor, Bytes{0}, capture_.arch)
                     .value);
    if (too_small_for_huge_pages(capture_))
      score_.input("transparent huge pages are off: memory came too late in the boot");
    kernel::BootState now = boot_;
    now.recompute_watermarks = true;
    for (kernel::BootZone& zone : now.zones) zone.pcp_batch = 0;
    kernel::BootState before = now;
    take_late_memory(before, late_memory_at_most(capture_));
    const auto config = config_of(capture_);
    snapshots_.at_boot(kernel::Mm(before, config, mm_.profile()),
                       kernel::Mm(now, config, mm_.profile()), boot_.block_pages);
    before_boot();
    for (std::size_t i = *capture_.boot_step(); i < capture_.steps.size(); ++i) {
      const auto& step = capture_.steps[i];
      score_.at(i, step.name());
      if (step.op == "snap" && step.snapshot() == nullptr) return panic();
      if (step.op == "add" && !step.recorded.contains("dimm")) return blocks_.add_that_panics(step);
      if (!perform(step))
        return score_.gap(
            fmt::format("the replay does not know the operation {}: nothing after it is compared",
                        step.args.empty() ? step.op : step.name()));
      out_of_memory(step);
      if (i != *capture_.boot_step()) console_.step(step.recorded);
      blocks_.background();
    }
    if (capture_.steps.back().op != "snap" && !capture_.panicked)
      score_.gap("no snapshot was taken after the last operation");
  }

 private:
  /// What was done before the first snapshot is in it, if it is memory that processes hold.
  void before_boot() {
    static const std::set<std::string> in_snapshot{"sleep", "cat",    "pin",
                                                   "info",  "insmod", "ballast"};
    for (std::size_t i = 0; i < *capture_.boot_step(); ++i) {
      score_.at(i, capture_.steps[i].name());
      if (capture_.steps[i].op == "virtio_mem")
        blocks_.virtio_mem().load(capture_.steps[i]);
      else if (capture_.steps[i].op == "ballast")
        score_.input("processes that hold memory at boot");
      else if (!in_snapshot.contains(capture_.steps[i].op))
        score_.gap("it was done before the first snapshot");
    }
  }

  /// There is no snapshot: whether the kernel panics for want of memory depends on who asks next.
  void panic() {
    if (blocks_.any_add_failed())
      score_.chance("op/panic", "panic", "none",
                    "an add that failed has left free memory at the watermarks");
    else
      score_.exact("op/panic", "panic", "none");
  }

  /// CPUs look through their lists once in a vm.stat_interval.
  void sleep(const Capture::Step& step) {
    const SimTime interval = hotplug_.config().stat_interval;
    const SimTime time{step.args[0].get<std::int64_t>() * 1'000'000};
    for (SimTime at = interval; interval.value > 0 && at <= time; at += interval)
      mm_.vmstat_update(mm_.nobody());
  }

  /// False if the model does not have the operation.
  bool perform(const Capture::Step& step) {
    static const std::set<std::string> no_page{"cat", "pin", "info", "insmod"};
    if (no_page.contains(step.op)) return true;
    if (step.op == "sleep") return sleep(step), true;
    if (step.op == "snap") return snap(step), true;
    if (step.op != "trace_pages")
      note_use(step.op == "online" || step.op == "setblk" || step.op == "add" ||
               (step.op == "resize" && hotplug_.counters().pages_fake_offlined == 0));
    if (step.op == "trace_pages") return trace(step), true;
    if (step.op == "add") return blocks_.add(step, online_type(default_state_)), true;
    if (step.op == "online" || step.op == "setblk") return blocks_.set_blocks(step), true;
    if (step.op == "virtio_mem") return blocks_.virtio_mem().load(step), true;
    if (step.op == "resize")
      return blocks_.virtio_mem().resize(step, online_type(default_state_)), true;
    if (step.op == "await")
      return blocks_.virtio_mem().await(step, online_type(default_state_)), true;
    if (step.op == "alloc") return alloc(step), true;
    if (step.op == "freeall") return user_.free_all(), true;
    if (step.op == "del") return blocks_.remove(step), true;
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
      // Where boot memory of it is free is not recorded.
      const bool added = mm_.zone(id, kernel::ZoneType::movable).present_early_pages.value == 0;
      quiet_movable_[n] = added && (mm_.node(id).cpus == 0 || (fresh && mm_.nodes() == 1));
    }
  }

  void snap(const Capture::Step& step) {
    score_.at(step_index(step), step.args[0].get<std::string>());
    const auto& now = hotplug_.counters();
    const bool memmap_taken = now.memmap_order9 > at_snapshot_.memmap_order9 &&
                              now.memmap_base_pages == at_snapshot_.memmap_base_pages &&
                              now.blocks_onlined == at_snapshot_.blocks_onlined &&
                              !tables_hide_it(now.direct_map_tables);
    at_snapshot_ = now;
    snapshots_.snapshot(*step.snapshot(), mm_, hotplug_, hugetlb_,
                        {.config = hotplug_.config(),
                         .block = hotplug_.block_pages(),
                         .default_state = default_state_,
                         .dimms = blocks_.ranges(),
                         .oom_kills = oom_kills_,
                         .reserves_known = step_index(step) != *capture_.boot_step(),
                         .quiet_movable = quiet_movable_,
                         .memmap_taken = memmap_taken});
    // Each snapshot reads vm.lowmem_reserve_ratio last, which has the reserves computed anew.
    mm_.setup_per_zone_lowmem_reserve();
  }

  /// So many tables of the direct map were taken since the last snapshot, on the node of whatever
  /// CPU the driver ran on, that the zones do not show who gave the memmap.
  bool tables_hide_it(std::int64_t tables) {
    const bool many =
        tables - at_snapshot_.direct_map_tables > capture_.geometry.pageblock_pages() / 4;
    const auto cpu_nodes = std::count_if(boot_.nodes.begin(), boot_.nodes.end(),
                                         [](const kernel::BootNode& n) { return n.cpus > 0; });
    if (many && cpu_nodes > 1) score_.unmodelled("zones that gave memmap beside many tables");
    return many && cpu_nodes > 1;
  }

  void trace(const Capture::Step& step) {
    if (step.recorded.contains("page_allocs"))
      allocations_.end(step.recorded.at("page_allocs"), hotplug_.counters(), !blocks_.any_removal(),
                       hotplug_.block_pages());
    else
      allocations_.begin(hotplug_.counters());
  }

  /// When free memory hovers at the watermarks, any allocation may call the OOM killer. Whom the
  /// recorded kernel killed gives back what it held; the model itself kills nobody.
  void out_of_memory(const Capture::Step& step) {
    static const std::regex killed("Killed process (\\d+)");
    for (const std::string& line : console_lines(step.recorded)) {
      std::smatch match;
      if (!std::regex_search(line, match, killed)) continue;
      ++oom_kills_;
      score_.input("process that the kernel killed for want of memory");
      if (blocks_.any_add_failed())
        score_.chance("op/oom_kill", match.str(), "none",
                      "an add that failed has left free memory at the watermarks");
      else
        score_.exact("op/oom_kill", match.str(), "none");
      const auto process = ballast_.find(std::stoll(match[1]));
      if (process == ballast_.end()) continue;
      for (const Pfn p : process->second)
        mm_.free_pages(p, mm_.geometry().pageblock_order(), mm_.nobody());
      ballast_.erase(process);
    }
  }

  void alloc(const Capture::Step& step) {
    const std::int64_t wanted =
        capture_.geometry.pages_of(Bytes{step.args[0].get<std::int64_t>() * kMiB}).value;
    const NodeId node =
        capture_.kernel_node(step.args.size() > 1 ? std::max(0, step.args[1].get<int>()) : 0);
    score_.exact("op/pages", wanted, user_.take(PageCount{wanted}, node).value);
  }

  /// A value written to a file: huge pages reserved on a node, what becomes of blocks when memory
  /// is added, or a sysctl of the watermarks.
  bool write(const Capture::Step& step) {
    const std::string path = step.args[0];
    const std::string value = step.args[1];
    if (!take_value(path, value)) return false;
    score_.exact("op/rc", step.recorded.at("result").at("rc").get<std::int64_t>(),
                 of_absent_node(path) ? -ENOENT : 0);
    return true;
  }

  /// The files of a node that is not online are not there.
  bool of_absent_node(const std::string& path) const {
    static const std::regex of_node("/sys/devices/system/node/node(\\d{1,4})/.*");
    std::smatch match;
    if (!std::regex_match(path, match, of_node)) return false;
    const auto node = static_cast<std::size_t>(std::stoi(match[1]));
    return node >= mm_.nodes() || !mm_.node(NodeId{static_cast<std::int32_t>(node)}).online;
  }

  bool take_value(const std::string& path, const std::string& value) {
    if (path == "/sys/devices/system/memory/auto_online_blocks") {
      default_state_ = value;
      return named<OnlineType>(value).has_value();
    }
    const std::string parameters = "/sys/module/memory_hotplug/parameters/";
    if (path == parameters + "online_policy") {
      const auto policy = named<kernel::OnlinePolicy>(value);
      if (policy) hotplug_.set_online_policy(*policy);
      return policy.has_value();
    }
    if (path == parameters + "auto_movable_ratio")
      return hotplug_.set_auto_movable_ratio(std::stoll(value)), true;
    if (path == parameters + "auto_movable_numa_aware")
      return hotplug_.set_auto_movable_numa_aware(value == "1" || value == "Y" || value == "y"),
             true;
    if (path == "/proc/sys/vm/min_free_kbytes")
      return mm_.set_min_free_kbytes(std::stoll(value)), true;
    if (path == "/proc/sys/vm/watermark_scale_factor")
      return mm_.set_watermark_scale_factor(std::stoll(value)), true;
    if (path == "/sys/kernel/mm/transparent_hugepage/enabled")
      return mm_.set_transparent_hugepage(value != "never"), true;
    static const std::regex huge_pages(
        "/sys/devices/system/node/node(\\d+)/hugepages/hugepages-(\\d{1,9})kB/nr_hugepages");
    std::smatch match;
    if (!std::regex_match(path, match, huge_pages)) return false;
    if (of_absent_node(path)) return true;
    const Bytes size{std::stoll(match[2]) * kKiB};
    if (size != capture_.geometry.pmd_size() && size != capture_.arch.gigantic_page) return false;
    hugetlb_.set_nr_hugepages(NodeId{std::stoi(match[1])}, size, std::stoll(value), mm_.nobody());
    return true;
  }

  std::size_t step_index(const Capture::Step& step) const {
    return static_cast<std::size_t>(&step - capture_.steps.data());
  }
  const Capture& capture_;
  const kernel::BootState boot_;
  kernel::Mm mm_;
  kernel::MemoryHotplug hotplug_;
  kernel::Hugetlb hugetlb_;
  kernel::UserPages user_;
  HotplugReplay blocks_;
  std::map<std::int64_t, std::vector<Pfn>> ballast_;  // by process
  std::string default_state_;
  Score& score_;
  SnapshotCheck snapshots_;
  AllocationCheck allocations_;
  ConsoleCheck console_;
  std::vector<bool> quiet_movable_;
  kernel::HotplugCounters at_snapshot_;
  std::int64_t oom_kills_ = 0;
};

}  // namespace

CaptureReport replay(const Capture& capture, const kernel::KernelProfile& profile) {
  CaptureReport report;
  report.name = capture.name;
  report.kernel = capture.kernel;
  report.fault = check_form(capture);
  if (report.fault) return report;
  Score score(report);
  const auto fault = [&](const std::exception& e) { report.fault = score.here(e.what()); };
  // The form is right; what one field says of another may still be impossible.
  try {
    if (capture.allocator_sequence)
      replay_sequence(capture, profile, score);
    else
      Replay(capture, profile, score).run();
  } catch (const BadField& e) {
    fault(e);
  } catch (const json::exception& e) {
    fault(e);
  } catch (const std::logic_error& e) {  // a region that is not mapped, a place beyond its end
    report.fault = score.here(fmt::format("it does not fit what went before ({})", e.what()));
  } catch (const std::bad_alloc& e) {
    fault(e);
  }
  return report;
}

}  // namespace mhp::validation
