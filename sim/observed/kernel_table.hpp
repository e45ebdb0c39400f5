#pragma once

#include <vector>

#include "sim/core/value.hpp"
#include "sim/observed/observed.hpp"

namespace mhp::observed {

/// The members of a scenario's [kernel] that a machine says of itself. `state`: that of its memory
/// is known, so nothing has to be reserved for what the kernel took at boot.
Value kernel_table(const Observed& observed, bool state, const Location& where,
                   std::vector<Remark>& assumed);

/// The members of a [[hotplug]] that it says: what becomes of memory that is added.
Value hotplug_table(const Observed& observed, const Location& where, std::vector<Remark>& assumed);

}  // namespace mhp::observed
