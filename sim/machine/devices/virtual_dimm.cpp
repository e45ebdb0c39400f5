#include <utility>

#include "sim/machine/devices/device.hpp"

namespace mhp::machine {

namespace virtual_dimm_device {
namespace {

/// A DIMM that a hypervisor adds to its guest: nothing electrical, a command, perhaps host memory
/// touched beforehand, and an event.
struct VirtualDimmParams {
  std::string kind;
  std::string doc;
  SimTime device_add{0};
  BytesPerSecond populate_rate{0};
  SimTime notification{0};
};

ParamSet<VirtualDimmParams> virtual_dimm_params() {
  using P = VirtualDimmParams;
  ParamSet<P> set;
  set.add("kind", &P::kind, {.doc = "device model", .required = true})
      .add("doc", &P::doc, {.doc = "what the device stands for"})
      .add("device_add", &P::device_add,
           {.doc = "the hypervisor's command: backend mapped, slot filled", .min = SimTime{0}})
      .add("populate_rate", &P::populate_rate,
           {.doc = "rate at which the hypervisor touches the memory before the guest sees it "
                   "(prealloc); 0: it does not",
            .min = BytesPerSecond{0}})
      .add("notification", &P::notification,
           {.doc = "from the event to the ACPI notification in the guest's kernel",
            .linux_name = "acpi_memory_device_add()",
            .min = SimTime{0}});
  return set;
}

StagePlan configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                    std::vector<ParamValue>* used) {
  VirtualDimmParams p;
  static const ParamSet<VirtualDimmParams> params = virtual_dimm_params();
  params.read(table, p, errors, used, prefix);
  return [p = std::move(p)](Bytes size) {
    const bool populates = p.populate_rate.value > 0;
    return std::vector<Stage>{
        {"device_add", p.device_add},
        {"populate", populates ? time_of(size, p.populate_rate) : SimTime{}, "populate_rate"},
        {"notification", p.notification}};
  };
}

}  // namespace
}  // namespace virtual_dimm_device

void register_device_virtual_dimm(DeviceRegistry& registry) {
  registry.add({"virtual_dimm",
                "a DIMM of a guest: the hypervisor's command, perhaps prealloc, ACPI notification",
                [](std::string_view prefix) {
                  return virtual_dimm_device::virtual_dimm_params().describe(prefix);
                },
                virtual_dimm_device::configure});
}

}  // namespace mhp::machine
