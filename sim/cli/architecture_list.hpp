#pragma once

namespace mhp::cli {

/// Prints the architectures that ship: what their kernels count memory in, what memmap costs there,
/// and what the rules have been held to. False, and an error printed, if one cannot be read.
bool list_architectures(bool json);

}  // namespace mhp::cli
