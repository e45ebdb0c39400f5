#include <utility>

#include "sim/machine/devices/device.hpp"

namespace mhp::machine {

namespace virtio_mem_device {
namespace {

/// A virtio-mem device whose requested size grows: the event reaches the guest once, and every
/// block is asked for before it is added. What it takes back when it shrinks is the host's work
/// (unplug_request, nested_zap).
struct VirtioMemParams {
  std::string kind;
  std::string doc;
  SimTime notification{0};
  SimTime request{0};
};

ParamSet<VirtioMemParams> virtio_mem_params() {
  using P = VirtioMemParams;
  ParamSet<P> set;
  set.add("kind", &P::kind, {.doc = "device model", .required = true})
      .add("doc", &P::doc, {.doc = "what the device stands for"})
      .add("notification", &P::notification,
           {.doc = "from the hypervisor's request to the driver's work item",
            .linux_name = "virtio_mem_config_changed()",
            .min = SimTime{0}})
      .add("request", &P::request,
           {.doc = "asking the hypervisor for one memory block, until it has answered",
            .linux_name = "virtio_mem_send_plug_request()",
            .min = SimTime{0}});
  return set;
}

StagePlan configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                    std::vector<ParamValue>* used) {
  VirtioMemParams p;
  static const ParamSet<VirtioMemParams> params = virtio_mem_params();
  params.read(table, p, errors, used, prefix);
  return [p = std::move(p)](Bytes /*size*/) {
    return std::vector<Stage>{{"notification", p.notification}, {"request", p.request, {}, true}};
  };
}

}  // namespace
}  // namespace virtio_mem_device

void register_device_virtio_mem(DeviceRegistry& registry) {
  registry.add({"virtio_mem",
                "a virtio-mem device: notification, then a plug request for every memory block",
                [](std::string_view prefix) {
                  return virtio_mem_device::virtio_mem_params().describe(prefix);
                },
                virtio_mem_device::configure});
}

}  // namespace mhp::machine
