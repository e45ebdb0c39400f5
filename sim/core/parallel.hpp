#pragma once

#include <cstddef>
#include <functional>

namespace mhp {

/// Calls `work(i)` for every i below `count`, on `threads` threads, the caller's among them;
/// returns when all are done. Calls are independent of each other.
void parallel_for(std::size_t count, unsigned threads,
                  const std::function<void(std::size_t)>& work);

}  // namespace mhp
