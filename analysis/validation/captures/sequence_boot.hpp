#pragma once

#include "analysis/validation/captures/capture.hpp"
#include "sim/kernel/boot/boot_state.hpp"

namespace mhp::validation {

/// The state in which the kernel of an allocator sequence came up. Such captures have no snapshot
/// of it: node 0's memory is read from the boot messages, and what of it is managed follows from
/// the first "Total pages" that the kernel printed (pages above the high watermarks). Only the
/// watermarks of the added zone depend on it; all of it is taken to be free.
kernel::BootState boot_of_sequence(const Capture& capture, const kernel::KernelConfig& config,
                                   const kernel::KernelProfile& profile);

}  // namespace mhp::validation
