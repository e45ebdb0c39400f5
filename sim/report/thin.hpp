#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mhp::report {

/// Which of `count` samples are kept of a curve that is drawn: the first and the last, and of each
/// of some equal stretches the least and the greatest of every column. All of them if they are no
/// more than `most`; else at most so many, and at least two for each column and the ends. Columns
/// have `count` values.
std::vector<std::size_t> thinned(const std::vector<const std::vector<std::int64_t>*>& columns,
                                 std::size_t count, std::size_t most);

/// The values at these places.
std::vector<std::int64_t> at(const std::vector<std::int64_t>& values,
                             const std::vector<std::size_t>& places);

}  // namespace mhp::report
