#include "sim/run/recording/recording.hpp"
#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

void latency(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  if (!r.recording) return;
  using Of = LatencyRecord::Of;
  using Bin = LatencyRecord::Bin;
  const LatencyRecord& l = r.recording->latency;
  Ints operations;
  for (const Of& of : l.workloads)
    operations.insert(operations.end(), of.operations.begin(), of.operations.end());
  file.group("latency")
      .coordinate("workload", texts(l.workloads, [](const Of& of) { return of.workload; }), "1",
                  "workload")
      .coordinate("bin", column(l.bins, [](const Bin& b) { return b.first; }), "ns",
                  "least latency of the bin")
      .variable("bin_end", {"bin"}, column(l.bins, [](const Bin& b) { return b.end; }), "ns",
                "least latency beyond the bin")
      .variable("operations", {"workload", "bin"}, std::move(operations), "1",
                "operations that took so long")
      .variable("latency_max", {"workload"},
                column(l.workloads, [](const Of& of) { return of.most.value; }), "ns",
                "the longest of them; 0 if there are none")
      .variable("latency_sum", {"workload"},
                column(l.workloads, [](const Of& of) { return of.sum.value; }), "ns",
                "sum of their latencies");
}

}  // namespace mhp::run::content
