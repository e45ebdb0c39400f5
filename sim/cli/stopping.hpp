#pragma once

#include <atomic>
#include <string>

namespace mhp::cli {

/// From now on SIGINT and SIGTERM ask for an end in good order: the flag is then not 0. The second
/// signal of a kind ends the program at once.
const std::atomic<int>& stop_on_signals();

/// The signal that asked for the end; 0: none.
int stop_signal();

/// A word as a shell takes it.
std::string shell_quoted(const std::string& text);

}  // namespace mhp::cli
