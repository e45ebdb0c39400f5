#include "sim/kernel/boot/late_insertion.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/primitives.hpp"

namespace mhp::kernel::late_insertion_test {
namespace {

// Blocks of s sections where r are registered: each of the s looks for the block, the first among
// all that are there, the others with it: s * r + s - 1 elements. Two threads share the list.
TEST(late_insertion, looks_for_its_block_once_for_each_section) {
  constexpr std::int64_t kSections = 4;
  const PageCount block{kSections * kSectionPages};
  LateInsertion insertion({.blocks = 2, .block = block, .registered = 10});
  CountingHost host;
  CountingHost::run(insertion.thread(host, NodeId{1}));
  CountingHost::run(insertion.thread(host, NodeId{2}));
  const std::int64_t passed = kSections * (10 + 11 + 12 + 13) + 4 * (kSections - 1);
  EXPECT_EQ(host.spent(Primitive::list_element), passed);
  EXPECT_EQ(host.spent(Primitive::block_device), 4);
  EXPECT_EQ(host.spent(Primitive::section_metadata), 4 * kSections);
}

// Cleared, initialised with a locked operation, and freed one by one.
TEST(late_insertion, goes_over_each_struct_page_three_times) {
  const PageCount block{kSectionPages};
  LateInsertion insertion({.blocks = 3, .block = block, .registered = 0});
  CountingHost host;
  CountingHost::run(insertion.thread(host, NodeId{0}));
  for (const Primitive p :
       {Primitive::struct_page_clear, Primitive::struct_page_init, Primitive::set_page_reserved,
        Primitive::struct_page_next, Primitive::free_pages, Primitive::free_one_page})
    EXPECT_EQ(host.spent(p), 3 * kSectionPages);
  EXPECT_EQ(host.spent(Primitive::struct_page_free), 0);
  EXPECT_EQ(host.spent(Primitive::block_state_fixed), 3);
}

}  // namespace
}  // namespace mhp::kernel::late_insertion_test
