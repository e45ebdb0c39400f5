#include "analysis/validation/published/experiment.hpp"

namespace mhp::published {

const ExperimentRegistry& experiments() {
  static const ExperimentRegistry registry = [] {
    ExperimentRegistry r;
    register_all_experiments(r);
    return r;
  }();
  return registry;
}

}  // namespace mhp::published
