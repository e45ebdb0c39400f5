#pragma once

namespace mhp::cli {

/// Exit code of a program whose reader has gone, as a shell shows one that SIGPIPE ended: 128 + 13.
constexpr int kReaderGone = 141;

/// Sees to it that descriptors 0, 1 and 2 are taken, so that no file that is opened later becomes
/// one of them; what is written to a standard output that was closed fails.
void hold_standard_streams();

/// Whether what has been printed so far did not all arrive, as far as is known.
bool standard_output_failed();

/// Flushes standard output and says what becomes of an exit code: it stays if all arrived; it is
/// kReaderGone, without a word, if the reader closed the pipe; else kNotWritten, with the reason on
/// standard error. `error` is an errno that is known already, 0 if none is.
int finish_standard_output(int exit_code, int error = 0);

}  // namespace mhp::cli
