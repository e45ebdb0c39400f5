// The models on ns-3, with its default scheduler: callbacks, no processes.
#include <ns3/core-module.h>

#include <vector>

#include "benchmarks/peers/common.hpp"

namespace {

peers::Meter* meter;
peers::Increments* increment;

void count(std::int64_t id) {
  if (!meter->count(ns3::Simulator::Now().GetTimeStep(), id)) return;
  meter->report(true);
  ns3::Simulator::Stop();
}

void held(std::int64_t id) {
  ns3::Simulator::Schedule(ns3::TimeStep((*increment)()), &held, id);
  count(id);
}

struct Patient {
  ns3::EventId answered;
  ns3::EventId timed_out;
};
std::vector<Patient> patients;

void answer(std::int64_t id);
void timeout(std::int64_t id);

void wait(std::int64_t id) {
  Patient& p = patients[static_cast<std::size_t>(id)];
  p.answered = ns3::Simulator::Schedule(ns3::TimeStep((*increment)()), &answer, id);
  p.timed_out = ns3::Simulator::Schedule(ns3::TimeStep(static_cast<std::int64_t>(peers::kPatience)),
                                         &timeout, id);
}
void answer(std::int64_t id) {
  patients[static_cast<std::size_t>(id)].timed_out.Remove();
  count(id);
  wait(id);
}
void timeout(std::int64_t id) {
  patients[static_cast<std::size_t>(id)].answered.Remove();
  count(id);
  wait(id);
}

}  // namespace

int main(int argc, char** argv) {
  meter = new peers::Meter(argc, argv);
  increment = new peers::Increments(meter->distribution);
  if (meter->model == "hold") {
    for (std::int64_t i = 0; i < meter->at_once; ++i)
      ns3::Simulator::Schedule(ns3::TimeStep((*increment)()), &held, i);
  } else if (meter->model == "timeout") {
    patients.resize(static_cast<std::size_t>(meter->at_once));
    for (std::int64_t i = 0; i < meter->at_once; ++i) wait(i);
  } else {
    return 3;
  }
  ns3::Simulator::Run();
  std::_Exit(0);  // what is pending is not worth tearing down
}
