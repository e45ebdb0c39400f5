#include "sim/machine/devices/device.hpp"

namespace mhp::machine {

SimTime time_of(Bytes size, BytesPerSecond rate) {
  const __int128 ns = static_cast<__int128>(size.value) * kSecond.value / rate.value;
  return SimTime{static_cast<std::int64_t>(ns)};
}

const DeviceRegistry& devices() {
  static const DeviceRegistry registry = [] {
    DeviceRegistry r;
    register_all_devices(r);
    return r;
  }();
  return registry;
}

}  // namespace mhp::machine
