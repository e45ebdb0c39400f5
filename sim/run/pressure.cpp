#include "sim/run/pressure.hpp"

#include <algorithm>

namespace mhp::run {

void Pressure::advance(SimTime now) {
  const SimTime dt = now - last_;
  last_ = now;
  if (stalled_ == 0) return;
  some_ += dt;
  if (productive_ == 0) full_ += dt;
  area_ += dt * stalled_;
}

void Pressure::set(SimTime now, Task& task, bool running, bool stalled) {
  if (task.running == running && task.stalled == stalled) return;
  advance(now);
  productive_ -= productive(task) ? 1 : 0;
  if (stalled && !task.stalled) {
    ++stalled_;
    ++stalls_;
    task.since = now;
  } else if (!stalled && task.stalled) {
    --stalled_;
    stall_time_ += now - task.since;
    longest_ = std::max(longest_, now - task.since);
  }
  task.running = running;
  task.stalled = stalled;
  productive_ += productive(task) ? 1 : 0;
}

}  // namespace mhp::run
