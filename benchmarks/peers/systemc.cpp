// The models on SystemC: its threads, which are coroutines with stacks of their own.
#define SC_INCLUDE_DYNAMIC_PROCESSES  // asks the header for sc_spawn
#include <systemc>

#include "benchmarks/peers/common.hpp"

namespace {

peers::Meter* meter;
peers::Increments* increment;

sc_core::sc_time ns(std::int64_t n) { return {static_cast<double>(n), sc_core::SC_NS}; }

void count(std::int64_t id) {
  const double now = sc_core::sc_time_stamp().to_seconds() * 1e9;
  if (!meter->count(static_cast<std::int64_t>(now), id)) return;
  meter->report(false);
  std::_Exit(0);
}

void process(std::int64_t id) {
  for (;;) {
    sc_core::wait(ns((*increment)()));
    count(id);
  }
}

void patient(std::int64_t id) {
  sc_core::sc_event answer;
  for (;;) {
    answer.notify(ns((*increment)()));
    sc_core::wait(ns(static_cast<std::int64_t>(peers::kPatience)), answer);
    answer.cancel();
    count(id);
  }
}

}  // namespace

int sc_main(int argc, char** argv) {
  meter = new peers::Meter(argc, argv);
  increment = new peers::Increments(meter->distribution);
  const bool timeout = meter->model == "timeout";
  if (!timeout && meter->model != "process") return 3;
  sc_core::sc_set_time_resolution(1, sc_core::SC_NS);
  sc_core::sc_spawn_options options;
  options.set_stack_size(16384);
  for (std::int64_t i = 0; i < meter->at_once; ++i)
    sc_core::sc_spawn([i, timeout] { timeout ? patient(i) : process(i); }, nullptr, &options);
  sc_core::sc_start();
  return 1;
}
