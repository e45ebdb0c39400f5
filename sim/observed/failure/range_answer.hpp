#pragma once

#include "sim/observed/failure/why.hpp"

namespace mhp::observed {

/// Answers, in `out`, whether the memmap in the added range (memmap_on_memory) would have spared
/// the failure: by what the call trace was about, else by the memmap of Movable memory that lies in
/// the zones that ran short.
void answer_range(const MemInfoReport& report, Explanation& out);

}  // namespace mhp::observed
