#include "sim/engine/engine.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"

namespace mhp::engine {

template <class Queue>
void BasicEngine<Queue>::refuse_past(SimTime t) const {
  invariant_failed("time >= now()", __FILE__, __LINE__,
                   fmt::format("an event was scheduled for {} ns, but it is {} ns already", t.value,
                               now().value));
}

template <class Queue>
void BasicEngine<Queue>::grow() {
  // Most models have few events pending, and each level of the tree costs each event.
  const std::uint32_t capacity = std::max<std::uint32_t>(16, slots_.capacity() * 2);
  queue_.reserve(capacity);
  slots_.grow(capacity);
}

template <class Queue>
std::uint32_t BasicEngine<Queue>::ring_pop() {
  const std::uint32_t slot = ring_.front();
  do ring_.pop();
  while (!ring_.empty() && ring_.front() == kTakenBack);
  return slot;
}

template <class Queue>
void BasicEngine<Queue>::unlink(std::uint32_t slot) {
  const std::uint32_t where = slots_[slot].link;
  if (where == kQueued) {
    queue_.erase(slot);
  } else if (ring_.front() == slot) {
    ring_pop();
  } else {
    ring_[where] = kTakenBack;
  }
}

template <class Queue>
bool BasicEngine<Queue>::cancel(EventHandle h) {
  if (!slots_.pending(h)) return false;
  unlink(h.slot);
  slots_.release(h.slot);
  ++cancelled_;
  return true;
}

template <class Queue>
bool BasicEngine<Queue>::reschedule(EventHandle h, SimTime t) {
  if (!slots_.pending(h)) return false;
  if (t < now()) [[unlikely]]
    refuse_past(t);
  std::uint32_t& where = slots_[h.slot].link;
  if (t > now() && where == kQueued) {
    queue_.move(h.slot, t);
  } else {
    unlink(h.slot);
    if (t == now()) {
      where = ring_push(h.slot);
    } else {
      where = kQueued;
      queue_.insert(h.slot, t);
    }
  }
  ++rescheduled_;
  return true;
}

template <class Queue>
bool BasicEngine<Queue>::dispatch(std::uint64_t bound) {
  const std::uint64_t queued = queue_.next_time();
  if (!ring_.empty() && queued != now_) [[unlikely]] {
    if (now_ >= bound) return false;
    execute(ring_pop());
    return true;
  }
  if (queued >= bound) return false;
  now_ = queued;
  execute(queue_.pop());
  return true;
}

template <class Queue>
void BasicEngine<Queue>::execute(std::uint32_t slot) {
  const SlotTable::Payload event = slots_.release(slot);
  ties_ += last_ == now_;
  last_ = now_;
  ++executed_;
  if (observer_) [[unlikely]] {
    execute_observed(event);
  } else {
    event.fn(event.context);
  }
}

template <class Queue>
void BasicEngine<Queue>::execute_observed(SlotTable::Payload event) {
  const EventView view{now(), executed_ - 1, event.fn, event.context};
  observer_->on_event(view);
  event.fn(event.context);
  if (observer_) observer_->on_event_done(view);
}

template <class Queue>
RunEnd BasicEngine<Queue>::run_below(std::uint64_t bound) {
  MHP_INVARIANT(!running_, "an event ran the engine that runs it");
  running_ = true;
  bound_ = bound;
  while (dispatch(bound_)) {
  }
  running_ = false;
  if (bound_ == 0) {
    end_ = RunEnd::stopped;
  } else {
    end_ = slots_.live() == 0 ? RunEnd::drained : RunEnd::limit_reached;
  }
  return end_;
}

template <class Queue>
RunEnd BasicEngine<Queue>::run() {
  run_below(Queue::kNever);
  if (observer_) observer_->on_run_end(now(), end_);
  return end_;
}

template <class Queue>
RunEnd BasicEngine<Queue>::run_until(SimTime limit) {
  if (limit < now()) [[unlikely]]
    refuse_past(limit);
  run_below(static_cast<std::uint64_t>(limit.value) + 1);
  if (end_ != RunEnd::stopped) now_ = static_cast<std::uint64_t>(limit.value);
  if (observer_) observer_->on_run_end(now(), end_);
  return end_;
}

template <class Queue>
void BasicEngine<Queue>::clear() {
  MHP_INVARIANT(!running_, "an event cleared the engine that runs it");
  processes_.clear();
  while (!ring_.empty()) slots_.release(ring_pop());
  while (queue_.next_time() != Queue::kNever) slots_.release(queue_.pop());
}

template <class Queue>
EngineStatistics BasicEngine<Queue>::statistics() const {
  return {executed_, ties_, cancelled_, rescheduled_, slots_.peak(), end_};
}

template class BasicEngine<TournamentTree>;
template class BasicEngine<StdQueue>;

}  // namespace mhp::engine
