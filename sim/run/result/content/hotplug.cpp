#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

void hotplug(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  const auto& ops = r.operations;
  Texts reasons;
  for (const Operation& op : ops) reasons.push_back(op.reason);
  file.group("hotplug")
      .coordinate("op", count_up(ops.size()), "1", "operation, in the order in which they ended")
      .variable("kind", {"op"},
                flags(ops, all_words<Operation::Kind>(), [](const Operation& o) { return o.kind; }),
                "1", "what was done")
      .variable("device", {"op"}, column(ops, [](const Operation& o) { return o.device; }), "1",
                "device, in the order of insertion")
      .variable("block", {"op"}, column(ops, [](const Operation& o) { return o.block.value; }), "1",
                "memory block; -1 for a whole device")
      .variable("node", {"op"}, column(ops, [](const Operation& o) { return o.node.value; }), "1",
                "node of the memory")
      .variable("submitted", {"op"},
                column(ops, [](const Operation& o) { return o.submitted.value; }), "ns",
                "when it was asked for")
      .variable("started", {"op"}, column(ops, [](const Operation& o) { return o.started.value; }),
                "ns", "when device_hotplug_lock was granted")
      .variable("finished", {"op"},
                column(ops, [](const Operation& o) { return o.finished.value; }), "ns",
                "when it ended")
      .variable(
          "result", {"op"},
          flags(ops, all_words<kernel::Status>(), [](const Operation& o) { return o.status; }), "1",
          "what the kernel returned")
      .variable("failure_reason", {"op"}, std::move(reasons), "1",
                "what stood in the way; empty for success");
}

}  // namespace mhp::run::content
