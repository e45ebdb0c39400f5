#include "sim/kernel/mm/zone_changes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace mhp::kernel::zone_changes_test {
namespace {

std::vector<std::size_t> taken(ZoneChanges& changes) {
  std::vector<std::size_t> out;
  changes.take([&](std::size_t zone) { out.push_back(zone); });
  return out;
}

TEST(zone_changes, before_the_first_look_all_have_changed) {
  ZoneChanges changes(3);
  EXPECT_EQ(taken(changes), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(taken(changes).empty());
}

TEST(zone_changes, a_mark_of_nobody_tells_nobody) {
  ZoneChanges changes(1);
  taken(changes);
  ZoneChanges::Mark().set();
  EXPECT_TRUE(taken(changes).empty());
}

// Each once, by number, whatever the order and however often.
RC_GTEST_PROP(zone_changes, are_told_once_in_order, ()) {
  const auto zones = *rc::gen::inRange<std::size_t>(1, 200);
  const auto changed =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, zones));
  ZoneChanges changes(zones);
  taken(changes);
  for (const std::size_t z : changed) changes.mark(z).set();
  const std::set<std::size_t> each(changed.begin(), changed.end());
  RC_ASSERT(taken(changes) == std::vector<std::size_t>(each.begin(), each.end()));
  RC_ASSERT(taken(changes).empty());
}

}  // namespace
}  // namespace mhp::kernel::zone_changes_test
