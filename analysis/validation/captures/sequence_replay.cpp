#include "analysis/validation/captures/sequence_replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "analysis/validation/captures/block_writes.hpp"
#include "analysis/validation/captures/capture_boot.hpp"
#include "analysis/validation/captures/field.hpp"
#include "analysis/validation/captures/mapped_regions.hpp"
#include "analysis/validation/captures/page_log.hpp"
#include "analysis/validation/captures/sequence_boot.hpp"
#include "analysis/validation/captures/sequence_check.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/hotplug/hotplug.hpp"
#include "sim/kernel/mm/mempolicy.hpp"

namespace mhp::validation {

namespace {

using kernel::OnlineType;
using kernel::Status;
using nlohmann::json;
using Kind = kernel::PageEvent::Kind;

/// Events are logged of page frames from here on: those of the added node.
constexpr Pfn kFirstLogged{0x100000};

class SequenceReplay {
 public:
  SequenceReplay(const Capture& capture, const kernel::KernelProfile& profile, Score& score)
      : capture_(capture),
        boot_(boot_of_sequence(capture, config_of(capture), profile)),
        mm_(boot_, config_of(capture), profile),
        hotplug_(mm_, boot_, config_of(capture)),
        hugetlb_(mm_),
        regions_(mm_, hugetlb_),
        recorder_(kFirstLogged),
        score_(score) {
    mm_.set_trace(&recorder_);
  }

  void run() {
    if (capture_.steps_that_differ > 0)
      score_.unmodelled("steps that differ between two recordings: page tables as in this one",
                        capture_.steps_that_differ);
    for (std::size_t i = 0; i < capture_.steps.size(); ++i) {
      const auto& step = capture_.steps[i];
      score_.at(i, step.name());
      if (step.recorded.contains("console"))
        score_.unmodelled("kernel log of an allocator sequence",
                          static_cast<std::int64_t>(step.recorded.at("console").size()));
      if (perform(step)) continue;
      return score_.gap(fmt::format(
          "the replay does not know the operation {}: nothing after it is compared", step.name()));
    }
  }

 private:
  /// False if the model does not have the operation.
  bool perform(const Capture::Step& step) {
    if (step.op == "sleep" || step.op == "rpfn") return true;
    if (step.op == "w") return write(step.args.at(0), step.args.at(1));
    if (step.op == "pin") return cpu_ = CpuId{step.args.at(0).get<std::int32_t>()}, true;
    if (step.op == "add") return add(step), true;
    if (step.op == "online") return online(step);
    if (step.op == "zdrain") return drain_zone(step);
    if (step.op == "tron") return recorder_.start(), true;
    if (step.op == "troff") return compare_events(step), true;
    if (step.op == "bsnap") return snapshot(step), true;
    if (step.op == "rmap") return map(step);
    if (step.op == "rtouch") return touch(step);
    if (step.op == "rfree") return free(step);
    if (step.op == "runmap") return unmap(step), true;
    return false;
  }

  bool write(const std::string& path, const std::string& value) {
    static const std::set<std::string> without_effect{
        "/proc/sys/vm/stat_interval",
        "/proc/sys/vm/compaction_proactiveness",
        "/proc/sys/vm/watermark_boost_factor",
        "/sys/kernel/tracing/buffer_size_kb",
        "/sys/kernel/mm/transparent_hugepage/defrag",
        "/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
        "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag"};
    if (without_effect.contains(path)) return true;
    if (path == "/proc/sys/vm/stat_refresh") return refresh_lists(), true;
    if (path == "/proc/sys/vm/min_free_kbytes")
      return mm_.set_min_free_kbytes(std::stoll(value)), true;
    if (path == "/proc/sys/vm/percpu_pagelist_high_fraction")
      return mm_.set_percpu_pagelist_high_fraction(std::stoll(value)), true;
    if (path == "/sys/kernel/mm/transparent_hugepage/enabled")
      return mm_.set_transparent_hugepage(value != "never"), true;
    static const std::regex huge_pages(
        "/sys/devices/system/node/node(\\d+)/hugepages/hugepages-2048kB/nr_hugepages");
    std::smatch match;
    if (!std::regex_match(path, match, huge_pages)) return false;
    hugetlb_.set_nr_hugepages(NodeId{std::stoi(match[1])}, kHugePage, std::stoll(value),
                              mm_.nobody(), cpu_);
    return true;
  }

  /// Each CPU does its periodic work on per-CPU lists once, in a thread of its own: the log of the
  /// process does not have it.
  void refresh_lists() {
    mm_.set_trace(nullptr);
    mm_.vmstat_update(mm_.nobody());
    mm_.set_trace(&recorder_);
  }

  void add(const Capture::Step& step) {
    const json& dimm = step.recorded.at("dimm");
    const auto address = dimm.at("addr").get<std::int64_t>();
    dimm_ = {pfn_of(Bytes{address}), pfn_of(Bytes{address + dimm.at("size").get<std::int64_t>()})};
    const NodeId node = capture_.kernel_node(step.args.at(2).get<int>());
    const auto result = run(hotplug_.add(host_, {node, dimm_, NodeId{0}}));
    score_.exact("op/result", Field(step.recorded, "").at("ost").at("status").integer(),
                 result.status == Status::ok ? 0 : 1);
  }

  static std::optional<OnlineType> online_type(const std::string& how) {
    const auto type = named<OnlineType>(how);
    return type == OnlineType::offline ? std::nullopt : type;
  }

  /// Blocks of the DIMM, the first and last counted from its start or, if negative, from its end.
  bool online(const Capture::Step& step) {
    const auto type = online_type(step.args.at(1));
    if (!type) return false;
    const auto block = [&](std::size_t arg) {
      const auto n = step.args.at(arg).get<std::int64_t>();
      const PageCount offset{n * hotplug_.block_pages().value};
      return hotplug_.block_of((n < 0 ? dimm_.end : dimm_.start) + offset).value;
    };
    const std::int32_t first = block(2);
    const std::int32_t last = block(3);
    score_.exact("first_block", step.recorded.at("first_block").get<std::int64_t>(), first);
    score_.exact("last_block", step.recorded.at("last_block").get<std::int64_t>(), last);
    BlockWrites writes;
    for (std::int32_t b = first; b <= last; ++b)
      writes.done(BlockId{b}, run(hotplug_.online(host_, BlockId{b}, *type)).status);
    writes.compare(score_, step.recorded.at("result"));
    return true;
  }

  /// The last block goes online and offline again, which empties the zone's per-CPU lists.
  bool drain_zone(const Capture::Step& step) {
    const auto type = online_type(step.args.size() > 1 ? step.args.at(1) : json("online_movable"));
    if (!type) return false;
    const BlockId last = hotplug_.block_of(dimm_.end - hotplug_.block_pages());
    std::int64_t ok = run(hotplug_.online(host_, last, *type)).status == Status::ok ? 1 : 0;
    ok += run(hotplug_.offline(host_, last)).status == Status::ok ? 1 : 0;
    score_.exact("op/ok", step.recorded.at("result").at("ok").get<std::int64_t>(), ok);
    score_.exact("op/first_errno", result_of(step, "first_errno"), 0);
    return true;
  }

  static std::int64_t result_of(const Capture::Step& step, const char* name) {
    const auto result = Field(step.recorded, "").find("result");
    const auto value = result ? result->find(name) : std::nullopt;
    return value ? value->integer(-Field::kMost) : 0;
  }

  /// The log that was switched off next after a step.
  const json* log_after(const Capture::Step& step) const {
    for (const auto* s = &step; s != capture_.steps.data() + capture_.steps.size(); ++s)
      if (s->op == "troff" && s->recorded.contains("trace")) return &s->recorded.at("trace");
    return nullptr;
  }

  void compare_events(const Capture::Step& step) {
    std::vector<LoggedEvent> log = parse_log(step.recorded.value("trace", json::array()));
    const std::int64_t given = tables_unmapped_ ? give_tables_back(log) : 0;
    const auto& model = recorder_.stop();
    const std::int64_t others = leave_out_others(log, model);
    if (others > 0) score_.unmodelled("page events of other processes", others);
    compare_log(score_, log, model, given);
  }

  /// Which page tables are freed together and in which order hangs on the addresses of the regions
  /// and, on 6.12, on RCU: the recording's portions are taken, as far as nothing came between.
  std::int64_t give_tables_back(const std::vector<LoggedEvent>& log) {
    std::vector<kernel::FreedRun> portion;
    std::int64_t given = 0;
    const auto free_portion = [&] {
      mm_.free_batch(portion, mm_.nobody(), cpu_);
      given += static_cast<std::int64_t>(portion.size());
      portion.clear();
    };
    for (const LoggedEvent& l : log) {
      if (l.event.kind != Kind::freed)
        free_portion();
      else if (tables_.erase(l.event.pfn.value) > 0)
        portion.push_back({kernel::PageRun(l.event.pfn)});
    }
    free_portion();
    score_.input("order in which page tables are freed", given);
    tables_unmapped_ = false;
    return given;
  }

  void snapshot(const Capture::Step& step) {
    check_sequence_snapshot(score_, step.recorded.at("bsnapshot"), mm_, hugetlb_);
  }

  bool map(const Capture::Step& step) {
    const int region = step.args.at(0);
    const auto pages = step.args.at(1).get<std::size_t>();
    const NodeId node{step.args.size() > 2 ? step.args.at(2).get<std::int32_t>() : 1};
    const std::string kind = step.args.size() > 3 ? step.args.at(3).get<std::string>() : "4";
    table_regions_.erase(region);
    if (kind == "P") return table_regions_[region] = node, true;
    const std::map<std::string, MappedRegions::Kind> kinds{
        {"4", MappedRegions::Kind::pages},
        {"T", MappedRegions::Kind::transparent_huge},
        {"H", MappedRegions::Kind::hugetlb}};
    const auto known = kinds.find(kind);
    if (known == kinds.end()) return false;
    regions_.map(region, pages, node, known->second);
    return true;
  }

  /// Places of a step, in the order in which it goes through them.
  std::vector<std::size_t> places(const Capture::Step& step, std::size_t how_at) const {
    const auto from = step.args.at(1).get<std::size_t>();
    const std::size_t stride = step.args.size() > 3 ? step.args.at(3).get<std::size_t>() : 1;
    std::vector<std::size_t> out = order_of_places(
        step.args.at(2).get<std::size_t>(),
        step.args.size() > how_at ? step.args.at(how_at).get<std::string>() : "fwd");
    for (std::size_t& place : out) place = from + place * stride;
    return out;
  }

  bool touch(const Capture::Step& step) {
    const int region = step.args.at(0);
    const std::vector<std::size_t> order = places(step, 4);
    if (const auto tables = table_regions_.find(region); tables != table_regions_.end())
      return touch_tables(step, tables->second, static_cast<std::int64_t>(order.size())), true;
    std::vector<Pfn> frames;
    for (const std::size_t page : order)
      frames.push_back(regions_.touch(region, page, cpu_).value_or(Pfn{0}));
    score_.exact("op/touched", result_of(step, "touched"), static_cast<std::int64_t>(order.size()));
    score_.exact("op/absent", result_of(step, "absent"),
                 std::count(frames.begin(), frames.end(), Pfn{0}));
    compare_frames(score_, parse_frames(step.recorded.value("pfns", std::string())), frames);
    return true;
  }

  NodeId node_of(CpuId cpu) const {
    for (std::size_t n = 0; n < mm_.nodes(); ++n)
      if (const NodeId node{static_cast<std::int32_t>(n)}; mm_.node(node).has_cpu(cpu)) return node;
    return NodeId{0};
  }

  /// A page table for each place, and those of the levels above, the number of which depends on
  /// the address of the region, which is not recorded.
  void touch_tables(const Capture::Step& step, NodeId node, std::int64_t places) {
    std::int64_t tables = 0;
    if (const json* lines = log_after(step))
      for (const LoggedEvent& l : parse_log(*lines))
        tables += l.event.kind == Kind::handed_out && !l.by_other ? 1 : 0;
    score_.input("page tables above the last level", std::max<std::int64_t>(0, tables - places));
    kernel::NodeMask bound(mm_.nodes(), false);
    bound.at(node.index()) = true;
    kernel::MemPolicy policy(kernel::MemPolicy::Mode::bind, std::move(bound));
    const auto request = policy.apply({.cpu = cpu_}, node_of(cpu_), mm_);
    for (std::int64_t i = 0; i < std::max(tables, places); ++i) {
      const auto got = mm_.alloc_pages(request, mm_.nobody());
      if (got) tables_.insert(got->pfn.value);
    }
  }

  bool free(const Capture::Step& step) {
    const int region = step.args.at(0);
    const std::size_t group = step.args.size() > 4 ? step.args.at(4).get<std::size_t>() : 1;
    std::vector<Pfn> frames;
    bool whole = true;
    for (const std::size_t first : places(step, 5)) {
      const auto part = regions_.frames(region, first, group);
      frames.insert(frames.end(), part.begin(), part.end());
      whole = regions_.free(region, first, group, cpu_) && whole;
    }
    compare_frames(score_, parse_frames(step.recorded.value("pfns", std::string())), frames);
    return whole;
  }

  void unmap(const Capture::Step& step) {
    const int region = step.args.at(0);
    if (table_regions_.erase(region) > 0) {
      tables_unmapped_ = true;
      return;
    }
    compare_frames(score_, parse_frames(step.recorded.value("pfns", std::string())),
                   regions_.frames(region, 0, regions_.pages(region)));
    regions_.unmap(region, cpu_);
  }

  static kernel::OpResult run(Task<kernel::OpResult> task) {
    return kernel::CountingHost::run(std::move(task));
  }

  const Capture& capture_;
  const kernel::BootState boot_;
  kernel::Mm mm_;
  kernel::MemoryHotplug hotplug_;
  kernel::Hugetlb hugetlb_;
  MappedRegions regions_;
  kernel::CountingHost host_;
  PageRecorder recorder_;
  Score& score_;
  PfnRange dimm_;
  CpuId cpu_{0};
  std::map<int, NodeId> table_regions_;
  std::set<std::int64_t> tables_;  // page frames of page tables
  bool tables_unmapped_ = false;
};

}  // namespace

void replay_sequence(const Capture& capture, const kernel::KernelProfile& profile, Score& score) {
  SequenceReplay(capture, profile, score).run();
}

}  // namespace mhp::validation
