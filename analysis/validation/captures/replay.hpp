#pragma once

#include "analysis/validation/captures/capture.hpp"
#include "analysis/validation/captures/report.hpp"
#include "sim/kernel/profile.hpp"

namespace mhp::validation {

/// Replays a capture on the kernel model and compares every snapshot after the first. The model
/// starts from the snapshot `boot` and is never re-synchronised. Replay ends at the first operation
/// that the model does not have.
CaptureReport replay(const Capture& capture, const kernel::KernelProfile& profile);

}  // namespace mhp::validation
