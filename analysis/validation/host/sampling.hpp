#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analysis/validation/host/host.hpp"
#include "analysis/validation/host/series.hpp"

namespace mhp::host {

/// Does the next piece of some work (a fraction of a millisecond) and returns how many units it
/// was.
using Piece = std::function<std::int64_t()>;

/// Work of one kind, which is timed piece by piece.
struct Phase {
  Piece piece;
  int pieces = 16;                     ///< in a repetition
  std::function<void()> prepare = {};  ///< before a repetition, not timed
  std::function<void()> ahead = {};    ///< before each piece, not timed
};

/// A thread of its own that does pieces all the while.
struct Beside {
  unsigned cpu = 0;
  Piece piece;
};

/// How one quantity is measured: a repetition is the sum of its phases, each the median of its
/// pieces' nanoseconds a unit. Time is that of the thread on its processor (CPU time); pieces
/// during which it, or a thread beside it, was not on its processor for more than 3 % of the time
/// are left out, and so are repetitions without any other, unless there are no others.
struct Bench {
  Series* series = nullptr;
  std::vector<Phase> phases;
  std::vector<Beside> beside = {};
};

using Progress = std::function<void(const std::string&)>;

/// Measures all benches in turn, one repetition each, on processor `cpu`, for as many rounds as end
/// within `seconds`, but at least three. Returns whether threads could be pinned.
bool run_rounds(const Host& host, unsigned cpu, std::vector<Bench>& benches, double seconds,
                const Progress& progress);

}  // namespace mhp::host
