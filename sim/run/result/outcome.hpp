#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/words.hpp"

namespace mhp::run {

struct Operation;

/// How a run as a whole ended, from best to worst.
enum class Outcome : std::uint8_t { ok, refused, enomem, oom, panic };
constexpr std::array<Word, 5> words_of(Outcome) {
  return {
      {{"ok", "every operation succeeded"},
       {"refused",
        "the placement could not be followed, and the kernel fell back to the page allocator; "
        "or an operation answered EINVAL, EEXIST, EBUSY or ENODEV. The reason says which"},
       {"enomem", "an add answered ENOMEM"},
       {"oom",
        "an allocation failed whose failure the kernel does not survive or hand up (direct-map "
        "table, slab)"},
       {"panic",
        "a request of the kernel's own found no page and the OOM killer nobody to kill; the run "
        "ends there"}}};
}

/// The worst outcome of a run's operations, and why.
std::pair<Outcome, std::string> outcome_of(const std::vector<Operation>& operations,
                                           const std::string& placement_refusal);

}  // namespace mhp::run
