#include "sim/cost/pricer.hpp"

#include <gtest/gtest.h>

namespace mhp::cost {
namespace {

using kernel::Primitive;

class Prices : public ::testing::Test {
 protected:
  Prices() {
    machine_.nodes.assign(
        2, machine::NodeParams{Bytes{kGiB}, 1, SimTime{82}, BytesPerSecond{1'000'000'000}});
    machine_.links.push_back({NodeId{0}, NodeId{1}, SimTime{55}, BytesPerSecond{1'000'000'000}});
    auto& init = profile_.primitives[static_cast<std::size_t>(Primitive::struct_page_init)];
    init = {Picoseconds{2752}, 64, Bytes{128}};
  }
  machine::Machine machine_;
  CostProfile profile_;
};

// time = count * (cpu + stall * latency): 2.752 + 0.064 * 82 = 8.000 ns local, 2.752 + 0.064 * 137
// = 11.520 ns remote.
TEST_F(Prices, follow_the_latency_to_the_memory_touched) {
  const machine::Topology topology(machine_);
  Pricer local(profile_, topology, NodeId{0});
  const Price near = local.price(Primitive::struct_page_init, 1000, NodeId{0});
  EXPECT_EQ(near.time, SimTime{8000});
  EXPECT_EQ(near.traffic, Bytes{128'000});
  Pricer other(profile_, topology, NodeId{0});
  EXPECT_EQ(other.price(Primitive::struct_page_init, 1000, NodeId{1}).time, SimTime{11'520});
}

TEST_F(Prices, work_without_a_place_is_local) {
  const machine::Topology topology(machine_);
  Pricer p(profile_, topology, NodeId{1});
  EXPECT_EQ(p.price(Primitive::struct_page_init, 1, NodeId{}).memory, NodeId{1});
}

// 8.000 ns a page is exact; 11.520 is not: 1000 single pages must cost what 1000 at once cost.
TEST_F(Prices, splitting_work_never_changes_the_sum) {
  const machine::Topology topology(machine_);
  Pricer p(profile_, topology, NodeId{0});
  SimTime sum;
  for (int i = 0; i < 1000; ++i) sum += p.price(Primitive::struct_page_init, 1, NodeId{1}).time;
  EXPECT_EQ(sum, SimTime{11'520});
}

TEST(read_cost_profile, every_primitive_needs_a_price) {
  const Value empty{Value::Table{}, {"costs.toml", 1, 1}};
  Diagnostics errors;
  read_cost_profile(empty, errors, nullptr);
  EXPECT_EQ(errors.size(), kernel::kPrimitives + 1)
      << "one for each primitive and one for the name";
}

}  // namespace
}  // namespace mhp::cost
