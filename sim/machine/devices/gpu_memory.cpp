#include <utility>

#include "sim/machine/devices/device.hpp"

namespace mhp::machine {

namespace gpu_memory_device {
namespace {

/// Memory of a GPU that is coherent with the processors' (Grace Hopper): it is there when the
/// machine is switched on, but becomes system RAM only when the GPU's driver has brought the GPU
/// up, and has cleared it.
struct GpuMemoryParams {
  std::string kind;
  std::string doc;
  SimTime initialisation{0};
  BytesPerSecond clear_rate{0};
};

ParamSet<GpuMemoryParams> gpu_memory_params() {
  using P = GpuMemoryParams;
  ParamSet<P> set;
  set.add("kind", &P::kind, {.doc = "device model", .required = true})
      .add("doc", &P::doc, {.doc = "what the device stands for"})
      .add("initialisation", &P::initialisation,
           {.doc = "from the driver's start until the GPU's own firmware runs and its memory and "
                   "link can be used",
            .min = SimTime{0}})
      .add("clear_rate", &P::clear_rate,
           {.doc = "rate at which the GPU clears its memory before the driver adds it; 0: it does "
                   "not",
            .min = BytesPerSecond{0}});
  return set;
}

StagePlan configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                    std::vector<ParamValue>* used) {
  GpuMemoryParams p;
  static const ParamSet<GpuMemoryParams> params = gpu_memory_params();
  params.read(table, p, errors, used, prefix);
  return [p = std::move(p)](Bytes size) {
    const bool clears = p.clear_rate.value > 0;
    return std::vector<Stage>{
        {"initialisation", p.initialisation},
        {"clear", clears ? time_of(size, p.clear_rate) : SimTime{}, "clear_rate"}};
  };
}

}  // namespace
}  // namespace gpu_memory_device

void register_device_gpu_memory(DeviceRegistry& registry) {
  registry.add({"gpu_memory",
                "memory of a GPU behind a coherent link: the driver brings the GPU up and adds it",
                [](std::string_view prefix) {
                  return gpu_memory_device::gpu_memory_params().describe(prefix);
                },
                gpu_memory_device::configure});
}

}  // namespace mhp::machine
