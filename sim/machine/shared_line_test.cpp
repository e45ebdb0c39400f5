// A line that all nodes write, where the answer is known: how long it takes from one to the next,
// and who gets it how often.
#include "sim/machine/shared_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace mhp::machine::shared_line_test {
namespace {

/// Nodes in a row, 100 ns each and 60 ns a link; the line lies on the first.
class Line : public ::testing::Test {
 protected:
  void nodes(std::size_t count) {
    machine_.nodes.assign(count, NodeParams{Bytes{kGiB}, 1, SimTime{100}, BytesPerSecond{1}});
    for (std::int32_t n = 1; n < static_cast<std::int32_t>(count); ++n)
      machine_.links.push_back({NodeId{n - 1}, NodeId{n}, SimTime{60}, BytesPerSecond{1}});
    topology_.emplace(machine_);
    line_.emplace(engine_, machine_, *topology_, NodeId{0}, SimTime{75});
    ends_.assign(count, SimTime{});
  }
  struct Awaiter {
    SharedLine& line;
    NodeId node;
    const void* writer;
    std::int64_t writes;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> h) {
      return !line.write_or_queue(node, writer, writes, h);
    }
    void await_resume() const noexcept {}
  };
  /// Works, then writes, so many times.
  static Task<void> thread(Line& l, std::int32_t node, SimTime works, int times,
                           std::int64_t writes = 1) {
    SimTime& end = l.ends_[static_cast<std::size_t>(node)];
    const char self = 0;
    for (int i = 0; i < times; ++i) {
      co_await l.engine_.delay(works);
      co_await Awaiter{*l.line_, NodeId{node}, &self, writes};
    }
    end = l.engine_.now();
  }
  void spawn(std::int32_t node, SimTime works, int times, std::int64_t writes = 1) {
    engine_.spawn(thread(*this, node, works, times, writes));
  }

  Machine machine_;
  engine::Engine engine_;
  std::optional<Topology> topology_;
  std::optional<SharedLine> line_;
  std::vector<SimTime> ends_;
};

// The memory at home 100 ns, and half of each link's 60 ns for each time that it is crossed: to
// home, to the owner, and from there to the writer.
TEST_F(Line, comes_by_way_of_its_home) {
  nodes(4);
  EXPECT_EQ(line_->transfer(NodeId{0}, NodeId{1}), SimTime{100 + 30 + 0 + 30});
  EXPECT_EQ(line_->transfer(NodeId{1}, NodeId{0}), SimTime{100 + 0 + 30 + 30});
  EXPECT_EQ(line_->transfer(NodeId{1}, NodeId{3}), SimTime{100 + 90 + 30 + 60});
  EXPECT_EQ(line_->transfer(NodeId{2}, NodeId{2}), SimTime{75});
}

TEST_F(Line, costs_nothing_who_has_it) {
  nodes(3);
  spawn(2, SimTime{10}, 1000);
  engine_.run();
  EXPECT_EQ(ends_[2], SimTime{10'000});
}

// 160 ns each way, 500 times; neither waits for long.
TEST_F(Line, goes_to_and_fro_between_two) {
  nodes(2);
  spawn(0, SimTime{1000}, 500);
  spawn(1, SimTime{1000}, 500);
  engine_.run();
  EXPECT_NEAR(static_cast<double>(ends_[0].value), 500 * 1160, 2000);
  EXPECT_NEAR(static_cast<double>(ends_[1].value), 500 * 1160, 2000);
}

TEST_F(Line, of_several_writes_takes_as_often) {
  nodes(2);
  spawn(0, SimTime{1}, 1);
  spawn(1, SimTime{100}, 1, 32);
  engine_.run();
  EXPECT_EQ(ends_[1], SimTime{100 + 32 * 160});
}

// Three writers that work no longer than the line takes: of two waiting at the second node, its
// own and the one behind it, each has half of what comes from there.
TEST_F(Line, comes_more_often_to_who_is_near) {
  nodes(5);
  for (std::int32_t n = 0; n < 5; ++n) spawn(n, SimTime{1}, 1000);
  engine_.run();
  EXPECT_LT(ends_[0], ends_[1]);
  for (std::size_t n = 1; n < 4; ++n) EXPECT_LE(ends_[n], ends_[n + 1]) << n;
  EXPECT_GT(ends_[4].value, 2 * ends_[0].value);
}

// Its time is the line's alone: all writes by what a transfer takes, at most.
TEST_F(Line, is_never_idle_while_somebody_waits) {
  nodes(5);
  for (std::int32_t n = 0; n < 5; ++n) spawn(n, SimTime{1}, 1000);
  engine_.run();
  std::int64_t longest = 0;
  for (std::int32_t a = 0; a < 5; ++a)
    for (std::int32_t b = 0; b < 5; ++b)
      longest = std::max(longest, line_->transfer(NodeId{a}, NodeId{b}).value);
  const std::int64_t last = std::max_element(ends_.begin(), ends_.end())->value;
  EXPECT_LE(last, 5 * 1000 * longest);
  EXPECT_GE(last, 5 * 1000 * 100 * 7 / 10);
}

}  // namespace
}  // namespace mhp::machine::shared_line_test
