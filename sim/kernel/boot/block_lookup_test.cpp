#include "sim/kernel/boot/block_lookup.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/counting_host.hpp"

namespace mhp::kernel::block_lookup_test {
namespace {

// The n-th walks over n - 1: n (n - 1) / 2 elements in all.
TEST(look_up_blocks, passes_all_that_are_there_for_each) {
  for (const std::int64_t n : {0, 1, 2, 3, 512, 1024}) {
    CountingHost host;
    CountingHost::run(look_up_blocks(host, n, Primitive::list_element));
    EXPECT_EQ(host.spent(Primitive::list_element), n * (n - 1) / 2) << n;
    EXPECT_EQ(host.spent(Primitive::array_element), 0);
  }
}

}  // namespace
}  // namespace mhp::kernel::block_lookup_test
