// The floor: std::priority_queue and nothing else.
#include <cstdint>
#include <queue>
#include <tuple>
#include <vector>

#include "benchmarks/peers/common.hpp"

namespace {

struct Event {
  std::int64_t time;
  std::int64_t sequence;
  std::int64_t id;
  bool operator>(const Event& o) const {
    return std::tie(time, sequence) > std::tie(o.time, o.sequence);
  }
};

}  // namespace

int main(int argc, char** argv) {
  peers::Meter meter(argc, argv);
  if (meter.model != "hold") return 3;
  peers::Increments increment(meter.distribution);
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue;
  std::int64_t sequence = 0;
  for (std::int64_t i = 0; i < meter.at_once; ++i) queue.push({increment(), sequence++, i});
  for (;;) {
    const Event e = queue.top();
    queue.pop();
    queue.push({e.time + increment(), sequence++, e.id});
    if (meter.count(e.time, e.id)) break;
  }
  meter.report(true);
}
