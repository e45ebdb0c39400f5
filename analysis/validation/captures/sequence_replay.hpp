#pragma once

#include "analysis/validation/captures/capture.hpp"
#include "analysis/validation/captures/score.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::validation {

/// Replays an allocator sequence on the kernel model: the model chooses every page frame itself,
/// and frames, events of the allocator and snapshots must be those that were recorded. Of the
/// recording it takes what its script does not say (captures/README.md, "Allocator sequences"): how
/// many page tables above the last level a touch needed, and in which order page tables were given
/// back.
void replay_sequence(const Capture& capture, const kernel::KernelProfile& profile, Score& score);

}  // namespace mhp::validation
