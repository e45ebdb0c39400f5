#include <cmath>

#include "sim/kernel/arch/x86_64.hpp"
#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::kernel_background_test {
namespace {

TestBed::Settings settings(const char* interval, const char* lifetime, std::int64_t large = 0) {
  return {{"interval", TestBed::text(interval)},
          {"lifetime", TestBed::text(lifetime)},
          {"large_percent", TestBed::number(large)}};
}

Value steps(const std::vector<const char*>& list) {
  Value::Array array;
  for (const char* step : list) array.push_back(TestBed::text(step));
  return Value{std::move(array), {}};
}

// Little's law: 1000 requests a second that live for 2 s on average hold 2000 pages, give or take
// three times the root of it. 100 s are 100,000 requests.
TEST(KernelBackground, holds_what_comes_times_how_long_it_stays) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("kernel_background", settings("1ms", "2s"));
  bed.run_until(kSecond * 100);
  EXPECT_NEAR(static_cast<double>(figure(w, "operations")), 100'000, 3 * std::sqrt(100'000));
  EXPECT_NEAR(static_cast<double>(figure(w, "held_pages")), 2000, 3 * std::sqrt(2000));
  EXPECT_EQ((free - bed.mm.mem_free()).value, figure(w, "held_pages"));
  EXPECT_EQ(figure(w, "panics"), 0);
  bed.mm.validate();
}

// Slabs of order 1, 2 and 3: 14/3 pages on average. What is never given back adds up.
TEST(KernelBackground, slabs_of_several_pages_and_what_is_kept) {
  TestBed bed;
  TestBed::Settings s = settings("1ms", "1s", 100);
  s.push_back({"kept_permille", TestBed::number(1000)});
  const Workload& w = bed.start("kernel_background", s);
  bed.run_until(kSecond * 3);
  const double pages = static_cast<double>(figure(w, "operations")) * 14 / 3;
  EXPECT_NEAR(static_cast<double>(figure(w, "held_pages")), pages, 0.05 * pages);
}

// Memory that somebody else has filled: the kernel's next page kills the larger of two, and there
// is room again.
TEST(KernelBackground, its_request_kills_where_nothing_can_be_reclaimed) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  const Workload& small = bed.start("script", {{"steps", steps({"hold 40MiB"})}});
  const std::int64_t all = bed.mm.mem_free().value * kPageSize / kMiB;
  const std::string rest = "hold " + std::to_string(all - 50) + "MiB";
  const Workload& large = bed.start("script", {{"steps", steps({rest.c_str()})}});
  TestBed::Settings s = settings("1ms", "1s");
  s.push_back({"kept_permille", TestBed::number(1000)});
  const Workload& kernel = bed.start("kernel_background", s);
  bed.run_until(kSecond * 30);
  EXPECT_EQ(figure(large, "killed"), 1);
  EXPECT_EQ(figure(small, "killed"), 0);
  EXPECT_EQ(figure(kernel, "panics"), 0);
  EXPECT_GT(figure(kernel, "operations"), 25'000);
}

// Nobody to kill: it ends there. Without one who is told, the workload just stops.
TEST(KernelBackground, panics_where_there_is_nobody_to_kill) {
  TestBed bed({TestBed::node(Bytes{256 * kMiB})});
  TestBed::Settings s = settings("10us", "1s");
  s.push_back({"kept_permille", TestBed::number(1000)});
  const Workload& kernel = bed.start("kernel_background", s);
  bed.run_until(kSecond * 30);
  EXPECT_EQ(figure(kernel, "panics"), 1);
  const std::int64_t then = figure(kernel, "held_pages");
  EXPECT_GT(then, 200 * kMiB / kPageSize);
  bed.run_until(kSecond * 31);
  EXPECT_EQ(figure(kernel, "held_pages"), then);
  bed.mm.validate();
}

}  // namespace
}  // namespace mhp::workloads::kernel_background_test
