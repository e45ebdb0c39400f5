// The models on the engine of the project.
#include <coroutine>
#include <memory>
#include <vector>

#include "benchmarks/peers/common.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/flow_network.hpp"
#include "sim/engine/mutex.hpp"

namespace {

using mhp::SimTime;
using mhp::Task;
using mhp::engine::Engine;
using mhp::engine::EventHandle;
using peers::HotAdd;

struct Model {
  explicit Model(const peers::Meter& m) : meter(m), increment(m.distribution) {}
  void count(std::int64_t id) {
    if (meter.count(engine.now().value, id)) {
      meter.report(true);
      engine.stop();
    }
  }
  peers::Meter meter;
  peers::Increments increment;
  Engine engine;
};

struct Held {
  Model* model;
  std::int64_t id;
  static void run(void* context) {
    const auto& [model, id] = *static_cast<Held*>(context);
    model->engine.after(SimTime{model->increment()}, &run, context);
    model->count(id);
  }
};

Task<void> process(Model& model, std::int64_t id) {
  for (;;) {
    co_await model.engine.delay(SimTime{model.increment()});
    model.count(id);
  }
}

/// Waits for an answer, or until it has waited long enough: one of two events takes the other back.
class AnswerOrTimeout {
 public:
  AnswerOrTimeout(Engine& engine, SimTime answer, SimTime patience)
      : engine_(engine), answer_(answer), patience_(patience) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    waiting_ = h;
    answered_ = engine_.after(answer_, &on_answer, this);
    timed_out_ = engine_.after(patience_, &on_timeout, this);
  }
  void await_resume() const noexcept {}

 private:
  static void on_answer(void* context) {
    auto& w = *static_cast<AnswerOrTimeout*>(context);
    w.engine_.cancel(w.timed_out_);
    w.waiting_.resume();
  }
  static void on_timeout(void* context) {
    auto& w = *static_cast<AnswerOrTimeout*>(context);
    w.engine_.cancel(w.answered_);
    w.waiting_.resume();
  }
  Engine& engine_;
  SimTime answer_;
  SimTime patience_;
  std::coroutine_handle<> waiting_;
  EventHandle answered_;
  EventHandle timed_out_;
};

Task<void> patient(Model& model, std::int64_t id) {
  const SimTime patience{static_cast<std::int64_t>(peers::kPatience)};
  for (;;) {
    co_await AnswerOrTimeout(model.engine, SimTime{model.increment()}, patience);
    model.count(id);
  }
}

/// Adds the blocks again and again; each onlined block counts.
struct Machine {
  explicit Machine(Model& m) : model(m), hotplug(m.engine), flows(m.engine) {
    for (int node = 0; node < HotAdd::kNodes; ++node)
      routes.push_back(flows.add_route({flows.add_resource({HotAdd::kController})}));
  }
  Task<void> adder(std::size_t node) {
    for (std::int64_t block = 0;; ++block) {
      co_await hotplug.lock();
      co_await flows.move(routes[node], HotAdd::kMemmap,
                          SimTime{std::int64_t(HotAdd::kMemmap / HotAdd::kPace)});
      hotplug.unlock();
      co_await hotplug.lock();
      co_await model.engine.delay(SimTime{HotAdd::kOnline});
      hotplug.unlock();
      model.count(block % HotAdd::kBlocks);
    }
  }
  Task<void> writer(std::size_t node) {
    const SimTime least{std::int64_t(HotAdd::kWrite / HotAdd::kWriterPace)};
    for (;;) {
      co_await flows.move(routes[node], HotAdd::kWrite, least);
      co_await model.engine.delay(SimTime{1000});
    }
  }
  Model& model;
  mhp::engine::Mutex hotplug;
  mhp::engine::FlowNetwork flows;
  std::vector<std::uint32_t> routes;
};

}  // namespace

int main(int argc, char** argv) {
  const peers::Meter meter(argc, argv);
  Model model(meter);
  std::vector<Held> held;
  std::unique_ptr<Machine> machine;
  if (meter.model == "hold") {
    for (std::int64_t i = 0; i < meter.at_once; ++i) held.push_back({&model, i});
    for (Held& h : held) model.engine.after(SimTime{model.increment()}, &Held::run, &h);
  } else if (meter.model == "hot_add") {
    machine = std::make_unique<Machine>(model);
    for (std::size_t node = 0; node < HotAdd::kNodes; ++node) {
      model.engine.spawn(machine->adder(node));
      for (int i = 0; i < HotAdd::kWriters; ++i) model.engine.spawn(machine->writer(node));
    }
  } else if (meter.model == "process" || meter.model == "timeout") {
    const bool timeout = meter.model == "timeout";
    for (std::int64_t i = 0; i < meter.at_once; ++i)
      model.engine.spawn(timeout ? patient(model, i) : process(model, i));
  } else {
    return 3;
  }
  model.engine.run();
  model.engine.clear();
}
