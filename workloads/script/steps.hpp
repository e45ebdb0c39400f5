#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"
#include "sim/core/words.hpp"

namespace mhp::workloads {

/// What a step of a script does.
enum class StepKind : std::uint8_t {
  read,
  map,
  write,
  round,
  hold,
  lock,
  touch,
  drop,
  unmovable,
  free,
  sleep,
  until
};
/// The word with which a step begins, and how it is written.
constexpr std::array<Word, 12> words_of(StepKind) {
  return {{{"read", "read [FROM] SIZE"},
           {"map", "map [FROM] SIZE"},
           {"write", "write [FROM] SIZE"},
           {"round", "round [FROM] SIZE CHUNK PAUSE"},
           {"hold", "hold SIZE [thp]"},
           {"lock", "lock SIZE"},
           {"touch", "touch"},
           {"drop", "drop SIZE"},
           {"unmovable", "unmovable SIZE KEEP"},
           {"free", "free"},
           {"sleep", "sleep TIME"},
           {"until", "until TIME"}}};
}

/// One step, as it was read; what its kind does not have is 0.
struct ScriptStep {
  StepKind kind = StepKind::free;
  Bytes from, size, chunk;
  SimTime time;
  std::int64_t keep = 0;
  bool thp = false;

  bool of_file() const { return kind <= StepKind::round; }
};

/// Reads one step; `where` and `name` ("workload.steps.2") are for the message.
Result<ScriptStep> parse_step(std::string_view text, std::string_view name, const Location& where);

}  // namespace mhp::workloads
