#include "sim/kernel/boot/hugetlb_init.hpp"

#include <gtest/gtest.h>

#include "sim/kernel/counting_host.hpp"

namespace mhp::kernel::hugetlb_init_test {
namespace {

constexpr std::int64_t kTails2m = 512;
constexpr std::int64_t kTails1g = 262'144;

/// What all threads of such work spend together; one after the other, as nobody has to wait.
void spend_all(const HugetlbInit::Work& work, CountingHost& host) {
  HugetlbInit init(work);
  for (std::int64_t i = 0; i < work.threads; ++i) CountingHost::run(init.thread(host));
}

// However many threads there are, each struct page is initialised, made a tail and frozen once.
TEST(hugetlb_init, of_1_gib_pages_writes_every_struct_page_once) {
  for (const std::int64_t threads : {1, 3, 4}) {
    CountingHost host;
    spend_all({.pages = PageCount{10}, .size = Bytes{kGiB}, .nodes = 4, .threads = threads}, host);
    for (const Primitive p :
         {Primitive::struct_page_init, Primitive::compound_tail, Primitive::page_ref_freeze})
      EXPECT_EQ(host.spent(p), 10 * kTails1g) << threads;
    EXPECT_EQ(host.spent(Primitive::rmqueue), 0);
  }
}

// Whatever does not divide evenly: each page is taken, made of tails and put into its pool once.
TEST(hugetlb_init, of_2_mib_pages_takes_every_page_once) {
  for (const std::int64_t threads : {1, 2, 7}) {
    CountingHost host;
    spend_all({.pages = PageCount{1001},
               .size = Bytes{2 * kMiB},
               .nodes = 3,
               .threads = threads,
               .grain = PageCount{64}},
              host);
    EXPECT_EQ(host.spent(Primitive::rmqueue), 1001) << threads;
    EXPECT_EQ(host.spent(Primitive::alloc_pages), 1001);
    EXPECT_EQ(host.spent(Primitive::compound_tail), 1001 * kTails2m);
    EXPECT_EQ(host.spent(Primitive::struct_page_touch), 1001);
    EXPECT_EQ(host.spent(Primitive::struct_page_init), 0);
    EXPECT_EQ(host.spent(Primitive::percpu_line), threads == 1 ? 0 : 1001 * kZoneLockLines);
  }
}

}  // namespace
}  // namespace mhp::kernel::hugetlb_init_test
