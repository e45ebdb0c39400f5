// Times are made from known constants; deriving gives them back.
#include "analysis/validation/host/derive.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "analysis/validation/host/synthetic.hpp"

namespace mhp::host::derive_test {
namespace {

using kernel::Primitive;

cost::CostProfile base() {
  cost::CostProfile costs;
  costs.primitives[static_cast<std::size_t>(Primitive::contiguity_check)].lines = 2;
  return costs;
}

double cpu_of(const Constants& c, Primitive p) {
  for (const PrimitiveConstant& one : c.primitives)
    if (one.primitive == p) return one.cpu_ns.is.value;
  ADD_FAILURE() << "no such primitive";
  return 0;
}

bool near(double a, double b, double relative = 1e-6) {
  return std::abs(a - b) <= relative * std::abs(b) + 1e-9;
}

bool warns(const Constants& c, const std::string& text) {
  return std::any_of(c.warnings.begin(), c.warnings.end(),
                     [&](const std::string& w) { return w.find(text) != std::string::npos; });
}

RC_GTEST_PROP(derive, gives_back_the_constants_that_made_the_times, ()) {
  Synthetic made;
  const auto tenths = [](int from, int to) { return *rc::gen::inRange(from, to) / 10.0; };
  made.latency = *rc::gen::inRange(50, 400);
  made.link_latency = *rc::gen::inRange(0, 300);
  made.in_flight_stream = tenths(20, 1000);
  made.in_flight_stride = tenths(15, 200);
  made.free_cpu = tenths(1, 50);
  made.init_cpu = tenths(0, 80);
  made.clear_cpu = tenths(0, 50);
  made.walk_cpu = tenths(5, 300);
  made.stream_start = tenths(0, 100);
  made.page_clear = tenths(500, 9000);
  const Constants c = derive(made.times(2), base());
  RC_ASSERT(near(c.in_flight_stream.is.value, made.in_flight_stream));
  RC_ASSERT(near(c.in_flight_stride.is.value, made.in_flight_stride));
  RC_ASSERT(std::abs(c.stream_start.is.value - made.stream_start) < 1e-6);
  RC_ASSERT(near(cpu_of(c, Primitive::struct_page_free), made.free_cpu));
  RC_ASSERT(near(cpu_of(c, Primitive::struct_page_init), made.init_cpu));
  RC_ASSERT(near(cpu_of(c, Primitive::struct_page_clear), made.clear_cpu));
  RC_ASSERT(near(cpu_of(c, Primitive::contiguity_check), made.walk_cpu));
  RC_ASSERT(near(cpu_of(c, Primitive::page_table_page), made.page_clear));
  RC_ASSERT(c.nodes.size() == 2U && c.links.size() == 1U);
  for (const NodeConstants& n : c.nodes) RC_ASSERT(n.latency_ns.is.value == made.latency);
  RC_ASSERT(near(c.links[0].latency_ns.is.value, made.link_latency));
  RC_ASSERT(c.warnings.empty());
}

TEST(derive, gets_the_clock_from_additions_or_not_at_all) {
  Measurements m = Synthetic{}.times(1);
  EXPECT_NEAR(derive(m, base()).clock.is.value, 2500, 1e-9);
  m.work[0].additions.repetitions = {0.4, 0.5, 0.5};
  EXPECT_NEAR(derive(m, base()).clock.is.high, 2500, 1e-9);
  EXPECT_NEAR(derive(m, base()).clock.is.low, 2000, 1e-9);
  m.work[0].additions.repetitions = {0.01, 0.01, 0.01};
  EXPECT_EQ(derive(m, base()).clock.is.value, 0);
  EXPECT_TRUE(warns(derive(m, base()), "are no clock"));
  m.work[0].additions.repetitions.clear();
  EXPECT_EQ(derive(m, base()).clock.is.value, 0) << "not known";
}

TEST(derive, fits_queues_where_readers_slow_each_other_down) {
  Synthetic made;  // 16 readers of 16 GB/s each ask for 256 of 100 GB/s
  const Constants c = derive(made.times(1), base());
  EXPECT_NEAR(c.nodes[0].bandwidth.is.value, 100, 1);
  EXPECT_NEAR(c.variability.is.value, 3, 0.15);
  EXPECT_EQ(c.variability.basis, "fitted");
}

TEST(derive, leaves_the_variability_as_given_where_nothing_queues) {
  Synthetic made;
  made.controller.bandwidth = 1e5;
  const Constants c = derive(made.times(1), base());
  EXPECT_EQ(c.variability.is.value, 4);
  EXPECT_EQ(c.variability.basis, "assumed");
  EXPECT_NE(c.nodes[0].bandwidth.source.find("at least so much"), std::string::npos);
  EXPECT_NEAR(c.nodes[0].bandwidth.is.low, 256, 4);  // what 16 readers were seen to read
  EXPECT_GT(c.nodes[0].bandwidth.is.value, 256);
  EXPECT_LT(read_ns({c.nodes[0].bandwidth.is.value, 4}, made.reader, 16), made.reader * 1.011);
}

TEST(derive, says_so_where_one_core_cannot_tell_the_bandwidth) {
  Synthetic made;
  made.cores = 1;
  const Constants c = derive(made.times(1), base());
  EXPECT_EQ(c.nodes[0].bandwidth.basis, "assumed");
  EXPECT_NEAR(c.nodes[0].bandwidth.is.value, 4 * 16, 1e-9);
  EXPECT_NEAR(c.nodes[0].bandwidth.is.low, 16, 1e-9);
}

TEST(derive, warns_of_times_that_contradict_the_model) {
  Synthetic made;
  made.init_cpu = -1;  // initialisation faster than the wait of a light pass
  Constants c = derive(made.times(1), base());
  EXPECT_EQ(cpu_of(c, Primitive::struct_page_init), 0);
  EXPECT_TRUE(warns(c, "less than the wait of a light pass"));
  Measurements m = Synthetic{}.times(1);
  m.work[0].free_cold.repetitions = m.work[0].free_hot.repetitions;
  c = derive(m, base());
  EXPECT_EQ(c.in_flight_stream.is.value, 1000);
  EXPECT_TRUE(warns(c, "no slower than over cached"));
}

// Where caches cannot be emptied: a part of the lines came from them, and the plan says so much or
// more.
RC_GTEST_PROP(derive, has_ranges_that_hold_the_constants_whatever_was_cached, ()) {
  Synthetic made;
  made.cached = *rc::gen::inRange(0, 80) / 100.0;
  made.latency = *rc::gen::inRange(50, 400);
  made.in_flight_stream = *rc::gen::inRange(20, 200) / 10.0;
  Measurements m = made.times(1);
  m.memory[0].cached = std::min(0.9, made.cached + *rc::gen::inRange(0, 20) / 100.0);
  m.memory[0].flushed = false;
  m.memory[0].notes = {"caches are large"};
  const Constants c = derive(m, base());
  const auto holds = [](const Constant& k, double v) {
    return k.is.low <= v + 1e-9 && k.is.high >= v - 1e-9;
  };
  RC_ASSERT(holds(c.nodes[0].latency_ns, made.latency));
  RC_ASSERT(holds(c.in_flight_stream, made.in_flight_stream));
  RC_ASSERT(holds(c.in_flight_stride, made.in_flight_stride));
  RC_ASSERT(holds(c.stream_start, made.stream_start));
  for (const PrimitiveConstant& p : c.primitives)
    if (p.primitive == Primitive::struct_page_init) RC_ASSERT(holds(p.cpu_ns, made.init_cpu));
  RC_ASSERT(warns(c, "caches are large"));
}

TEST(derive, lets_the_latency_be_higher_where_little_memory_was_worked_in) {
  Measurements m = Synthetic{}.times(1);
  m.memory[0].farther = 1.5;
  const Constant latency = derive(m, base()).nodes[0].latency_ns;
  EXPECT_EQ(latency.is.value, 90);
  EXPECT_EQ(latency.is.low, 90);
  EXPECT_NEAR(latency.is.high, 135, 1e-9);
  EXPECT_NE(latency.source.find("50 % more"), std::string::npos);
}

// The thread that is timed has its lines flushed; those beside it may have read from caches.
TEST(derive, lets_the_bandwidth_alone_be_lower_where_only_threads_beside_find_lines_in_caches) {
  const Synthetic made;
  const Constants sure = derive(made.times(1), base());
  Measurements m = made.times(1);
  m.memory[0].cached = 0.5;
  const Constants c = derive(m, base());
  EXPECT_EQ(c.nodes[0].bandwidth.is.value, sure.nodes[0].bandwidth.is.value);
  EXPECT_NEAR(c.nodes[0].bandwidth.is.low, sure.nodes[0].bandwidth.is.low / 2, 1e-9);
  EXPECT_NE(c.nodes[0].bandwidth.source.find("50 % of the lines at the most came from caches"),
            std::string::npos);
  EXPECT_EQ(c.nodes[0].latency_ns.is.high, sure.nodes[0].latency_ns.is.high);
  EXPECT_EQ(c.in_flight_stream.is.low, sure.in_flight_stream.is.low);
}

TEST(derive, warns_of_noise_and_gives_ranges) {
  Measurements m = Synthetic{}.times(1);
  m.work[0].init_cold.repetitions = {10, 10, 14, 20, 30};
  const Constants c = derive(m, base());
  EXPECT_TRUE(warns(c, "noisy: 'initialise, cold' spreads by 40 %"));
  for (const PrimitiveConstant& p : c.primitives) {
    EXPECT_LE(p.cpu_ns.is.low, p.cpu_ns.is.value);
    EXPECT_GE(p.cpu_ns.is.high, p.cpu_ns.is.value);
    EXPECT_FALSE(p.cpu_ns.source.empty());
  }
}

}  // namespace
}  // namespace mhp::host::derive_test
