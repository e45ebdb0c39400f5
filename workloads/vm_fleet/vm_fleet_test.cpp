#include "sim/kernel/arch/x86_64.hpp"
#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::vm_fleet_test {
namespace {

Value list(std::initializer_list<std::int64_t> values) {
  Value::Array a;
  for (const std::int64_t v : values) a.push_back(TestBed::number(v));
  return {std::move(a), {}};
}

TestBed::Settings small_fleet() {
  return {{"sizes_gib", list({1, 2, 4})},    {"weights", list({2, 1, 1})},
          {"arrival", TestBed::text("1s")},  {"lifetime", TestBed::text("20s")},
          {"chunk", TestBed::text("64MiB")}, {"interval", TestBed::text("1s")}};
}

class VmFleet : public ::testing::Test {
 protected:
  TestBed bed{{TestBed::node(Bytes{32 * kGiB}), TestBed::node(Bytes{32 * kGiB})}};
};

TEST_F(VmFleet, starts_with_the_share_that_it_is_told) {
  const PageCount free = bed.mm.mem_free();
  bed.start("vm_fleet", small_fleet());
  const double used = static_cast<double>((free - bed.mm.mem_free()).value);
  // Half of the memory is promised, up to one guest of 4 GiB more, and 80 % of that touched.
  EXPECT_NEAR(used / static_cast<double>(free.value), 0.5 * 0.8, 0.8 * 4 / 64);
}

// Arrivals of 20 s live at a time: 20 guests of 2 GiB on average, 40 of 62 GiB. Few are turned
// away.
TEST_F(VmFleet, guests_come_and_go) {
  const Workload& w = bed.start("vm_fleet", small_fleet());
  bed.run_until(kSecond * 600);
  EXPECT_NEAR(static_cast<double>(figure(w, "guests_started")), 600 + 18, 100);
  EXPECT_GT(figure(w, "guests_ended"), 500);
  EXPECT_LT(figure(w, "guests_rejected"), 600 / 20);
  EXPECT_EQ(figure(w, "failures"), 0);
  EXPECT_EQ(figure(w, "stalls"), 0);
  bed.mm.validate();
}

TEST_F(VmFleet, a_fleet_that_does_not_fit_is_turned_away_and_never_overcommits) {
  TestBed::Settings settings = small_fleet();
  settings[2] = {"arrival", TestBed::text("100ms")};
  const Workload& w = bed.start("vm_fleet", settings);
  bed.run_until(kSecond * 100);
  EXPECT_GT(figure(w, "guests_rejected"), 100);
  EXPECT_EQ(figure(w, "killed"), 0);
  EXPECT_GT(bed.mm.mem_free().value, 0);
  bed.mm.validate();
}

// All touch all they have: nodes get short, and balloons give back up to a fifth.
TEST_F(VmFleet, balloons_inflate_while_the_host_is_short) {
  TestBed::Settings settings = small_fleet();
  settings[2] = {"arrival", TestBed::text("100ms")};
  settings.push_back({"touched_percent", TestBed::number(100)});
  settings.push_back({"reserve_percent", TestBed::number(0)});
  const Workload& w = bed.start("vm_fleet", settings);
  bed.run_until(kSecond * 100);
  EXPECT_GT(figure(w, "balloon_pages_max"), 0);
  EXPECT_LE(figure(w, "balloon_pages_max"), 64 * kGiB / kPageSize / 5);
}

TEST_F(VmFleet, the_same_seed_gives_the_same_fleet) {
  const auto run = [](std::uint64_t seed) {
    TestBed b({TestBed::node(Bytes{32 * kGiB})});
    const Workload& w = b.start("vm_fleet", small_fleet(), seed);
    b.run_until(kSecond * 100);
    std::vector<std::int64_t> values;
    for (const Figure& f : w.figures()) values.push_back(f.value);
    return values;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

}  // namespace
}  // namespace mhp::workloads::vm_fleet_test
