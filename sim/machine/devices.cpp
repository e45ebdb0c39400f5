#include "sim/machine/devices/device.hpp"

namespace mhp::machine {

const DeviceRegistry& devices() {
  static const DeviceRegistry registry = [] {
    DeviceRegistry r;
    register_all_devices(r);
    return r;
  }();
  return registry;
}

}  // namespace mhp::machine
