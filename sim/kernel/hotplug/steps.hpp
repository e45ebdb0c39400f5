#pragma once

#include "sim/core/host.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/primitives.hpp"

namespace mhp::kernel {

// The host's steps in the kernel's own vocabulary.

[[nodiscard]] inline Host::Awaiter spend(Host& host, Primitive p, std::int64_t count,
                                         NodeId where = NodeId{}) {
  return host.spend(static_cast<std::uint16_t>(p), count, where.value);
}
[[nodiscard]] inline Host::Awaiter acquire(Host& host, Lock lock) {
  return host.acquire(static_cast<std::uint16_t>(lock));
}
[[nodiscard]] inline Host::Awaiter release(Host& host, Lock lock) {
  return host.release(static_cast<std::uint16_t>(lock));
}
[[nodiscard]] inline Host::Awaiter wait_for(Host& host, Condition condition) {
  return host.wait(static_cast<std::uint16_t>(condition));
}

}  // namespace mhp::kernel
