#include "sim/core/quantity.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "sim/core/types.hpp"

namespace mhp::quantity_test {
namespace {

template <class A, class B>
constexpr bool kAdds = requires(A a, B b) {
  a + b;
};
template <class A, class B>
constexpr bool kCompares = requires(A a, B b) {
  a < b;
};

TEST(quantity, amounts_of_different_kinds_do_not_mix) {
  EXPECT_TRUE((kAdds<Bytes, Bytes>));
  EXPECT_FALSE((kAdds<Bytes, PageCount>));
  EXPECT_FALSE((kCompares<SimTime, Picoseconds>));
  EXPECT_FALSE((std::is_convertible_v<std::int64_t, Bytes>));
}

TEST(quantity, two_amounts_divide_to_a_plain_number) {
  EXPECT_EQ(Bytes{10} / Bytes{4}, 2);
  EXPECT_EQ(Bytes{10} % Bytes{4}, Bytes{2});
  EXPECT_EQ(Bytes{10} / 4, Bytes{2});
}

TEST(id, ids_do_not_add_and_are_invalid_until_set) {
  EXPECT_FALSE((kAdds<NodeId, NodeId>));
  EXPECT_FALSE(NodeId{}.valid());
  EXPECT_TRUE(NodeId{0}.valid());
}

TEST(pfn, places_differ_by_page_counts) {
  EXPECT_EQ(Pfn{512} - Pfn{500}, PageCount{12});
  EXPECT_EQ(Pfn{500} + PageCount{12}, Pfn{512});
  EXPECT_FALSE((kAdds<Pfn, Pfn>));
}

TEST(pfn_range, is_half_open) {
  const PfnRange range{Pfn{10}, Pfn{12}};
  EXPECT_FALSE(range.contains(Pfn{9}));
  EXPECT_TRUE(range.contains(Pfn{10}));
  EXPECT_TRUE(range.contains(Pfn{11}));
  EXPECT_FALSE(range.contains(Pfn{12}));
  EXPECT_EQ(range.pages(), PageCount{2});
  EXPECT_TRUE((PfnRange{Pfn{3}, Pfn{3}}.empty()));
}

TEST(types, rounding_meets_both_edges) {
  EXPECT_EQ(round_up(4096, 4096), 4096);
  EXPECT_EQ(round_up(4097, 4096), 8192);
  EXPECT_EQ(round_down(4095, 4096), 0);
}

}  // namespace
}  // namespace mhp::quantity_test
