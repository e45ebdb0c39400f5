#pragma once

#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/value.hpp"
#include "sim/observed/observed.hpp"

namespace mhp::observed {

/// Speeds of a machine that is like the one observed: what that does not say of itself.
struct Like {
  std::string name;   ///< "Zen 5 (Turin)"
  bool same = false;  ///< its processors are of this family; else it is just some
  Value machine;      ///< two such sockets, with [[node]], [[link]] and [core]
};

/// A scenario's parts, as tables.
struct Parts {
  Value machine;  ///< with the state of its memory, where that was observed
  Value kernel;   ///< the settings that the kernel says of itself
  Value hotplug;  ///< what becomes of memory that is added
  std::vector<Remark> assumed;
};

/// The machine, and what its kernel does, that was observed. An error if it is not said how much
/// memory there is. `where`: the place that everything is said to stand at.
Result<Parts> parts_of(const Observed& observed, const Like& like, const Location& where);

/// The names of kernel.architecture and kernel.profile that fit; empty if it says nothing.
std::string architecture_of(const Observed& observed);
std::string profile_of(const Observed& observed);

}  // namespace mhp::observed
