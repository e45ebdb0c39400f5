#include <cmath>

#include "sim/run/recording/recording.hpp"
#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

namespace {

record::Data data_of(const std::vector<double>& values, bool whole) {
  if (!whole) return values;
  return column(values, [](double v) { return static_cast<std::int64_t>(std::llround(v)); });
}

}  // namespace

void series(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  if (!r.recording) return;
  const SeriesRecord& s = r.recording->series;
  Group& g = file.group("series");
  g.coordinate("time", column(s.time, [](SimTime t) { return t.value; }), "ns",
               "end of the bucket; the first is the start of the run")
      .coordinate("node", count_up(r.nodes), "1", "NUMA node")
      .coordinate("zone", zone_names(), "1", "zone type")
      .coordinate("lock", s.locks, "1", "lock")
      .coordinate("resource", s.resources, "1", "memory controller or link")
      .coordinate("workload", s.workloads, "1", "workload");
  for (const SeriesQuantity& q : s.quantities) {
    Texts axes{"time"};
    axes.insert(axes.end(), q.axes.begin(), q.axes.end());
    const record::Attributes kind{{"kind", std::string(word(q.kind))}};
    g.variable(q.name, axes, data_of(q.values, q.whole), q.units, q.long_name, kind);
    if (q.least.empty()) continue;
    g.variable(q.name + "_min", axes, data_of(q.least, q.whole), q.units,
               "least within the bucket: " + q.long_name)
        .variable(q.name + "_max", axes, data_of(q.most, q.whole), q.units,
                  "most within the bucket: " + q.long_name);
  }
}

}  // namespace mhp::run::content
