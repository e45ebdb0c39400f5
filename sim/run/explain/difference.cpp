#include "sim/run/explain/difference.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

namespace mhp::run {

namespace {

struct Key {
  std::string phase, kind, name;
  auto operator<=>(const Key&) const = default;
};

std::map<Key, Amounts> by_name(const TimeTable& table, const TimeOf& of) {
  std::map<Key, Amounts> out;
  for (std::size_t i = 0; i < of.amounts.size(); ++i) {
    const TimeRow& row = table.rows[i];
    Amounts& sum = out[{row.phase, row.kind, row.name}];
    sum.units += of.amounts[i].units;
    sum.own += of.amounts[i].own;
    sum.stall += of.amounts[i].stall;
    sum.contention += of.amounts[i].contention;
  }
  return out;
}

std::int64_t each_ps(SimTime time, std::int64_t units) {
  if (units == 0) return 0;
  return static_cast<std::int64_t>(static_cast<__int128>(time.value) * 1000 / units);
}

/// What `units` more cost at the price of whichever run has any.
SimTime at_price(std::int64_t units, SimTime a, std::int64_t units_a, SimTime b,
                 std::int64_t units_b) {
  const bool first = units_a != 0;
  const std::int64_t base = first ? units_a : units_b;
  if (base == 0) return SimTime{};
  const __int128 time = static_cast<__int128>((first ? a : b).value) * units / base;
  return SimTime{static_cast<std::int64_t>(time)};
}

void put(std::vector<Mechanism>& out, Mechanism::Kind kind, const Key& key, SimTime time,
         const Amounts& a, const Amounts& b, SimTime each_a, SimTime each_b) {
  if (time.value != 0)
    out.push_back({kind, key.phase, key.name, time, a.units, b.units, each_ps(each_a, a.units),
                   each_ps(each_b, b.units)});
}

void work(std::vector<Mechanism>& out, const Key& key, const Amounts& a, const Amounts& b) {
  using K = Mechanism::Kind;
  const std::int64_t more = b.units - a.units;
  const SimTime own = at_price(more, a.own, a.units, b.own, b.units);
  const SimTime stall = at_price(more, a.stall, a.units, b.stall, b.units);
  put(out, K::count, key, own + stall, a, b, a.own + a.stall, b.own + b.stall);
  put(out, K::price, key, b.own - a.own - own, a, b, a.own, b.own);
  put(out, K::latency, key, b.stall - a.stall - stall, a, b, a.stall, b.stall);
  put(out, K::contention, key, b.contention - a.contention, a, b, a.contention, b.contention);
}

}  // namespace

std::vector<Mechanism> difference_of(const TimeTable& a, const TimeOf& of_a, const TimeTable& b,
                                     const TimeOf& of_b) {
  std::map<Key, std::pair<Amounts, Amounts>> both;
  for (const auto& [key, amounts] : by_name(a, of_a)) both[key].first = amounts;
  for (const auto& [key, amounts] : by_name(b, of_b)) both[key].second = amounts;
  std::vector<Mechanism> out;
  for (const auto& [key, x] : both) {
    if (key.kind == "work")
      work(out, key, x.first, x.second);
    else
      put(out, Mechanism::Kind::wait, key, x.second.time() - x.first.time(), x.first, x.second,
          x.first.time(), x.second.time());
  }
  std::stable_sort(out.begin(), out.end(), [](const Mechanism& x, const Mechanism& y) {
    return std::abs(x.time.value) > std::abs(y.time.value);
  });
  return out;
}

const char* mechanism_name(Mechanism::Kind kind) {
  constexpr std::array kNames{"count", "price", "latency", "contention", "wait"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace mhp::run
