// The models on SimGrid's s4u: actors; timers for events without one.
#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

#include "benchmarks/peers/common.hpp"

namespace {

namespace s4u = simgrid::s4u;
using peers::HotAdd;

peers::Meter* meter;
peers::Increments* increment;

void count(std::int64_t id) {
  if (!meter->count(static_cast<std::int64_t>(s4u::Engine::get_clock() * 1e9), id)) return;
  meter->report(false);
  std::_Exit(0);
}

void held(std::int64_t id) {
  simgrid::kernel::timer::Timer::set(
      s4u::Engine::get_clock() + static_cast<double>((*increment)()) * 1e-9, [id] { held(id); });
  count(id);
}

void process(std::int64_t id) {
  for (;;) {
    s4u::this_actor::sleep_for(static_cast<double>((*increment)()) * 1e-9);
    count(id);
  }
}

// A processor of its own for each actor, behind a link of its pace: the rate of a message that is
// sent to a host is not heeded by this version.
struct Way {
  s4u::Host* processor;
  s4u::Host* memory;
};

void move(const Way& way, double bytes) {
  s4u::Comm::sendto_init()
      ->set_payload_size(static_cast<std::uint64_t>(bytes))
      ->set_source(way.processor)
      ->set_destination(way.memory)
      ->wait();
}

/// A node's memory, its controller, and the ways to it.
class Memory {
 public:
  Memory(s4u::NetZone* zone, std::string name) : zone_(zone), name_(std::move(name)) {
    host_ = zone->create_host(name_, 1e9);
    controller_ = zone->create_link("controller " + name_, HotAdd::kController * 1e9);
    controller_->set_latency(0);
  }
  Way way(double pace) {
    const std::string name = name_ + " " + std::to_string(ways_++);
    const Way way{zone_->create_host("processor " + name, 1e9), host_};
    auto* own = zone_->create_link("pace " + name, pace * 1e9)->set_latency(0);
    zone_->add_route(way.processor->get_netpoint(), host_->get_netpoint(), nullptr, nullptr,
                     {s4u::LinkInRoute(own), s4u::LinkInRoute(controller_)}, false);
    return way;
  }

 private:
  s4u::NetZone* zone_;
  std::string name_;
  s4u::Host* host_;
  s4u::Link* controller_;
  int ways_ = 0;
};

void adder(const Way& way, s4u::Mutex* hotplug) {
  for (std::int64_t block = 0;; ++block) {
    hotplug->lock();
    move(way, HotAdd::kMemmap);
    hotplug->unlock();
    hotplug->lock();
    s4u::this_actor::sleep_for(HotAdd::kOnline * 1e-9);
    hotplug->unlock();
    count(block % HotAdd::kBlocks);
  }
}

void writer(const Way& way) {
  for (;;) {
    move(way, HotAdd::kWrite);
    s4u::this_actor::sleep_for(1e-6);
  }
}

}  // namespace

int main(int argc, char** argv) {
  meter = new peers::Meter(argc, argv);
  increment = new peers::Increments(meter->distribution);
  std::vector<std::string> words{argv[0],
                                 "--log=root.thres:critical",
                                 "--cfg=contexts/stack-size:16",
                                 "--cfg=contexts/guard-size:0",
                                 "--cfg=network/model:CM02",
                                 "--cfg=network/TCP-gamma:0",
                                 "--cfg=network/crosstraffic:0",
                                 "--cfg=surf/precision:1e-9"};
  std::vector<char*> options;
  for (std::string& w : words) options.push_back(w.data());
  options.push_back(nullptr);
  int n = static_cast<int>(words.size());
  s4u::Engine engine(&n, options.data());
  auto* zone = s4u::create_full_zone("machine");
  s4u::Host* host = zone->create_host("processor", 1e9);
  std::vector<Way> adders;
  std::vector<Way> writers;
  for (int node = 0; node < HotAdd::kNodes; ++node) {
    Memory memory(zone, std::to_string(node));
    adders.push_back(memory.way(HotAdd::kPace));
    for (int i = 0; i < HotAdd::kWriters; ++i) writers.push_back(memory.way(HotAdd::kWriterPace));
  }
  zone->seal();
  auto hotplug = s4u::Mutex::create();
  if (meter->model == "hold") {
    for (std::int64_t i = 0; i < meter->at_once; ++i)
      simgrid::kernel::timer::Timer::set(static_cast<double>((*increment)()) * 1e-9,
                                         [i] { held(i); });
    // Timers alone do not keep a simulation going.
    s4u::Actor::create("keeper", host, [] { s4u::this_actor::sleep_for(1e15); });
  } else if (meter->model == "process") {
    for (std::int64_t i = 0; i < meter->at_once; ++i)
      s4u::Actor::create("process", host, [i] { process(i); });
  } else if (meter->model == "hot_add") {
    for (const Way& way : adders)
      s4u::Actor::create("adder", way.processor, [way, hotplug] { adder(way, hotplug.get()); });
    for (const Way& way : writers)
      s4u::Actor::create("writer", way.processor, [way] { writer(way); });
  } else {
    return 3;
  }
  engine.run();
  return 1;
}
