#include "sim/cost/cost_profile.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mhp::cost {

namespace {

ParamSet<PrimitiveCost> primitive_params() {
  using P = PrimitiveCost;
  ParamSet<P> set;
  set.add("cpu", &P::cpu,
          {.doc = "time of one unit that does not depend on where the memory lies",
           .required = true})
      .add("lines", &P::lines,
           {.doc = "cache lines of 64 bytes that one unit touches and that are not cached",
            .min = 0,
            .max = 1'000'000})
      .add("access", &P::access, {.doc = "how the misses of one unit and of the next overlap"})
      .add("writes", &P::writes,
           {.doc = "the lines are written: fetched for ownership and written back"})
      .add("traffic", &P::traffic,
           {.doc = "bytes that one unit moves besides its lines, without waiting for them",
            .min = Bytes{0},
            .max = Bytes{kGiB}})
      .add("clock", &P::clock,
           {.doc = "clock in MHz of the core on which `cpu` was measured; 0: that of the profile's "
                   "core; -1: `cpu` does not depend on a clock",
            .min = PrimitiveCost::kClockless,
            .max = 10'000,
            .basis = "choice"})
      .add("lines_again", &P::lines_again,
           {.doc = "lines that one unit touches once more, when its batch of 1024 has left the "
                   "first-level cache and is still in the second",
            .min = 0,
            .max = 1'000'000});
  return set;
}

ParamSet<GeneralCosts> general_params() {
  using P = GeneralCosts;
  ParamSet<P> set;
  set.add("name", &P::name, {.doc = "what the profile is called in reports", .required = true})
      .add("rcu_grace_period", &P::rcu_grace_period,
           {.doc = "wait of the first writer of mem_hotplug_lock in a burst",
            .linux_name = "synchronize_rcu()",
            .min = SimTime{0}})
      .add("rcu_expedited_grace_period", &P::rcu_expedited_grace_period,
           {.doc = "wait for all readers before a block goes offline",
            .linux_name = "synchronize_rcu_expedited()",
            .min = SimTime{0}})
      .add(
          "sysfs_lock_poll", &P::sysfs_lock_poll,
          {.doc = "pause of a write to sysfs that finds device_hotplug_lock taken, before it tries "
                  "again",
           .linux_name = "lock_device_hotplug_sysfs()",
           .min = SimTime{1}});
  set.subtable("core");
  for (const auto name : kernel::kPrimitiveNames) set.subtable(std::string(name));
  return set;
}

ParamSet<Core> core_params() {
  using P = Core;
  ParamSet<P> set;
  set.add("misses_in_flight_stream", &P::misses_in_flight_stream,
          {.doc = "cache misses that the core of the prices overlaps when it passes over memory in "
                  "order, in 1/1000",
           .required = true,
           .min = 1000,
           .max = 1'000'000})
      .add("misses_in_flight_stride", &P::misses_in_flight_stride,
           {.doc = "cache misses that the core of the prices overlaps at known addresses far "
                   "apart, in 1/1000",
            .required = true,
            .min = 1000,
            .max = 1'000'000})
      .add(
          "clock", &P::clock,
          {.doc = "clock in MHz at which the CPU times hold; on a machine that states its own they "
                  "change in proportion; 0: not known",
           .min = 0,
           .max = 10'000,
           .basis = "choice"})
      .add(
          "second_level_line", &P::second_level_line,
          {.doc = "what a line that is read and written takes longer out of the second-level cache "
                  "than out of the first, in 1/1000 of a cycle at `clock`",
           .min = 0,
           .max = 1'000'000});
  return set;
}

const ParamSet<PrimitiveCost>& price_params() {
  static const ParamSet<PrimitiveCost> params = primitive_params();
  return params;
}

}  // namespace

CostProfile read_cost_profile(const Value& table, Diagnostics& errors,
                              std::vector<ParamValue>* used) {
  static const ParamSet<GeneralCosts> general = general_params();
  static const ParamSet<Core> core = core_params();
  CostProfile profile;
  general.read(table, profile.general, errors, used, "costs");
  if (const Value* entry = table.find("core"))
    core.read(*entry, profile.core, errors, used, "costs.core");
  else
    errors.push_back({table.where, "nothing is said of the core that the prices are for",
                      "add a table [core] with 'misses_in_flight_stream' and "
                      "'misses_in_flight_stride', in 1/1000"});
  for (std::size_t i = 0; i < kernel::kPrimitives; ++i) {
    const std::string name(kernel::kPrimitiveNames[i]);
    const Value* entry = table.find(name);
    if (entry == nullptr) {
      errors.push_back({table.where, fmt::format("no price for '{}'", name),
                        fmt::format("add a table [{}] with 'cpu'", name)});
      continue;
    }
    price_params().read(*entry, profile.primitives[i], errors, used, "costs." + name);
  }
  return profile;
}

bool read_price(const Value& table, std::string_view primitive, std::string_view name,
                CostProfile& profile, Diagnostics& errors) {
  const auto* found =
      std::find(kernel::kPrimitiveNames.begin(), kernel::kPrimitiveNames.end(), primitive);
  if (found == kernel::kPrimitiveNames.end()) return false;
  const std::string key(primitive);
  const Value* entry = table.find(key);
  auto& price =
      profile.primitives[static_cast<std::size_t>(found - kernel::kPrimitiveNames.begin())];
  return entry != nullptr && price_params().read_one(*entry, name, price, errors, "costs." + key);
}

std::vector<ParamInfo> describe_cost_profile() {
  std::vector<ParamInfo> all = general_params().describe("costs");
  for (const auto& some :
       {core_params().describe("costs.core"), primitive_params().describe("costs.PRIMITIVE")})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace mhp::cost
