#include <utility>

#include "sim/machine/devices/device.hpp"

namespace mhp::machine {

namespace cxl_expander_device {
namespace {

/// A CXL Type 3 memory expander that is plugged into a running machine and becomes system RAM: the
/// PCIe link, the device's own memory, its tables, the decoders on the way, the region, the driver.
struct CxlExpanderParams {
  std::string kind;
  std::string doc;
  SimTime insertion{0};
  SimTime power{0};
  SimTime link_training{0};
  SimTime media_ready{0};
  std::int64_t doe_exchanges{1};
  SimTime doe_exchange{0};
  std::int64_t decoders{1};
  SimTime decoder_commit{0};
  SimTime region{0};
  SimTime binding{0};
};

ParamSet<CxlExpanderParams> cxl_expander_params() {
  using P = CxlExpanderParams;
  ParamSet<P> set;
  set.add("kind", &P::kind, {.doc = "device model", .required = true})
      .add("doc", &P::doc, {.doc = "what the device stands for"})
      .add("insertion", &P::insertion,
           {.doc = "seating the device and the slot's attention signal", .min = SimTime{0}})
      .add("power", &P::power, {.doc = "power-up of the slot", .min = SimTime{0}})
      .add("link_training", &P::link_training,
           {.doc = "from reset until the link carries configuration requests", .min = SimTime{0}})
      .add("media_ready", &P::media_ready,
           {.doc = "from the link until the device's own memory is initialised",
            .linux_name = "cxl_await_media_ready()",
            .min = SimTime{0}})
      .add("doe_exchanges", &P::doe_exchanges,
           {.doc = "exchanges of the data object mailbox that read the coherent device attribute "
                   "table: one an entry",
            .linux_name = "read_cdat_data()",
            .min = 0,
            .max = 65'536})
      .add("doe_exchange", &P::doe_exchange,
           {.doc = "one exchange of the data object mailbox",
            .linux_name = "pci_doe()",
            .min = SimTime{0},
            .max = SimTime{3'600'000'000'000}})
      .add("decoders", &P::decoders,
           {.doc = "decoders between the host bridge and the device's memory that are committed, "
                   "one after the other",
            .linux_name = "cxl_region_decode_commit()",
            .min = 0,
            .max = 65'536})
      .add("decoder_commit", &P::decoder_commit,
           {.doc = "one decoder, until the hardware reports it committed",
            .linux_name = "cxld_await_commit()",
            .min = SimTime{0},
            .max = SimTime{3'600'000'000'000}})
      .add("region", &P::region,
           {.doc = "user space creates the region (cxl create-region)", .min = SimTime{0}})
      .add("binding", &P::binding,
           {.doc = "the region becomes a dax device and dax/kmem is bound to it",
            .linux_name = "dev_dax_kmem_probe()",
            .min = SimTime{0}});
  return set;
}

StagePlan configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                    std::vector<ParamValue>* used) {
  CxlExpanderParams p;
  static const ParamSet<CxlExpanderParams> params = cxl_expander_params();
  params.read(table, p, errors, used, prefix);
  return [p = std::move(p)](Bytes /*size*/) {
    return std::vector<Stage>{{"insertion", p.insertion},
                              {"power", p.power},
                              {"link_training", p.link_training},
                              {"media_ready", p.media_ready},
                              {"enumeration", p.doe_exchange * p.doe_exchanges, "doe_exchange"},
                              {"decoders", p.decoder_commit * p.decoders, "decoder_commit"},
                              {"region", p.region},
                              {"binding", p.binding}};
  };
}

}  // namespace
}  // namespace cxl_expander_device

void register_device_cxl_expander(DeviceRegistry& registry) {
  registry.add({"cxl_expander",
                "a CXL memory expander: link, media, CDAT, decoders, region, dax/kmem binding",
                [](std::string_view prefix) {
                  return cxl_expander_device::cxl_expander_params().describe(prefix);
                },
                cxl_expander_device::configure});
}

}  // namespace mhp::machine
