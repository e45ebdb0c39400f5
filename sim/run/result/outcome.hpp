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
enum class Outcome : std::uint8_t { ok, refused, enomem, broken, oom, oops, panic };
constexpr std::array<Word, 7> words_of(Outcome) {
  return {
      {{"ok", "every operation succeeded"},
       {"refused",
        "the placement could not be followed, and the kernel fell back to the page allocator; "
        "or an operation answered EINVAL, EEXIST, EBUSY or ENODEV. The reason says which"},
       {"enomem", "an add answered ENOMEM"},
       {"broken",
        "a driver met an error that it does not know and gave its device up: what is requested of "
        "the device is not heard any more (virtio-mem)"},
       {"oom", "an allocation failed whose failure the kernel does not survive or hand up (slab)"},
       {"oops",
        "the kernel has killed the task that added memory: it found no page for a table of the "
        "direct map. The machine lives, but whoever wants to add, online or offline memory from "
        "then on waits for ever"},
       {"panic",
        "a request of the kernel's own found no page and the OOM killer nobody to kill; the run "
        "ends there"}}};
}

/// The worst outcome of a run's operations, and why.
std::pair<Outcome, std::string> outcome_of(const std::vector<Operation>& operations,
                                           const std::string& placement_refusal);

}  // namespace mhp::run
