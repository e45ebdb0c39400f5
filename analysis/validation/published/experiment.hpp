#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/core/params.hpp"
#include "sim/core/registry.hpp"
#include "sim/core/value.hpp"

namespace mhp::published {

/// What a simulated experiment came to.
struct Measured {
  std::optional<double> value;  ///< nanoseconds or a count; nothing if it did not get there
  bool time = false;            ///< the value is a time
  std::string outcome = "ok";   ///< how it ended: "ok", "enomem", "refused", "oom"
  /// The numbers that it hangs on, or may hang on: left out are only prices of work that nobody
  /// did.
  std::vector<ParamValue> rests_on = {};
  std::string kernel_note = {};  ///< of config::kernel_note: another kernel's profile stood in
};

/// A kind of experiment that somebody has published: what is set up, and what is read off. All that
/// a measurement leaves open is a parameter of the target's file.
struct Experiment {
  std::string name;
  std::string doc;
  std::vector<ParamInfo> (*describe)(std::string_view prefix) = nullptr;
  /// Simulates it; `table` is a copy for its own use. What is wrong with it is appended to
  /// `errors`.
  Measured (*run)(Value table, Diagnostics& errors) = nullptr;
};

using ExperimentRegistry = Registry<Experiment>;

/// Adds every experiment of the folder `experiments` (generated from its files).
void register_all_experiments(ExperimentRegistry& registry);

/// All experiments.
const ExperimentRegistry& experiments();

}  // namespace mhp::published
