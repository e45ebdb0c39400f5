#include "sim/kernel/boot/block_lookup.hpp"

#include "sim/kernel/steps.hpp"

namespace mhp::kernel {

Task<void> look_up_blocks(Host& host, std::int64_t blocks, Primitive element) {
  for (std::int64_t there = 1; there < blocks; ++there) co_await spend(host, element, there);
}

}  // namespace mhp::kernel
