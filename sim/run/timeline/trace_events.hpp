#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/types.hpp"

namespace mhp::run {

/// A text as JSON has it, quotes included; bytes that are no UTF-8 become U+FFFD.
std::string json_text(std::string_view text);

/// Arguments of a trace event: names, and values that are JSON already.
using TraceArgs = std::vector<std::pair<std::string_view, std::string>>;

/// Composes JSON of trace events, of the phases M (metadata), X (complete), i (instant) and C
/// (counter), one event a line.
class TraceEvents {
 public:
  /// A process: its name, its place among others, and what is said beside the name unless empty.
  void process(std::int64_t pid, std::string_view name, std::string_view label);
  /// A thread; threads are shown in the order of their numbers.
  void thread(std::int64_t pid, std::int64_t tid, std::string_view name);
  void complete(std::int64_t pid, std::int64_t tid, std::string_view name,
                std::string_view category, SimTime begin, SimTime end, const TraceArgs& args);
  /// At a moment, of a thread; of the whole process if `tid` is the process's own number.
  void instant(std::int64_t pid, std::int64_t tid, std::string_view name, SimTime at,
               const TraceArgs& args);
  void counter(std::int64_t pid, std::string_view name, SimTime at, const TraceArgs& values);

  /// The whole; `about`: JSON of an object that says what the events are of.
  std::string text(const std::string& about) const;

 private:
  std::string events_;
};

}  // namespace mhp::run
