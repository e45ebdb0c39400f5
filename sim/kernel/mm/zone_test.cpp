#include "sim/kernel/mm/zone.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace mhp::kernel::zone_test {
namespace {

constexpr PfnRange range(std::int64_t start, std::int64_t end) { return {Pfn{start}, Pfn{end}}; }

// promo_wmark: as far above `high` as that above `low`.
TEST(watermarks_of_a_zone, are_raised_together_but_for_none) {
  Zone z;
  z.watermark = {PageCount{100}, PageCount{130}, PageCount{170}};
  z.watermark_boost = PageCount{5};
  EXPECT_EQ(z.wmark(Mark::none), PageCount{0});
  EXPECT_EQ(z.wmark(Mark::min), PageCount{105});
  EXPECT_EQ(z.wmark(Mark::low), PageCount{135});
  EXPECT_EQ(z.wmark(Mark::high), PageCount{175});
  EXPECT_EQ(z.wmark(Mark::promo), PageCount{215});
  EXPECT_EQ(z.watermark.of(Mark::none), PageCount{0});
}

TEST(grow_span, covers_the_hole_to_a_range_further_away) {
  Zone z;
  grow_span(z, range(65536, 98304));
  EXPECT_EQ(z.span(), range(65536, 98304));
  grow_span(z, range(163840, 196608));
  EXPECT_EQ(z.span(), range(65536, 196608));
  grow_span(z, range(0, 32768));
  EXPECT_EQ(z.span(), range(0, 196608));
}

TEST(shrink_span, jumps_over_holes_to_the_outermost_pages_online) {
  Zone z;
  grow_span(z, range(0, 327680));
  z.online.insert(65536, 98304);
  z.online.insert(163840, 196608);
  shrink_span(z);
  EXPECT_EQ(z.span(), range(65536, 196608));
  z.online.erase(65536, 196608);
  shrink_span(z);
  EXPECT_TRUE(z.spans_nothing());
  EXPECT_EQ(z.zone_start_pfn, Pfn{0});
}

// Boot memory that ends within 2 MiB: what is behind it there has struct pages of the zone, too.
TEST(shrink_span, ends_with_a_subsection_behind_what_was_removed) {
  Zone z;
  grow_span(z, range(65536, 98304 - 32));
  z.online.insert(65536, 98304 - 32);
  shrink_span(z);
  EXPECT_EQ(z.span(), range(65536, 98304 - 32));
  grow_span(z, range(131072, 163840));
  shrink_span(z);
  EXPECT_EQ(z.span(), range(65536, 98304));
}

// What a zone has online beyond its span, such as a head that had fallen out of it, does not count.
TEST(shrink_span, looks_for_nothing_outside_the_span) {
  Zone z;
  grow_span(z, range(0, 32768));
  z.online.insert(65536, 98304);
  shrink_span(z);
  EXPECT_TRUE(z.spans_nothing());
  grow_span(z, range(131072, 163840));
  z.online.insert(131072, 163840);
  shrink_span(z);
  EXPECT_EQ(z.span(), range(131072, 163840));
}

// One check a pageblock until the first that is not online in the zone, which is looked at too.
TEST(set_zone_contiguous, counts_up_to_the_first_pageblock_that_fails) {
  Zone z;
  grow_span(z, range(32768, 131072));
  EXPECT_EQ(set_zone_contiguous(z), 1) << "fails at once";
  z.online.insert(32768, 65536);
  EXPECT_EQ(set_zone_contiguous(z), 64 + 1);
  EXPECT_FALSE(z.contiguous);
  z.online.insert(65536, 131072);
  EXPECT_EQ(set_zone_contiguous(z), 3 * 64);
  EXPECT_TRUE(z.contiguous);
  z.online.erase(33280, 33792);  // the second pageblock
  EXPECT_EQ(set_zone_contiguous(z), 2);
}

TEST(set_zone_contiguous, an_empty_zone_is_not_walked) {
  Zone z;
  EXPECT_EQ(set_zone_contiguous(z), 0);
}

// min(512 n, max(512, high * factor / 10,000)) after n claims, in whatever portions; nothing in
// zones of less than four pageblocks, or where a factor of `high` is less than a page.
RC_GTEST_PROP(boost_watermark, is_a_pageblock_a_claim_up_to_a_share_of_high, ()) {
  Zone zone;
  zone.managed_pages = PageCount{*rc::gen::inRange<std::int64_t>(2000, 10'000)};
  zone.watermark.high = PageCount{*rc::gen::inRange<std::int64_t>(0, 4000)};
  const auto factor = *rc::gen::element<std::int64_t>(0, 1, 100, 15'000, 40'000);
  const auto portions =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, 4));
  std::int64_t claims = 0;
  const std::int64_t share = zone.watermark.high.value * factor / 10'000;
  const bool boosts = zone.managed_pages.value >= 2048 && share > 0;
  for (const std::int64_t n : portions) {
    RC_ASSERT(boost_watermark(zone, factor, n) == boosts);
    claims += n;
  }
  const std::int64_t most = boosts ? std::max<std::int64_t>(512, share) : 0;
  RC_ASSERT(zone.watermark_boost.value == std::min(512 * claims, most));
  RC_ASSERT(zone.wmark(Mark::high) == zone.watermark.high + zone.watermark_boost);
}

}  // namespace
}  // namespace mhp::kernel::zone_test
