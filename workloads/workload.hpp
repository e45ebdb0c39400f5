#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/histogram.hpp"
#include "sim/core/host.hpp"
#include "sim/engine/engine.hpp"
#include "sim/kernel/mm/mempolicy.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/lruvec.hpp"
#include "workloads/model.hpp"

namespace mhp::workloads {

/// What a workload lives in. All of it outlives the workload.
struct Context {
  engine::Engine& engine;
  kernel::Mm& mm;
  std::uint64_t seed = 0;
  std::uint64_t replicate = 0;
  /// A task of the workload as the kernel sees it, on a processor of a node: through it, work and
  /// memory traffic take their time, and an allocation may wait for memory. The task must say when
  /// it sleeps (kernel::TaskState).
  std::function<std::unique_ptr<Host>(NodeId)> make_host;
  /// What the scenario calls the workload: part of the name of each of its random streams.
  std::string name;
  /// The memory cgroup to which its memory is charged.
  kernel::MemcgId memcg = {};
  /// On which nodes its memory is to lie.
  kernel::MemPolicy policy = {};
  /// The kernel has come to its end, and why: nothing happens after this. None: nobody is told.
  std::function<void(std::string)> panic = {};
};

/// Something that uses the machine's memory while it is hot-plugged. Decides who allocates, touches
/// and frees what.
class Workload {
 public:
  Workload() = default;
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  virtual ~Workload() = default;

  /// Takes what it holds from the beginning and starts its processes.
  virtual void start() = 0;
  virtual std::vector<Figure> figures() const = 0;
  /// Random draws taken so far: part of the run's fingerprint.
  virtual std::uint64_t draws() const = 0;
  /// How long its operations have taken, in ns; null if it has none.
  virtual const Histogram* latency() const { return nullptr; }
};

}  // namespace mhp::workloads
