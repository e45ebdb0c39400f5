#include "sim/cost/pricer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace mhp::cost::pricer_test {
namespace {

using kernel::Primitive;

class Prices : public ::testing::Test {
 protected:
  Prices() {
    profile_.core = {15'625, 4'184, 0};
    machine_.nodes.assign(
        2, machine::NodeParams{Bytes{kGiB}, 1, SimTime{82}, BytesPerSecond{1'000'000'000}});
    machine_.links.push_back({NodeId{0}, NodeId{1}, SimTime{55}, BytesPerSecond{1'000'000'000}});
    auto& init = profile_.primitives[static_cast<std::size_t>(Primitive::struct_page_init)];
    init = {Picoseconds{2752}, 1, Access::stream, true, Bytes{0}};
  }
  machine::Machine machine_;
  CostProfile profile_;
};

// 15.625 misses in flight: 2.752 + 82 / 15.625 = 8.000 ns local, 2.752 + 137 / 15.625 = 11.520 ns
// remote.
TEST_F(Prices, follow_the_latency_to_the_memory_touched) {
  const machine::Topology topology(machine_);
  Pricer local(profile_, topology, NodeId{0});
  const Price near = local.price(Primitive::struct_page_init, 1000, NodeId{0});
  EXPECT_EQ(near.time, SimTime{8000});
  EXPECT_EQ(near.traffic, Bytes{128'000});
  Pricer other(profile_, topology, NodeId{0});
  EXPECT_EQ(other.price(Primitive::struct_page_init, 1000, NodeId{1}).time, SimTime{11'520});
}

// Of 128 bytes each has two lines, of 32 two share one; who reads a field of each has one line of
// the larger, too.
TEST_F(Prices, are_for_as_many_lines_as_struct_pages_of_another_size_have) {
  const machine::Topology topology(machine_);
  auto& free = profile_.primitives[static_cast<std::size_t>(Primitive::struct_page_free)];
  free = {Picoseconds{0}, 1, Access::stream, false, Bytes{0}};
  const auto price = [&](kernel::Pass pass, std::int64_t bytes) {
    return Pricer(profile_, topology, NodeId{0}, Bytes{bytes}).price(pass, 1000, NodeId{0}, 0);
  };
  EXPECT_EQ(price(Primitive::struct_page_init, 128).time, SimTime{2752 + 2 * 5248});
  EXPECT_EQ(price(Primitive::struct_page_init, 128).traffic, Bytes{256'000});
  EXPECT_EQ(price(Primitive::struct_page_init, 32).time, SimTime{2752 + 2624});
  EXPECT_EQ(price(Primitive::struct_page_init, 56).traffic, Bytes{112'000});
  EXPECT_EQ(price(Primitive::struct_page_free, 128).time, SimTime{5248});
  EXPECT_EQ(price(Primitive::struct_page_free, 32).time, SimTime{2624});
  const kernel::Pass both{Primitive::struct_page_free, Primitive::struct_page_init};
  EXPECT_EQ(price(both, 128).time, SimTime{2752 + 2 * 5248}) << "the lines of whoever has more";
}

// Each line costs its latency once; a fused pass touches it once where two passes touch it twice.
TEST_F(Prices, depend_on_lines_and_on_how_their_misses_overlap) {
  const machine::Topology topology(machine_);
  const auto time = [&](PrimitiveCost cost) {
    profile_.primitives[0] = cost;
    return Pricer(profile_, topology, NodeId{0}).price(Primitive{}, 1000, NodeId{0});
  };
  EXPECT_EQ(time({Picoseconds{0}, 1, Access::dependent, false, Bytes{0}}).time, SimTime{82'000});
  EXPECT_EQ(time({Picoseconds{0}, 2, Access::stride, false, Bytes{0}}).time, SimTime{39'197});
  EXPECT_EQ(time({Picoseconds{0}, 1, Access::stream, false, Bytes{0}}).time, SimTime{5'248});
  EXPECT_EQ(time({Picoseconds{0}, 1, Access::stream, false, Bytes{0}}).traffic, Bytes{64'000});
  EXPECT_EQ(time({Picoseconds{0}, 1, Access::stream, true, Bytes{8}}).traffic, Bytes{136'000});
}

// A medium of 256 bytes that is written at a quarter of the speed: a line read in order is 64
// bytes, one read far from others 256; one written is 256, which take as long as 1024 read. Time is
// as ever.
TEST_F(Prices, have_the_traffic_of_the_units_of_the_medium) {
  machine_.nodes[1].access_unit = Bytes{256};
  machine_.nodes[1].write_bandwidth = BytesPerSecond{250'000'000};
  const machine::Topology topology(machine_);
  const auto moved = [&](PrimitiveCost cost, int memory) {
    profile_.primitives[0] = cost;
    return Pricer(profile_, topology, NodeId{0}).price(Primitive{}, 1000, NodeId{memory}).traffic;
  };
  const PrimitiveCost in_order{Picoseconds{0}, 1, Access::stream, false, Bytes{0}};
  const PrimitiveCost far{Picoseconds{0}, 2, Access::stride, false, Bytes{8}};
  const PrimitiveCost written{Picoseconds{0}, 1, Access::stream, true, Bytes{0}};
  EXPECT_EQ(moved(in_order, 1), Bytes{64'000});
  EXPECT_EQ(moved(far, 1), Bytes{2 * 256'000 + 8000});
  EXPECT_EQ(moved(written, 1), Bytes{64'000 + 4 * 256'000});
  EXPECT_EQ(moved(written, 0), Bytes{128'000});
  EXPECT_EQ(Pricer(profile_, topology, NodeId{0}).price(Primitive{}, 1000, NodeId{1}).time,
            SimTime{137'000'000 / 15'625});
}

// A unit of one line, and writing as fast as reading: all is as it is without being said.
TEST_F(Prices, of_a_medium_of_lines_are_those_of_one_that_is_not_stated) {
  machine_.nodes[1].access_unit = Bytes{64};
  machine_.nodes[1].write_bandwidth = machine_.nodes[1].bandwidth;
  const machine::Topology topology(machine_);
  EXPECT_TRUE(topology.medium(NodeId{1}).plain());
  for (const Access access : {Access::stream, Access::stride, Access::dependent}) {
    profile_.primitives[0] = {Picoseconds{100}, 3, access, true, Bytes{40}};
    const Price here = Pricer(profile_, topology, NodeId{0}).price(Primitive{}, 1000, NodeId{0});
    const Price there = Pricer(profile_, topology, NodeId{1}).price(Primitive{}, 1000, NodeId{1});
    EXPECT_EQ(here.time, there.time);
    EXPECT_EQ(here.traffic, there.traffic);
  }
}

TEST_F(Prices, follow_the_speed_of_the_core) {
  machine_.core.speed = 500;
  machine_.core.misses_in_flight_stream = 8200;
  const machine::Topology topology(machine_);
  Pricer p(profile_, topology, NodeId{0});
  EXPECT_EQ(p.price(Primitive::struct_page_init, 1000, NodeId{0}).time, SimTime{5504 + 10'000});
}

// At 1.5 GHz what was measured at 3 takes twice as long; lines wait for the memory as before.
TEST_F(Prices, follow_the_clock_where_it_is_known_and_matters) {
  profile_.core.clock = 3000;
  machine_.core.clock = 1500;
  const auto took = [&] {
    const machine::Topology topology(machine_);
    return Pricer(profile_, topology, NodeId{0})
        .price(Primitive::struct_page_init, 1000, NodeId{0})
        .time;
  };
  EXPECT_EQ(took(), SimTime{5504 + 5248});
  auto& init = profile_.primitives[static_cast<std::size_t>(Primitive::struct_page_init)];
  init.clock = 1500;
  EXPECT_EQ(took(), SimTime{8000}) << "the price is for this clock";
  init.clock = PrimitiveCost::kClockless;
  EXPECT_EQ(took(), SimTime{8000});
  init.clock = 0;
  machine_.core.clock = 0;
  EXPECT_EQ(took(), SimTime{8000});
}

// Two threads of equal demands d on both stations: each of them finds half of the other at each, so
// a piece takes 1.5 d + 1.5 d. With one station alone it takes twice as long.
TEST(shared_core, is_a_closed_network_of_its_threads) {
  const auto took = [](std::int64_t own, std::int64_t stall, std::int64_t threads) {
    const Shared s = shared_core({own, stall}, threads);
    return static_cast<std::int64_t>(s.own + s.stall);
  };
  EXPECT_EQ(took(1000, 1000, 1), 2000);
  EXPECT_EQ(took(1000, 1000, 2), 3000);
  EXPECT_EQ(took(1000, 0, 2), 2000);
  EXPECT_EQ(took(0, 1000, 4), 4000);
  EXPECT_EQ(took(0, 0, 2), 0);
}

TEST_F(Prices, rise_while_other_threads_of_the_core_are_busy) {
  const machine::Topology topology(machine_);
  Pricer p(profile_, topology, NodeId{0});
  p.share_with(2);
  const Price both = p.price(Primitive::struct_page_init, 1000, NodeId{0});
  EXPECT_GT(both.time, SimTime{8000});
  EXPECT_LT(both.time, SimTime{16'000});
  EXPECT_EQ(both.traffic, Bytes{128'000});
  p.share_with(1);
  EXPECT_LE(p.price(Primitive::struct_page_init, 1000, NodeId{0}).time, SimTime{8001});
}

// What the machine says of one kind of miss leaves the other to the prices.
TEST_F(Prices, are_those_of_their_own_core_where_the_machine_says_nothing) {
  const auto said = [&](Access access) {
    const MissesInFlight m = misses_in_flight(access, machine_.core, profile_.core);
    return std::pair{m.permille, std::string(m.said_in)};
  };
  EXPECT_EQ(said(Access::stream), std::pair(std::int64_t{15'625}, std::string("costs.core")));
  machine_.core.misses_in_flight_stream = 8200;
  EXPECT_EQ(said(Access::stream), std::pair(std::int64_t{8200}, std::string("machine.core")));
  EXPECT_EQ(said(Access::stride), std::pair(std::int64_t{4184}, std::string("costs.core")));
  EXPECT_EQ(said(Access::dependent).first, 1000);
}

// A locked operation of a pass holds its misses where the machine says how many go on (2): 2.752 +
// 1 + 82 / 2 = 44.752 ns a page; else it adds its own time alone: 2.752 + 1 + 82 / 15.625 = 9 ns.
TEST_F(Prices, wait_for_a_locked_operation_of_the_pass_where_the_machine_says_so) {
  constexpr auto kLocked = Primitive::set_page_reserved;
  profile_.primitives[static_cast<std::size_t>(kLocked)] = {Picoseconds{1000}, 0, Access::locked,
                                                            true, Bytes{0}};
  const auto took = [&](kernel::Pass pass) {
    const machine::Topology topology(machine_);
    return Pricer(profile_, topology, NodeId{0}).price(pass, 1000, NodeId{0}, 0).time;
  };
  EXPECT_EQ(took({Primitive::struct_page_init, kLocked}), SimTime{9000});
  EXPECT_EQ(took({kLocked, Primitive::struct_page_init}), SimTime{9000});
  EXPECT_EQ(misses_in_flight(Access::locked, machine_.core, profile_.core).as, Access::stream);
  machine_.core.misses_in_flight_locked = 2000;
  EXPECT_EQ(took({Primitive::struct_page_init, kLocked}), SimTime{44'752});
  EXPECT_EQ(took({kLocked, Primitive::struct_page_init}), SimTime{44'752});
  EXPECT_EQ(took(Primitive::struct_page_init), SimTime{8000});
  EXPECT_EQ(misses_in_flight(Access::locked, machine_.core, profile_.core).as, Access::locked);
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

// 2.752 + 0.5 ns of processor time, the lines once: 82 / 15.625 ns a page, 128 bytes; each start of
// the stream 2.5 latencies.
TEST_F(Prices, of_a_pass_share_the_lines_of_its_primitives) {
  machine_.core.stream_start_misses = 2'500;
  profile_.primitives[static_cast<std::size_t>(Primitive::struct_page_free)] = {
      Picoseconds{500}, 1, Access::stream, false, Bytes{0}};
  const machine::Topology topology(machine_);
  Pricer p(profile_, topology, NodeId{0});
  const kernel::Pass pass{Primitive::struct_page_init, Primitive::struct_page_free};
  const Price once = p.price(pass, 1000, NodeId{0}, 0);
  EXPECT_EQ(once.time, SimTime{8500});
  EXPECT_EQ(once.traffic, Bytes{128'000});
  EXPECT_EQ(once.stall, SimTime{5248});
  EXPECT_EQ(p.price(pass, 1000, NodeId{0}, 4).time, SimTime{8500 + 4 * 205});
  EXPECT_EQ(p.price(kernel::Pass{Primitive::struct_page_init}, 1000, NodeId{0}, 0).time,
            SimTime{8000});
}

// A line out of the second level takes 2.5 cycles at 2.5 GHz, 1 ns, longer. Freeing goes over it
// once more, and where it follows on initialising a batch of 1024, twice: 2.752 + 0.5 + 2 * 1 +
// 5.248 ns.
TEST_F(Prices, of_lines_that_are_touched_again_are_cycles_of_the_second_level) {
  profile_.core.clock = 2500;
  profile_.core.second_level_line = 2500;
  profile_.primitives[static_cast<std::size_t>(Primitive::struct_page_free)] = {
      Picoseconds{500}, 1, Access::stream, true, Bytes{0}, 0, 1};
  const kernel::Pass fused{Primitive::struct_page_init, Primitive::struct_page_free};
  const auto price = [&](kernel::Pass pass, std::int64_t starts) {
    const machine::Topology topology(machine_);
    return Pricer(profile_, topology, NodeId{0}).price(pass, 1000, NodeId{0}, starts);
  };
  EXPECT_EQ(price(Primitive::struct_page_init, 0).time, SimTime{8000});
  EXPECT_EQ(price(Primitive::struct_page_free, 0).time, SimTime{500 + 1000 + 5248});
  EXPECT_EQ(price(fused, 0).time, SimTime{8500 + 1000}) << "page by page, nothing goes back";
  const Price batches = price(fused, 1);
  EXPECT_EQ(batches.time, SimTime{8500 + 2000});
  EXPECT_EQ(batches.stall, SimTime{5248}) << "nobody waits for memory";
  EXPECT_EQ(batches.traffic, Bytes{128'000});

  machine_.core.clock = 5000;
  EXPECT_EQ(price(fused, 1).time, SimTime{(3252 + 2000) / 2 + 5248});
  machine_.core.clock = 0;
  machine_.core.speed = 500;
  EXPECT_EQ(price(fused, 1).time, SimTime{(3252 + 2000) * 2 + 5248});
  machine_.core.speed = 1000;
  machine_.core.second_level_line = 500;
  EXPECT_EQ(price(fused, 1).time, SimTime{8500 + 400}) << "the machine's core";
  machine_.core.second_level_line = 0;
  EXPECT_EQ(price(fused, 1).time, SimTime{8500});
}

TEST_F(Prices, leave_the_second_level_out_where_no_clock_is_known) {
  profile_.core.second_level_line = 2500;
  profile_.primitives[0] = {Picoseconds{500}, 0, Access::stream, true, Bytes{0}, 0, 1};
  const machine::Topology topology(machine_);
  EXPECT_EQ(Pricer(profile_, topology, NodeId{0}).price(Primitive{}, 1000, NodeId{0}).time,
            SimTime{500});
}

// The machine's core if it says so, 0 included, else the core of the prices.
TEST_F(Prices, know_who_says_what_a_line_of_the_second_level_takes) {
  profile_.core.second_level_line = 2360;
  const auto said = [&] { return second_level_line(machine_.core, profile_.core); };
  EXPECT_EQ(said().millicycles, 2360);
  EXPECT_EQ(std::string(said().said_in), "costs.core");
  machine_.core.second_level_line = 0;
  EXPECT_EQ(said().millicycles, 0);
  EXPECT_EQ(std::string(said().said_in), "machine.core");
}

TEST(read_cost_profile, every_primitive_needs_a_price_and_the_core_its_table) {
  const Value empty{Value::Table{}, {"costs.toml", 1, 1}};
  Diagnostics errors;
  read_cost_profile(empty, errors, nullptr);
  EXPECT_EQ(errors.size(), kernel::kPrimitives + 2)
      << "one for each primitive, one for the core and one for the name";
  EXPECT_TRUE(std::any_of(errors.begin(), errors.end(), [](const Diagnostic& e) {
    return e.text() ==
           "costs.toml:1:1: nothing is said of the core that the prices are for; add a table "
           "[core] with 'misses_in_flight_stream' and 'misses_in_flight_stride', in 1/1000";
  }));
}

}  // namespace
}  // namespace mhp::cost::pricer_test
