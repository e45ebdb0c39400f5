#pragma once

#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"

namespace mhp::machine {

/// Puts the nodes, links and core that follow from a machine's [[socket]] tables in their place.
/// The files that the sockets name as their `processor` have been put in. What the machine says in
/// its own [core] stays; its own [[node]] tables come after those of the sockets, and its own
/// [[link]] tables replace the sockets' wiring if one of them joins two sockets, at the
/// processor's latency and bandwidth where it says nothing else. Each number gets the source, basis
/// and range that those of the processor come to. A machine without sockets stays as it is.
void populate(Value& machine, Diagnostics& errors);

}  // namespace mhp::machine
