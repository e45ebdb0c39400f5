#include "sim/run/explain/time_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/core/invariant.hpp"
#include "sim/cost/pricer.hpp"
#include "sim/run/result/metric/record.hpp"
#include "sim/run/run.hpp"

namespace mhp::run {

namespace {

/// How a kind of time that is no work is called, and the parameter that it rests on; "N" stands for
/// the [[hotplug]] table.
struct Plain {
  Spent spent;
  const char* kind;
  const char* name;
  const char* constant;
};
constexpr std::array kPlain{
    Plain{Spent::grace_period, "wait", "rcu_grace_period", "costs.rcu_grace_period"},
    Plain{Spent::expedited_grace_period, "wait", "rcu_expedited_grace_period",
          "costs.rcu_expedited_grace_period"},
    Plain{Spent::mem_hotplug_lock, "wait", "mem_hotplug_lock", ""},
    Plain{Spent::zone_lock, "wait", "zone_lock", ""},
    Plain{Spent::memory_shortage, "wait", "memory_shortage", ""},
    Plain{Spent::before_insertion, "pause", "before_insertion", "hotplug.N.at"},
    Plain{Spent::trigger, "wait", "trigger", ""},
    Plain{Spent::online_delay, "pause", "online_delay", "hotplug.N.online_delay"},
    Plain{Spent::online_latency, "pause", "online_latency", "hotplug.N.online_latency"},
    Plain{Spent::udev_event_latency, "pause", "udev_event_latency", "udev.event_latency"},
    Plain{Spent::sysfs_lock_poll, "wait", "sysfs_lock_poll", "costs.sysfs_lock_poll"},
    Plain{Spent::offline_at, "pause", "offline_at", "hotplug.N.offline_at"},
    Plain{Spent::unplug_after, "pause", "unplug_after", "hotplug.N.unplug_after"},
    Plain{Spent::driver_rests, "wait", "driver_rests", ""},
    Plain{Spent::other, "wait", "other_thread", ""}};

const Plain& plain_of(Spent spent) {
  const auto* const found =
      std::find_if(kPlain.begin(), kPlain.end(), [&](const Plain& x) { return x.spent == spent; });
  MHP_INVARIANT(found != kPlain.end(), "time of kind {} has no name", static_cast<int>(spent));
  return *found;
}

class Namer {
 public:
  Namer(const config::Scenario& scenario, const machine::Topology& topology)
      : scenario_(scenario), topology_(topology) {}

  TimeRow row(const Activity& a) const {
    TimeRow out{std::string(word(a.phase)), "", "", a.memory, a.cpu, {}, {}, {}};
    if (a.spent == Spent::work)
      work(a, out);
    else if (a.spent == Spent::stage)
      stage(a, out);
    else
      plain(a, out);
    return out;
  }

 private:
  void work(const Activity& a, TimeRow& out) const {
    out.kind = "work";
    out.name = kernel::kPrimitiveNames[a.what];
    const std::string price = "costs." + out.name;
    out.own_rests_on = {price + ".cpu", "machine.core.speed"};
    const cost::PrimitiveCost& cost = scenario_.costs.primitives[a.what];
    if (cost::follows_clock(cost, topology_.core(), scenario_.costs.core))
      out.own_rests_on.emplace_back("machine.core.clock");
    if (cost.lines_again > 0) {
      const auto line = cost::second_level_line(topology_.core(), scenario_.costs.core);
      out.own_rests_on.push_back(price + ".lines_again");
      out.own_rests_on.push_back(fmt::format("{}.second_level_line", line.said_in));
    }
    const NodeId cpu{a.cpu};
    const NodeId memory{a.memory};
    out.stall_rests_on = {price + ".lines", fmt::format("machine.node.{}.latency", a.memory)};
    out.contention_rests_on = {fmt::format("machine.node.{}.bandwidth", a.memory)};
    for (const std::size_t link : topology_.route(cpu, memory)) {
      out.stall_rests_on.push_back(fmt::format("machine.link.{}.latency", link));
      out.contention_rests_on.push_back(fmt::format("machine.link.{}.bandwidth", link));
    }
    if (cost.access != cost::Access::dependent) {
      const auto misses =
          cost::misses_in_flight(cost.access, topology_.core(), scenario_.costs.core);
      out.stall_rests_on.push_back(
          fmt::format("{}.misses_in_flight_{}", misses.said_in, word(misses.as)));
    }
    out.contention_rests_on.emplace_back("machine.service_variability");
  }

  void stage(const Activity& a, TimeRow& out) const {
    const config::Hotplug& h = scenario_.hotplug[static_cast<std::size_t>(a.table)];
    const machine::Stage stage = h.stages(h.params.size).at(a.what);
    out.kind = "stage";
    out.name = stage.name;
    out.own_rests_on = {fmt::format("hotplug.{}.device.{}", a.table,
                                    stage.constant.empty() ? stage.name : stage.constant)};
  }

  void plain(const Activity& a, TimeRow& out) const {
    const Plain& p = plain_of(a.spent);
    out.kind = p.kind;
    out.name = p.name;
    std::string constant = p.constant;
    if (const auto n = constant.find(".N."); n != std::string::npos)
      constant.replace(n, 3, fmt::format(".{}.", a.table));
    if (!constant.empty()) out.own_rests_on = {constant};
  }

  const config::Scenario& scenario_;
  const machine::Topology& topology_;
};

void check_sum(const TimeOf& t, std::int64_t value) {
  SimTime sum;
  for (const Amounts& a : t.amounts) sum += a.time();
  MHP_INVARIANT(sum.value == value, "the ledger explains {} ns of {}, which is {} ns", sum.value,
                t.metric, value);
}

}  // namespace

std::string_view name_of(Spent spent) { return plain_of(spent).name; }

bool is_pause(Spent spent) { return plain_of(spent).kind == std::string_view("pause"); }

std::vector<TimeRow> time_rows(const Ledger& ledger, const config::Scenario& scenario,
                               const machine::Topology& topology) {
  std::vector<TimeRow> out;
  const Namer namer(scenario, topology);
  for (const Activity& a : ledger.rows()) out.push_back(namer.row(a));
  return out;
}

std::vector<TimeOf> times_of(const Ledger& ledger, const std::vector<Metric>& metrics) {
  std::vector<TimeOf> out;
  for (const MetricRecord& record : metric_records()) {
    if (!record.window) continue;
    const auto metric = std::find_if(metrics.begin(), metrics.end(),
                                     [&](const Metric& m) { return m.name == record.name; });
    if (metric == metrics.end() || !metric->value) continue;
    const auto amounts = ledger.between(record.window->from, record.window->to);
    MHP_INVARIANT(amounts.has_value(), "the ledger knows no end of {}", record.name);
    out.push_back({metric->name, *amounts});
    check_sum(out.back(), *metric->value);
  }
  if (const auto all = ledger.between(Mark::start, Mark::last_operation))
    out.push_back({"run", *all});
  return out;
}

}  // namespace mhp::run
