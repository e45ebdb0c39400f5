#include "sim/report/reasons.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "sim/report/numbers.hpp"
#include "sim/run/explain/difference.hpp"
#include "sim/run/explain/resting.hpp"

namespace mhp::report {

namespace {

SimTime value_of(const run::TimeOf& of) {
  SimTime all;
  for (const run::Amounts& a : of.amounts) all += a.time();
  return all;
}

/// What most of a row's time rests on.
std::string basis_of_row(const run::TimeRow& row, const run::Amounts& a,
                         const run::Constants& constants) {
  const auto* paths = &row.own_rests_on;
  if (a.stall > a.own && a.stall >= a.contention)
    paths = &row.stall_rests_on;
  else if (a.contention > a.own)
    paths = &row.contention_rests_on;
  return run::basis_of(constants.weakest(*paths));
}

ordered_json steps_of(const RunInput& a, const run::TimeOf& of_a, const RunInput& b,
                      const run::TimeOf& of_b) {
  ordered_json out = ordered_json::array();
  for (const run::Mechanism& m : run::difference_of(a.run.times, of_a, b.run.times, of_b))
    out.push_back({{"kind", run::mechanism_name(m.kind)},
                   {"phase", m.phase},
                   {"name", m.name},
                   {"time", m.time.value},
                   {"units_from", m.units_a},
                   {"units_to", m.units_b},
                   {"each_from_ps", m.each_a_ps},
                   {"each_to_ps", m.each_b_ps}});
  return out;
}

ordered_json rows_of(const RunInput& run, const run::TimeOf& of, const run::Constants& constants) {
  const auto& rows = run.run.times.rows;
  std::vector<std::size_t> order(of.amounts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return of.amounts[a].time() > of.amounts[b].time();
  });
  ordered_json out = ordered_json::array();
  for (const std::size_t i : order) {
    const run::Amounts& a = of.amounts[i];
    if (a.own.value == 0 && a.stall.value == 0 && a.contention.value == 0) continue;
    ordered_json row{{"phase", rows[i].phase}, {"kind", rows[i].kind}, {"name", rows[i].name}};
    if (rows[i].memory >= 0) row["memory"] = rows[i].memory;
    if (rows[i].cpu >= 0) row["cpu"] = rows[i].cpu;
    row["units"] = a.units;
    row["time"] = a.time().value;
    row["own"] = a.own.value;
    row["stall"] = a.stall.value;
    row["contention"] = a.contention.value;
    row["basis"] = basis_of_row(rows[i], a, constants);
    out.push_back(std::move(row));
  }
  return out;
}

/// The runs that are explained: the first replicate of each column.
std::vector<const RunInput*> explained(const Inputs& in) {
  std::vector<const RunInput*> out;
  for (const std::string& column : in.columns) out.push_back(in.of(column).front());
  return out;
}

}  // namespace

ordered_json reasons_of(const Inputs& in) {
  const auto runs = explained(in);
  ordered_json out = ordered_json::array();
  const RunInput& a = *runs.front();
  for (std::size_t i = 1; i < runs.size(); ++i)
    for (const run::TimeOf& of_a : a.run.times.metrics) {
      const RunInput& b = *runs[i];
      const run::TimeOf* of_b = b.run.find(of_a.metric);
      if (of_b == nullptr) continue;
      const SimTime from = value_of(of_a), to = value_of(*of_b);
      out.push_back({{"metric", of_a.metric},
                     {"from", {{"placement", a.column}, {"value", from.value}}},
                     {"to", {{"placement", b.column}, {"value", to.value}}},
                     {"difference", (to - from).value},
                     {"steps", steps_of(a, of_a, b, *of_b)}});
    }
  return out;
}

ordered_json parts_of(const Inputs& in) {
  ordered_json out = ordered_json::array();
  for (const RunInput* run : explained(in)) {
    const run::Constants constants(run->run.used);
    for (const run::TimeOf& of : run->run.times.metrics)
      out.push_back({{"placement", run->column},
                     {"metric", of.metric},
                     {"value", value_of(of).value},
                     {"rows", rows_of(*run, of, constants)}});
  }
  return out;
}

ordered_json resting_of(const Inputs& in) {
  ordered_json out = ordered_json::array();
  for (const RunInput* run : explained(in)) {
    const run::Constants constants(run->run.used);
    for (const run::TimeOf& of : run->run.times.metrics) {
      ordered_json bases = ordered_json::object();
      for (const auto& [basis, time] :
           run::resting_of(run->run.times.rows, of.amounts, constants).by_basis)
        bases[basis] = time.value;
      out.push_back({{"placement", run->column}, {"metric", of.metric}, {"by_basis", bases}});
    }
  }
  return out;
}

ordered_json assumptions_of(const Inputs& in, const std::string& metric) {
  struct Shares {
    const ParamValue* constant = nullptr;
    std::map<std::string, double> of;
    double largest = 0;
  };
  std::map<std::string, Shares> found;
  const auto runs = explained(in);
  for (const RunInput* run : runs) {
    const run::TimeOf* of = run->run.find(metric);
    if (of == nullptr) continue;
    const run::Constants constants(run->run.used);
    const auto resting = run::resting_of(run->run.times.rows, of->amounts, constants);
    for (const auto& [path, time] : resting.by_constant) {
      Shares& s = found[path];
      if (s.constant == nullptr) s.constant = constants.find(path);
      const double share =
          static_cast<double>(time.value) / static_cast<double>(resting.time.value);
      s.of[run->column] = share;
      s.largest = std::max(s.largest, share);
    }
  }
  std::vector<const Shares*> order;
  for (const auto& [path, shares] : found)
    if (shares.constant != nullptr) order.push_back(&shares);
  std::stable_sort(order.begin(), order.end(),
                   [](const Shares* a, const Shares* b) { return a->largest > b->largest; });
  ordered_json out = ordered_json::array();
  for (const Shares* s : order) {
    const ParamValue& p = *s->constant;
    ordered_json entry{{"name", p.name},   {"value", p.value},   {"unit", word(p.unit)},
                       {"basis", p.basis}, {"source", p.source}, {"data", p.data}};
    if (p.range) {
      entry["low"] = p.range->low;
      entry["high"] = p.range->high;
    }
    for (const auto& [column, share] : s->of) entry["share"][column] = number_json(share);
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace mhp::report
