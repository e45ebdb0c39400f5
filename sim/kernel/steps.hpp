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
/// A pass over the struct pages of `count` pages, whose misses start anew so many times.
[[nodiscard]] inline Host::Awaiter spend(Host& host, Pass pass, std::int64_t count, NodeId where,
                                         std::int64_t starts) {
  return host.spend({Step::Kind::spend, static_cast<std::uint16_t>(pass.first), where.value, count,
                     pass.with, starts});
}
/// `holds`: so many holds in a row are simulated as one.
[[nodiscard]] inline Host::Awaiter acquire(Host& host, Lock lock, std::int32_t where = -1,
                                           std::int64_t holds = 1) {
  return host.acquire(static_cast<std::uint16_t>(lock), where, holds);
}
[[nodiscard]] inline Host::Awaiter release(Host& host, Lock lock, std::int32_t where = -1) {
  return host.release(static_cast<std::uint16_t>(lock), where);
}
[[nodiscard]] inline Host::Awaiter wait_for(Host& host, Condition condition) {
  return host.wait(static_cast<std::uint16_t>(condition));
}
[[nodiscard]] inline Host::Awaiter wait_for(Host& host, Condition condition, NodeId node) {
  return host.wait(static_cast<std::uint16_t>(condition), node.value);
}
/// schedule_timeout(): sleeps for ticks of the kernel's clock.
[[nodiscard]] inline Host::Awaiter sleep_jiffies(Host& host, std::int64_t jiffies) {
  return host.wait(static_cast<std::uint16_t>(Condition::timeout), -1, jiffies);
}
inline void note(Host& host, TaskState state) { host.note(static_cast<std::uint16_t>(state)); }

}  // namespace mhp::kernel
