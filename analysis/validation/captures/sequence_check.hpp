#pragma once

#include <nlohmann/json.hpp>

#include "analysis/validation/captures/score.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::validation {

/// Compares the model with a snapshot of an allocator sequence (`bsnapshot`): zones of the added
/// nodes with their per-CPU lists, free blocks by order and by migrate type, types of pageblocks,
/// pools of huge pages.
void check_sequence_snapshot(Score& score, const nlohmann::json& snapshot, const kernel::Mm& mm,
                             const kernel::Hugetlb& hugetlb);

}  // namespace mhp::validation
