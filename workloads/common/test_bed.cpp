#include "workloads/common/test_bed.hpp"

#include "sim/core/invariant.hpp"
#include "sim/cost/pricer.hpp"

namespace mhp::workloads {

/// Work takes its price, traffic meets others', locks are free; whatever is waited for comes from
/// the clock or from a thread of the kernel.
class TestBed::TaskHost final : public Host {
 public:
  TaskHost(TestBed& bed, NodeId cpus) : bed_(bed), pricer_(bed.costs, bed.topology, cpus) {}

  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    MHP_INVARIANT(step.kind == Step::Kind::note || step.kind == Step::Kind::release ||
                      bed_.mm.receipts().unspent() == 0,
                  "a task waits before it has paid for what the page allocator did");
    if (step.kind == Step::Kind::spend) {
      const cost::Price price =
          pricer_.price(static_cast<kernel::Primitive>(step.what), step.count, NodeId{step.where});
      if (price.traffic.value > 0)
        bed_.memory.move(pricer_.cpu_node(), price.memory, price.traffic, price.time)
            .await_suspend(resume);
      else
        bed_.engine.resume_at(bed_.engine.now() + price.time, resume);
      return false;
    }
    if (step.kind != Step::Kind::wait) return true;
    if (step.what == static_cast<std::uint16_t>(kernel::Condition::timeout))
      bed_.engine.resume_at(bed_.engine.now() + SimTime{kSecond.value / kernel::kHz * step.count},
                            resume);
    else
      bed_.signals_(step.what, step.where).queue(resume);
    return false;
  }

 private:
  TestBed& bed_;
  cost::Pricer pricer_;
};

namespace {
machine::Machine machine_of(std::vector<machine::NodeParams> nodes) {
  machine::Machine m;
  m.nodes = std::move(nodes);
  for (std::size_t n = 1; n < m.nodes.size(); ++n)
    m.links.push_back({NodeId{0}, NodeId{static_cast<std::int32_t>(n)}, SimTime{60},
                       BytesPerSecond{5'000'000'000}});
  return m;
}
}  // namespace

TestBed::TestBed() : TestBed({node(Bytes{kGiB})}) {}

TestBed::TestBed(std::vector<machine::NodeParams> nodes, kernel::KernelConfig kernel_config)
    : machine(machine_of(std::move(nodes))),
      config(std::move(kernel_config)),
      topology(machine),
      memory(engine, machine, topology),
      mm(kernel::boot(machine::describe(machine, topology), config), config, {}),
      signals_(engine) {
  costs.primitives[static_cast<std::size_t>(kernel::Primitive::memory_line)].traffic =
      Bytes{cost::PrimitiveCost::kLineBytes};
  mm.reclaim().set_waker(&signals_);
  mm.account_work();
  for (std::size_t n = 0; n < mm.nodes(); ++n) {
    threads_.push_back(std::make_unique<TaskHost>(*this, NodeId{0}));
    engine.spawn(mm.reclaim().kswapd(*threads_.back(), NodeId{static_cast<std::int32_t>(n)}));
  }
  threads_.push_back(std::make_unique<TaskHost>(*this, NodeId{0}));
  engine.spawn(mm.reclaim().writeback().run(*threads_.back()));
}

Workload& TestBed::start(const std::string& kind, const Settings& settings, std::uint64_t seed) {
  Value table{Value::Table{}, {"test", 1, 1}};
  table.table()->push_back({"kind", text(kind)});
  for (const auto& [key, value] : settings) table.table()->push_back({key, value});
  Diagnostics errors;
  const auto make = workloads().find(kind)->configure(table, "workload", errors, nullptr);
  for (const Diagnostic& e : errors) ADD_FAILURE() << e.text();
  workloads_.push_back(make({engine,
                             mm,
                             seed,
                             0,
                             [this](NodeId n) { return std::make_unique<TaskHost>(*this, n); },
                             kind,
                             {},
                             policy}));
  workloads_.back()->start();
  return *workloads_.back();
}

double TestBed::events_an_operation(const Workload& workload, SimTime from, SimTime to) {
  run_until(from);
  const std::int64_t events = engine.statistics().executed;
  const std::int64_t operations = figure(workload, "operations");
  run_until(to);
  return static_cast<double>(engine.statistics().executed - events) /
         static_cast<double>(figure(workload, "operations") - operations);
}

std::int64_t figure(const Workload& workload, const std::string& name) {
  for (const Figure& f : workload.figures())
    if (f.what.name == name) return f.value;
  ADD_FAILURE() << "no figure " << name;
  return -1;
}

}  // namespace mhp::workloads
