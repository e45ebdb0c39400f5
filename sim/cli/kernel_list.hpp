#pragma once

#include <string>

namespace mhp::cli {

/// Prints the kernel profiles of a folder, the oldest first: what each has been held to, and how
/// many of the recordings that ship are of its kernel. False, and an error printed, if one cannot
/// be read.
bool list_kernels(const std::string& folder, bool json);

/// Prints the rules in which two kernels differ, with the sources of each. A kernel without a
/// profile has the nearest. False if there is none, or one cannot be read.
bool list_kernel_differences(const std::string& folder, const std::string& a, const std::string& b,
                             bool json);

}  // namespace mhp::cli
