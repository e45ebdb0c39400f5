#include "sim/kernel/vmemmap.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/kernel/arch/x86_64.hpp"

namespace mhp::kernel::vmemmap_test {
namespace {

Vmemmap any_vmemmap() { return Vmemmap{Bytes{*rc::gen::inRange<std::int64_t>(1, 33) * 8}}; }

TEST(vmemmap, a_section_of_64_byte_struct_pages_has_one_leaf) {
  const Vmemmap v;
  EXPECT_EQ(v.section_pages(), 512);
  EXPECT_EQ(v.leaves_of(7).first, 7);
  EXPECT_EQ(v.leaves_of(7).end, 8);
  EXPECT_EQ(v.sections_of(7).first, 7);
  EXPECT_EQ(v.sections_of(7).end, 8);
  EXPECT_EQ(v.struct_pages_a_page(), 64);
  EXPECT_EQ(v.pages_of(PageCount{kSectionPages}).value, 512);
}

// 56 bytes: 7/8 of a leaf a section. The eighth section ends where a leaf does.
TEST(vmemmap, sections_share_leaves_where_their_struct_pages_do_not_fill_them) {
  const Vmemmap v{Bytes{56}};
  EXPECT_EQ(v.section_pages(), 448);
  EXPECT_EQ(v.leaves_of(1).first, 0);
  EXPECT_EQ(v.leaves_of(1).end, 2);
  EXPECT_EQ(v.sections_of(0).end, 2);
  EXPECT_EQ(v.leaves_of(0, 8).end, 7);
  EXPECT_EQ(v.leaves_of(8).first, 7);
  EXPECT_FALSE(v.whole_struct_pages());
}

RC_GTEST_PROP(vmemmap, a_leaf_has_a_section_if_and_only_if_the_section_has_the_leaf, ()) {
  const Vmemmap v = any_vmemmap();
  const auto section = *rc::gen::inRange<std::int64_t>(0, 10'000);
  const auto leaf = *rc::gen::inRange<std::int64_t>(0, 2'000);
  const auto among = [](std::int64_t n, Vmemmap::Span in) { return in.first <= n && n < in.end; };
  RC_ASSERT(among(section, v.sections_of(leaf)) == among(leaf, v.leaves_of(section)));
  for (std::int64_t l = v.leaves_of(section).first; l < v.leaves_of(section).end; ++l)
    RC_ASSERT(among(section, v.sections_of(l)));
}

RC_GTEST_PROP(vmemmap, struct_pages_lie_in_the_pages_of_their_section, ()) {
  const Vmemmap v = any_vmemmap();
  const Pfn pfn{*rc::gen::inRange<std::int64_t>(0, 100'000'000)};
  const Vmemmap::Span pages = v.pages_of_section(pfn.value / kSectionPages);
  RC_ASSERT(pages.first <= v.page_of(pfn));
  RC_ASSERT(v.pages_end(pfn + PageCount{1}) <= pages.end);
  RC_ASSERT(v.pages_end(pfn + PageCount{1}) > v.page_of(pfn));
}

}  // namespace
}  // namespace mhp::kernel::vmemmap_test
