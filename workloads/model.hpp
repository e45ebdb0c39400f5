#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/figure.hpp"
#include "sim/core/params.hpp"
#include "sim/core/registry.hpp"
#include "sim/core/value.hpp"

namespace mhp::workloads {

struct Context;
class Workload;

/// One figure that a workload reports at the end of a run; its name is without the workload's own.
struct Figure {
  FigureRecord what;
  std::int64_t value = 0;
};

/// Makes a workload of a run.
using Factory = std::function<std::unique_ptr<Workload>(const Context&)>;

/// A kind of workload, listed under its name.
struct WorkloadModel {
  std::string name;
  std::string doc;
  std::vector<ParamInfo> (*describe)(std::string_view prefix) = nullptr;
  /// Reads the workload's table; all that is wrong with it is appended to `errors`.
  Factory (*configure)(const Value& table, std::string_view prefix, Diagnostics& errors,
                       std::vector<ParamValue>* used) = nullptr;
  /// The figures that it reports.
  std::vector<FigureRecord> (*figures)() = nullptr;
};

using WorkloadRegistry = Registry<WorkloadModel>;

/// Adds every workload of this folder (generated from its files).
void register_all_workloads(WorkloadRegistry& registry);

/// All workloads.
const WorkloadRegistry& workloads();

}  // namespace mhp::workloads
