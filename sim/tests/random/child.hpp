#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "sim/tests/random/laws.hpp"

namespace mhp::random {

/// How the process of one scenario ended.
struct Ended {
  enum class Kind { holds, refused, broken, unfinished };
  Kind kind = Kind::holds;
  std::string text;  ///< what it said

  /// What tells one fault from another: the law without its figures, the place of a broken
  /// invariant, the signal.
  std::string fault() const;
};

/// Judges a scenario in a process of its own that may crash; what it says goes to the file `log`.
/// It may use so many seconds of a processor.
pid_t begin(const std::string& text, std::int64_t relation, int seconds, const std::string& log);
/// The end of such a process, by its status as waitpid() has it.
Ended end_of(int status, const std::string& log);
/// Both, one after the other.
Ended run_apart(const std::string& text, std::int64_t relation, int seconds,
                const std::string& log);

}  // namespace mhp::random
