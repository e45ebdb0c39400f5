#include <utility>

#include "sim/machine/devices/device.hpp"

namespace mhp::machine {

namespace lmb_device {
namespace {

/// Logical memory blocks that a POWER hypervisor gives to a partition: the management console's
/// request, drmgr, and for every block the firmware calls that acquire it.
struct LmbParams {
  std::string kind;
  std::string doc;
  SimTime assignment{0};
  SimTime drmgr{0};
  SimTime acquire{0};
};

ParamSet<LmbParams> lmb_params() {
  using P = LmbParams;
  ParamSet<P> set;
  set.add("kind", &P::kind, {.doc = "device model", .required = true})
      .add("doc", &P::doc, {.doc = "what the device stands for"})
      .add("assignment", &P::assignment,
           {.doc = "the hypervisor takes the memory from its pool and tells the partition",
            .min = SimTime{0}})
      .add("drmgr", &P::drmgr,
           {.doc = "drmgr in the partition, until its request is with the kernel",
            .min = SimTime{0}})
      .add("acquire", &P::acquire,
           {.doc = "firmware calls for one block: its state, allocation, isolation and properties",
            .linux_name = "dlpar_acquire_drc()",
            .min = SimTime{0}});
  return set;
}

StagePlan configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                    std::vector<ParamValue>* used) {
  LmbParams p;
  static const ParamSet<LmbParams> params = lmb_params();
  params.read(table, p, errors, used, prefix);
  return [p = std::move(p)](Bytes /*size*/) {
    return std::vector<Stage>{
        {"assignment", p.assignment}, {"drmgr", p.drmgr}, {"acquire", p.acquire, {}, true}};
  };
}

}  // namespace
}  // namespace lmb_device

void register_device_lmb(DeviceRegistry& registry) {
  registry.add({"lmb", "logical memory blocks: assignment, drmgr, firmware calls for every block",
                [](std::string_view prefix) { return lmb_device::lmb_params().describe(prefix); },
                lmb_device::configure});
}

}  // namespace mhp::machine
