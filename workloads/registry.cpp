#include "workloads/model.hpp"

namespace mhp::workloads {

const WorkloadRegistry& workloads() {
  static const WorkloadRegistry registry = [] {
    WorkloadRegistry r;
    register_all_workloads(r);
    return r;
  }();
  return registry;
}

}  // namespace mhp::workloads
