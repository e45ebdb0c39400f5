#include "sim/run/recording/recording.hpp"
#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

void traffic(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  if (!r.recording) return;
  using T = TrafficRecord;
  const auto& all = r.recording->traffic;
  const auto bytes = [&](double T::*field) {
    std::vector<double> out;
    for (const T& t : all) out.push_back(t.*field);
    return out;
  };
  file.group("traffic")
      .coordinate("resource", texts(all, [](const T& t) { return t.name; }), "1",
                  "memory controller or link")
      .variable("kind", {"resource"},
                flags(all, {"controller", "link"}, [](const T& t) { return t.link ? 1 : 0; }), "1",
                "what it is")
      .variable("from", {"resource"}, column(all, [](const T& t) { return t.from.value; }), "1",
                "node; of a link one of the two")
      .variable("to", {"resource"}, column(all, [](const T& t) { return t.to.value; }), "1",
                "node; of a link the other")
      .variable("capacity", {"resource"}, column(all, [](const T& t) { return t.capacity.value; }),
                "byte/s", "what it can move")
      .variable("moved", {"resource"}, bytes(&T::moved), "byte", "bytes moved in the run")
      .variable("moved_by_kernel", {"resource"}, bytes(&T::by_kernel), "byte",
                "of these, for work of the kernel; the rest is what processes read and wrote")
      .variable("busy", {"resource"}, column(all, [](const T& t) { return t.busy.value; }), "ns",
                "time during which something moved");
}

}  // namespace mhp::run::content
