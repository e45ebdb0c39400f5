#include <fmt/format.h>

#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

namespace {

Group& amounts(Group& g, const TimeTable& t) {
  const auto put = [&](const char* name, const char* unit, auto amount, const char* long_name) {
    Ints data;
    for (const TimeOf& m : t.metrics)
      for (const Amounts& a : m.amounts) data.push_back(amount(a));
    g.variable(name, {"metric", "row"}, std::move(data), unit, long_name);
  };
  put(
      "units", "1", [](const Amounts& a) { return a.units; },
      "units of work, or times it happened");
  put(
      "time", "ns", [](const Amounts& a) { return a.time().value; },
      "time that it took; the rows add up to the metric");
  put(
      "own", "ns", [](const Amounts& a) { return a.own.value; },
      "of it the CPU time of work; of all else the whole");
  put(
      "stall", "ns", [](const Amounts& a) { return a.stall.value; },
      "of it latency of memory on an idle machine");
  put(
      "contention", "ns", [](const Amounts& a) { return a.contention.value; },
      "of it what others' traffic made it longer");
  return g;
}

}  // namespace

void ledger(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  const auto text = [&](auto field) {
    Texts out;
    for (const TimeRow& row : r.times.rows) out.push_back(field(row));
    return out;
  };
  const auto words = [](const std::vector<std::string>& list) {
    return fmt::format("{}", fmt::join(list, " "));
  };
  Texts names;
  for (const TimeOf& m : r.times.metrics) names.push_back(m.metric);
  const auto& rows = r.times.rows;
  Group& g = file.group("ledger");
  g.coordinate("metric", std::move(names), "1", "metric that is explained; run: from the start on")
      .coordinate("row", count_up(rows.size()), "1", "what time was spent on")
      .variable("phase", {"row"}, text([](const TimeRow& x) { return x.phase; }), "1",
                "part of the hot-plug")
      .variable("kind", {"row"}, text([](const TimeRow& x) { return x.kind; }), "1",
                "work, wait, stage of a device or pause of the scenario")
      .variable("name", {"row"}, text([](const TimeRow& x) { return x.name; }), "1",
                "primitive, condition, stage or pause")
      .variable("memory", {"row"}, column(rows, [](const TimeRow& x) { return x.memory; }), "1",
                "node whose memory the work touched; -1 for none")
      .variable("cpu", {"row"}, column(rows, [](const TimeRow& x) { return x.cpu; }), "1",
                "node of the processor; -1 for none")
      .variable("own_rests_on", {"row"},
                text([&](const TimeRow& x) { return words(x.own_rests_on); }), "1",
                "parameters that 'own' rests on, the price first")
      .variable("stall_rests_on", {"row"},
                text([&](const TimeRow& x) { return words(x.stall_rests_on); }), "1",
                "parameters that 'stall' rests on")
      .variable("contention_rests_on", {"row"},
                text([&](const TimeRow& x) { return words(x.contention_rests_on); }), "1",
                "parameters that 'contention' rests on");
  amounts(g, r.times);
}

}  // namespace mhp::run::content
