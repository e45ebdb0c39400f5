#include "sim/run/result/metrics.hpp"

#include <algorithm>

namespace mhp::run {

namespace {

constexpr const char* kBoot = "boot";
constexpr const char* kAdd = "add";
constexpr const char* kOnline = "online";
constexpr const char* kRemove = "remove";
constexpr const char* kRun = "run";

/// When the last operation of a kind ended; nothing if there was none or one of them failed.
std::optional<SimTime> last_end(const std::vector<Operation>& operations, Operation::Kind kind) {
  std::optional<SimTime> end;
  for (const Operation& op : operations) {
    if (op.kind != kind) continue;
    if (op.status != kernel::Status::ok) return std::nullopt;
    end = std::max(end.value_or(op.finished), op.finished);
  }
  return end;
}

}  // namespace

std::vector<Metric> metrics_of(const RunFacts& facts, const std::vector<Operation>& operations,
                               const kernel::HotplugCounters& c) {
  std::vector<Metric> out;
  const auto put = [&](const char* name, const char* unit, const char* better, const char* phase,
                       std::optional<std::int64_t> value) {
    out.push_back({name, unit, better, phase, value});
  };
  const auto added = last_end(operations, Operation::Kind::add);
  const auto onlined = last_end(operations, Operation::Kind::online);
  const bool all_online = added && onlined && facts.blocks_online == facts.blocks_planned;
  std::optional<std::int64_t> time_to_add;
  std::optional<std::int64_t> time_to_online;
  if (added) time_to_add = (*added - *facts.first_notification).value;
  if (all_online) time_to_online = std::max<std::int64_t>(0, (*onlined - *added).value);
  put("time_to_add", "ns", "lower", kAdd, time_to_add);
  put("time_to_online", "ns", "lower", kOnline, time_to_online);
  put("time_to_usable", "ns", "lower", kRun,
      all_online ? std::optional((*onlined - *facts.first_notification).value) : std::nullopt);
  put("time_from_insertion", "ns", "lower", kRun,
      all_online ? std::optional((*onlined - facts.first_insertion).value) : std::nullopt);
  if (facts.first_unplug) {
    const auto removed = last_end(operations, Operation::Kind::remove);
    put("time_to_remove", "ns", "lower", kRemove,
        removed ? std::optional((*removed - *facts.first_unplug).value) : std::nullopt);
    put("removed_bytes", "byte", "higher", kRemove, bytes_of(facts.removed).value);
  }

  const std::int64_t taken = c.memmap_pages_boot + c.page_table_pages();
  const std::int64_t kept = taken - c.pages_given_back;
  put("memmap_pages_boot", "page", "lower", kAdd, c.memmap_pages_boot);
  put("memmap_base_pages", "page", "lower", kAdd, c.memmap_base_pages);
  put("memmap_pages_range", "page", "none", kAdd, c.memmap_pages_range);
  put("page_table_pages", "page", "lower", kAdd, c.page_table_pages());
  put("slab_pages", "page", "lower", kAdd, c.slab_pages);
  put("mem_free_delta", "page", "higher", kAdd, -taken);
  put("mem_free_delta", "page", "higher", kRun, c.pages_onlined - c.pages_offlined - kept);
  const std::int64_t total_delta = bytes_of(facts.mem_total_after - facts.mem_total_before).value;
  put("mem_total_delta", "byte", "none", kRun, total_delta);
  put("usable_bytes", "byte", "higher", kRun, total_delta - kPageSize * kept);
  const bool any_block = c.blocks > 0;
  put("gigantic_pages_possible", "1", "higher", kRun,
      any_block ? std::optional(facts.gigantic_pages) : std::nullopt);
  put("memmap_latency", "ns", "lower", kRun,
      facts.memmap_latency ? std::optional(facts.memmap_latency->value) : std::nullopt);
  put("contiguity_checks", "1", "lower", kOnline,
      facts.blocks_online > 0 ? std::optional(c.contiguity_checks) : std::nullopt);
  put("struct_pages_remote", "page", "lower", kRun,
      any_block ? std::optional(facts.struct_pages_off_node.value) : std::nullopt);
  put("free_pages_min", "page", "higher", kRun, facts.free_pages_min.value);
  out.insert(out.end(), facts.pressure.begin(), facts.pressure.end());
  put("boot_memmap_init_time", "ns", "lower", kBoot, facts.boot_memmap_init.value);
  return out;
}

void add_figures(const std::string& prefix, const std::vector<workloads::Figure>& figures,
                 std::vector<Metric>& out) {
  for (const workloads::Figure& f : figures)
    out.push_back({prefix + "_" + f.name, f.unit, f.better, kRun, f.value});
}

std::pair<std::string, std::string> outcome_of(const std::vector<Operation>& operations,
                                               const std::string& placement_refusal) {
  std::pair<std::string, std::string> worst{"ok", ""};
  const auto rank = [](const std::string& outcome) {
    return outcome == "ok" ? 0 : outcome == "refused" ? 1 : outcome == "enomem" ? 2 : 3;
  };
  if (!placement_refusal.empty())
    worst = {"refused", "the kernel falls back to boot memory: " + placement_refusal};
  for (const Operation& op : operations) {
    if (op.status == kernel::Status::ok) continue;
    const char* outcome = op.status == kernel::Status::enomem ? "enomem"
                          : op.status == kernel::Status::oom  ? "oom"
                                                              : "refused";
    if (rank(outcome) > rank(worst.first)) worst = {outcome, op.reason};
  }
  return worst;
}

}  // namespace mhp::run
