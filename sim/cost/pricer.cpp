#include "sim/cost/pricer.hpp"

#include <algorithm>

namespace mhp::cost {

namespace {

std::int64_t divided(__int128 n, __int128 by) {
  return static_cast<std::int64_t>((n + by / 2) / by);
}

/// Of picoseconds that are not negative. Few pieces of work need more than 64 bits of them, which
/// take ten times as long to divide.
struct Nanoseconds {
  std::int64_t whole;
  std::int64_t rest_ps;
};
Nanoseconds nanoseconds(__int128 ps) {
  const auto narrow = static_cast<std::int64_t>(ps);
  if (narrow == ps) return {narrow / 1000, narrow % 1000};
  return {static_cast<std::int64_t>(ps / 1000), static_cast<std::int64_t>(ps % 1000)};
}

/// At which clock a price holds.
std::int64_t clock_of(const PrimitiveCost& cost, const Core& priced) {
  return cost.clock != 0 ? cost.clock : priced.clock;
}

MissesInFlight first_said(std::int64_t machine, std::int64_t costs, Access as) {
  return machine != 0 ? MissesInFlight{machine, "machine.core", as}
                      : MissesInFlight{costs, "costs.core", as};
}

}  // namespace

MissesInFlight misses_in_flight(Access access, const machine::CoreParams& core,
                                const Core& priced) {
  switch (access) {
    case Access::locked:
      if (core.misses_in_flight_locked != 0)
        return {core.misses_in_flight_locked, "machine.core", access};
      [[fallthrough]];
    case Access::stream:
      return first_said(core.misses_in_flight_stream, priced.misses_in_flight_stream,
                        Access::stream);
    case Access::stride:
      return first_said(core.misses_in_flight_stride, priced.misses_in_flight_stride, access);
    case Access::dependent:
      break;
  }
  return {};
}

SecondLevelLine second_level_line(const machine::CoreParams& core, const Core& priced) {
  if (core.second_level_line >= 0) return {core.second_level_line, "machine.core"};
  return {priced.second_level_line, "costs.core"};
}

bool follows_clock(const PrimitiveCost& cost, const machine::CoreParams& core, const Core& priced) {
  return core.clock != 0 && clock_of(cost, priced) > 0;
}

// Queue lengths in parts of a customer.
Shared shared_core(Shared alone, std::int64_t threads) {
  constexpr __int128 kOne = 1 << 20;
  __int128 executing = 0;
  __int128 waiting = 0;
  Shared out = alone;
  for (std::int64_t n = 1; n <= threads; ++n) {
    out.own = alone.own + alone.own * executing / kOne;
    out.stall = alone.stall + alone.stall * waiting / kOne;
    const __int128 all = out.own + out.stall;
    if (all == 0) break;
    executing = n * kOne * out.own / all;
    waiting = n * kOne * out.stall / all;
  }
  return out;
}

Pricer::Pricer(const CostProfile& profile, const machine::Topology& topology, NodeId cpu_node,
               Bytes struct_page)
    : profile_(profile), topology_(topology), cpu_node_(cpu_node), struct_page_(struct_page) {
  for (std::size_t i = 0; i < kernel::kPrimitives; ++i)
    units_[i] = unit_of(cost_of(static_cast<kernel::Primitive>(i)));
}

PrimitiveCost Pricer::cost_of(kernel::Primitive primitive) const {
  PrimitiveCost cost = profile_.of(primitive);
  const std::int64_t size = struct_page_.value * 1000 / PrimitiveCost::kLineBytes;
  switch (kernel::part_of_struct_page(primitive)) {
    case kernel::StructPagePart::whole:
      cost.share = size;
      break;
    case kernel::StructPagePart::field:
      cost.share = std::min<std::int64_t>(size, 1000);
      break;
    case kernel::StructPagePart::none:
      break;
  }
  return cost;
}

// Of a line. At a clock that nobody knows it is left out.
std::int64_t Pricer::second_level_ps() const {
  const machine::CoreParams& core = topology_.core();
  const std::int64_t clock = core.clock != 0 ? core.clock : profile_.core.clock;
  if (clock == 0) return 0;
  const __int128 millicycles = second_level_line(core, profile_.core).millicycles;
  return divided(millicycles * 1'000'000, static_cast<__int128>(clock) * core.speed);
}

Pricer::Unit Pricer::unit_of(const PrimitiveCost& cost) const {
  const machine::CoreParams& core = topology_.core();
  const MissesInFlight in_flight = misses_in_flight(cost.access, core, profile_.core);
  __int128 cpu = static_cast<__int128>(cost.cpu.value) * 1000;
  __int128 speed = core.speed;
  if (follows_clock(cost, core, profile_.core)) {
    cpu *= clock_of(cost, profile_.core);
    speed *= core.clock;
  }
  return {divided(cpu, speed) + cost.lines_again * second_level_ps(),
          divided(cost.lines_permille() * 1'000'000, in_flight.permille),
          cost.lines_permille(),
          cost.access == Access::stream || cost.access == Access::locked,
          cost.writes,
          cost.traffic};
}

// Neighbours that are read in order come from one read of their unit. Lines go back when a cache
// needs the room, in an order of its own, so that each writes its whole unit.
Bytes Pricer::traffic(const Unit& unit, std::int64_t count, NodeId memory) const {
  const machine::Medium& medium = topology_.medium(memory);
  const std::int64_t lines = unit.lines_permille * count / 1000;
  if (medium.plain())
    return Bytes{lines * PrimitiveCost::kLineBytes * (unit.writes ? 2 : 1)} + unit.besides * count;
  const std::int64_t read = unit.in_order ? PrimitiveCost::kLineBytes : medium.unit.value;
  const __int128 written = unit.writes ? static_cast<__int128>(lines) * medium.unit.value : 0;
  return Bytes{lines * read} + unit.besides * count +
         Bytes{static_cast<std::int64_t>(written * medium.write_permille /
                                         machine::Medium::kAsDearAsARead)};
}

Price Pricer::price(kernel::Pass pass, std::int64_t count, NodeId memory, std::int64_t starts) {
  Unit unit = units_[static_cast<std::size_t>(pass.first)];
  if (pass.with != 0) {
    PrimitiveCost sum = cost_of(pass.first);
    std::int64_t cpu_ps = unit.cpu_ps;
    std::int64_t lines = sum.lines_permille();
    for (std::size_t i = 0; i < kernel::kPrimitives; ++i) {
      if ((pass.with >> i & 1) == 0) continue;
      const PrimitiveCost other = cost_of(static_cast<kernel::Primitive>(i));
      const bool more = other.lines_permille() > sum.lines_permille();
      cpu_ps += units_[i].cpu_ps;
      lines += other.lines_permille();
      if (other.access == Access::locked || (more && sum.access != Access::locked))
        sum.access = other.access;
      if (more) {
        sum.lines = other.lines;
        sum.share = other.share;
      }
      sum.writes = sum.writes || other.writes;
      sum.traffic += other.traffic;
    }
    unit = unit_of(sum);
    unit.cpu_ps = cpu_ps;
    if (starts > 0)
      unit.cpu_ps +=
          divided(static_cast<__int128>(lines - sum.lines_permille()) * second_level_ps(), 1000);
  }
  return price_units(unit, count, memory, starts);
}

Price Pricer::price_units(const Unit& unit, std::int64_t count, NodeId memory,
                          std::int64_t starts) {
  const NodeId where = memory.valid() ? memory : cpu_node_;
  const std::int64_t latency = topology_.latency(cpu_node_, where).value;
  const std::int64_t unit_stall_ps = (unit.lines_millionths * latency + 500) / 1000;
  // A thousandth of a miss at a latency in ns is a latency in ps.
  const __int128 starting = static_cast<__int128>(starts) * topology_.core().stream_start_misses;
  Shared work{static_cast<__int128>(count) * unit.cpu_ps,
              static_cast<__int128>(count) * unit_stall_ps + starting * latency};
  if (threads_ > 1) work = shared_core(work, threads_);
  const Nanoseconds all = nanoseconds(work.own + work.stall + carry_ps_);
  carry_ps_ = all.rest_ps;
  return {SimTime{all.whole}, traffic(unit, count, where), where,
          SimTime{nanoseconds(work.stall).whole}};
}

}  // namespace mhp::cost
