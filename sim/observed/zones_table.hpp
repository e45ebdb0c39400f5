#pragma once

#include <vector>

#include "sim/core/value.hpp"
#include "sim/observed/observed.hpp"

namespace mhp::observed {

/// The table [machine.state]: the zones as they were, with what was not said of them filled in.
/// `nodes`: how many the machine has. Needs at least one zone that says what is present.
Value state_table(const Observed& observed, std::size_t nodes, const Location& where,
                  std::vector<Remark>& assumed);

/// Whether there is enough to know the state of memory from.
bool tells_state(const Observed& observed);

/// Pages of a node by its zones; nothing if they do not say.
Said<PageCount> present_in(const Observed& observed, NodeId node);

}  // namespace mhp::observed
