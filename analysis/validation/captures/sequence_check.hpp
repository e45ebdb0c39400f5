#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "analysis/validation/captures/score.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::validation {

/// How /proc/pagetypeinfo writes a number of free blocks that it has stopped counting
/// (pagetypeinfo_showfree_print): so many or more.
inline constexpr const char* kManyFreeBlocks = ">100000";
inline constexpr std::int64_t kMostFreeBlocksCounted = 100'000;

/// Compares the model with a snapshot of an allocator sequence (`bsnapshot`): zones of the added
/// nodes with their per-CPU lists, free blocks by order and by migrate type, types of pageblocks,
/// pools of huge pages.
void check_sequence_snapshot(Score& score, const nlohmann::json& snapshot, const kernel::Mm& mm,
                             const kernel::Hugetlb& hugetlb);

}  // namespace mhp::validation
