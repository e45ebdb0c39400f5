#include <utility>

#include "sim/machine/devices/device.hpp"

namespace mhp::machine {

namespace dimm_device {
namespace {

/// A DIMM, or a board of them, that is powered up in a running machine. Every stage is a parameter;
/// the data file says which are published and which are assumed.
struct DimmParams {
  std::string kind;
  std::string doc;
  SimTime insertion{0};
  SimTime power{0};
  SimTime training{0};
  BytesPerSecond scrub_rate{10'000'000'000};
  SimTime notification{0};
};

ParamSet<DimmParams> dimm_params() {
  using P = DimmParams;
  ParamSet<P> set;
  set.add("kind", &P::kind, {.doc = "device model", .required = true})
      .add("doc", &P::doc, {.doc = "what the device stands for"})
      .add("insertion", &P::insertion,
           {.doc = "seating the module and raising the attention signal", .min = SimTime{0}})
      .add("power", &P::power, {.doc = "power-up and reset of the slot", .min = SimTime{0}})
      .add("training", &P::training, {.doc = "memory training by firmware", .min = SimTime{0}})
      .add("scrub_rate", &P::scrub_rate,
           {.doc = "rate at which firmware writes the memory once (ECC initialisation)",
            .min = BytesPerSecond{1'000'000}})
      .add("notification", &P::notification,
           {.doc = "from the firmware's event to the ACPI notification in the kernel",
            .min = SimTime{0}});
  return set;
}

StagePlan configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                    std::vector<ParamValue>* used) {
  DimmParams p;
  static const ParamSet<DimmParams> params = dimm_params();
  params.read(table, p, errors, used, prefix);
  return [p = std::move(p)](Bytes size) {
    return std::vector<Stage>{{"insertion", p.insertion},
                              {"power", p.power},
                              {"training", p.training},
                              {"scrub", time_of(size, p.scrub_rate), "scrub_rate"},
                              {"notification", p.notification}};
  };
}

}  // namespace
}  // namespace dimm_device

void register_device_dimm(DeviceRegistry& registry) {
  registry.add({"dimm",
                "a DIMM or memory board: insertion, power, training, scrub, ACPI notification",
                [](std::string_view prefix) { return dimm_device::dimm_params().describe(prefix); },
                dimm_device::configure});
}

}  // namespace mhp::machine
