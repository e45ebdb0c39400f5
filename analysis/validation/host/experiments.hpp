#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analysis/validation/host/buffer.hpp"
#include "analysis/validation/host/measure.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/machine/machine.hpp"

namespace mhp::host {

/// A piece of work done for real and simulated. None was used to derive a constant: other sizes,
/// more threads, other neighbours.
struct Experiment {
  std::string name;
  std::string what;
  bool contended = false;  ///< several threads at once
  Series real;
  double simulated = 0;  ///< nanoseconds a unit

  /// Simulated relative to real, less 1.
  double deviation() const { return simulated / real.value() - 1; }
  double criterion() const { return contended ? 0.25 : 0.15; }
  bool pass() const { return deviation() <= criterion() && deviation() >= -criterion(); }
};

/// All experiments on a node, real and simulated.
struct Comparison {
  std::vector<Experiment> experiments;
  std::vector<std::string> notes;  ///< what was not done or not as wished, and why

  bool pass() const;
};

/// What the simulator is told of an experiment.
struct Model {
  std::int64_t units = 0;  ///< of each thread
  std::vector<kernel::Pass> passes;
  std::int64_t threads = 1;
  std::vector<kernel::Pass> beside = {};  ///< a thread each
};

/// The experiments on the first node of the machine at hand. Setting them up allocates their
/// memory; to have them done is run_rounds'.
class Experiments {
 public:
  static Result<Experiments> prepare(const Host& host, const Limits& limits);

  /// To be run on the node's first core; good as long as this object.
  std::vector<Bench> benches();
  /// Simulates each, once it was done for real, as the rest of the program would.
  Comparison compare(const machine::Machine& machine, const cost::CostProfile& costs) const;

 private:
  Experiments(const HostNode& node, const MemoryPlan& plan, Buffer memory);
  void one_thread();
  void contended(std::size_t threads);
  void many(const char* what, std::size_t threads, void (*work)(std::span<PageRecord>),
            kernel::Pass pass);
  void beside(const char* name, const char* what, void (*work)(std::span<PageRecord>),
              kernel::Pass pass, void (*other)(std::span<PageRecord>), kernel::Pass other_pass);
  void add(const std::string& name, const std::string& what, std::vector<Phase> phases, Model model,
           std::vector<Beside> others = {});

  struct Set {
    Experiment experiment;
    std::vector<Phase> phases;
    std::vector<Beside> beside;
    Model model;
  };

  std::vector<unsigned> cores_;
  MemoryPlan plan_;
  Buffer memory_;
  std::span<PageRecord> large_;
  std::span<PageRecord> medium_;
  std::span<PageRecord> rest_;
  std::vector<Set> sets_;
};

}  // namespace mhp::host
