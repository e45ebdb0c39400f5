#include "sim/engine/signal.hpp"

namespace mhp::engine {

void Signal::notify_all() {
  ++notifications_;
  for (const std::coroutine_handle<> h : waiters_) engine_.resume_at(engine_.now(), h);
  waiters_.clear();
}

}  // namespace mhp::engine
