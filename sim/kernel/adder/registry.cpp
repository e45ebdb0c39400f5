#include "sim/kernel/adder/adder.hpp"

namespace mhp::kernel {

const AdderRegistry& adders() {
  static const AdderRegistry registry = [] {
    AdderRegistry r;
    register_all_adders(r);
    return r;
  }();
  return registry;
}

}  // namespace mhp::kernel
