// What kernels do at boot for each of P deferred struct pages: all initialise it once and free its
// page once, P / 1024 blocks in all. Up to 5.1 they also looked its node up in each loop over the
// pages, and from 4.15 on cleared it by a call of memset.
#include "sim/kernel/boot/memmap_init.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/buddy.hpp"

namespace mhp::kernel::memmap_init_test {
namespace {

constexpr std::int64_t kPages = 8 * kSectionPages;

KernelProfile kernel_with(StructPageCleared cleared, DeferredInit how) {
  KernelProfile profile;
  profile.struct_page_cleared = cleared;
  profile.deferred_init = how;
  return profile;
}

class DeferredInitOf : public ::testing::Test {
 protected:
  void boot(const KernelProfile& profile) {
    work_ = deferred_init_memmap(profile);
    for (std::size_t i = 0; i < work_.passes.size(); ++i) {
      MemmapInit init({.pages = PageCount{kPages},
                       .pass = work_.passes[i],
                       .to_buddy = i + 1 == work_.passes.size()});
      Task<void> thread = init.thread(host_);
      thread.start();
      ASSERT_TRUE(thread.done());
    }
    EXPECT_EQ(host_.spent(Primitive::struct_page_init), kPages);
    EXPECT_EQ(host_.spent(Primitive::struct_page_free), kPages);
    EXPECT_EQ(host_.spent(Primitive::free_one_page), kPages / kMaxOrderPages);
  }

  DeferredInitWork work_;
  CountingHost host_;
};

TEST_F(DeferredInitOf, up_to_4_14_is_one_loop_over_pages_that_are_clear) {
  boot(kernel_with(StructPageCleared::when_allocated, DeferredInit::one_loop));
  EXPECT_EQ(work_.passes.size(), 1U);
  EXPECT_FALSE(work_.shared);
  EXPECT_EQ(host_.spent(Primitive::struct_page_memset), 0);
  EXPECT_EQ(host_.spent(Primitive::meminit_pfn_in_nid), kPages);
}

TEST_F(DeferredInitOf, up_to_5_1_is_two_loops_that_look_nodes_up) {
  boot(kernel_with(StructPageCleared::by_memset, DeferredInit::two_loops));
  EXPECT_EQ(work_.passes.size(), 2U);
  EXPECT_FALSE(work_.shared);
  EXPECT_EQ(host_.spent(Primitive::struct_page_memset), kPages);
  EXPECT_EQ(host_.spent(Primitive::meminit_pfn_in_nid), 2 * kPages);
}

TEST_F(DeferredInitOf, up_to_5_7_is_one_pass_of_one_thread_with_nothing_besides) {
  boot(kernel_with(StructPageCleared::by_stores, DeferredInit::batches));
  EXPECT_EQ(work_.passes.size(), 1U);
  EXPECT_FALSE(work_.shared);
  EXPECT_EQ(host_.spent(Primitive::struct_page_memset), 0);
  EXPECT_EQ(host_.spent(Primitive::meminit_pfn_in_nid), 0);
}

TEST_F(DeferredInitOf, six_twelve_is_the_same_by_all_processors) {
  boot(KernelProfile{});
  EXPECT_EQ(work_.passes.size(), 1U);
  EXPECT_TRUE(work_.shared);
  EXPECT_EQ(host_.spent(Primitive::struct_page_clear), 0);
  EXPECT_EQ(host_.spent(Primitive::struct_page_memset), 0);
  EXPECT_EQ(host_.spent(Primitive::meminit_pfn_in_nid), 0);
}

}  // namespace
}  // namespace mhp::kernel::memmap_init_test
