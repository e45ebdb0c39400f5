#pragma once

#include <mhpsim/mhpsim.hpp>

#include "sim/config/scenario.hpp"
#include "sim/core/diagnostic.hpp"
#include "sim/record/dataset.hpp"
#include "sim/run/run.hpp"

namespace mhpsim::detail {

struct ScenarioData {
  mhp::config::Scenario scenario;
};

struct RunData {
  Scenario of;
  mhp::run::RunResult result;
  std::vector<Metric> metrics;
};

struct FileData {
  mhp::record::FileContent content;
};

/// The way from what users hold to what the model knows.
struct Access {
  static const mhp::config::Scenario& scenario(const Scenario& s) { return s.data_->scenario; }
  static Scenario make(mhp::config::Scenario scenario) {
    return Scenario(std::make_shared<const ScenarioData>(ScenarioData{std::move(scenario)}));
  }
  static Run make(RunData data) { return Run(std::make_shared<const RunData>(std::move(data))); }
};

[[noreturn]] void fail(const mhp::Diagnostics& problems);

/// The value, or an Error.
template <class T>
T value_or_error(mhp::Result<T> result) {
  if (!result) fail(result.error());
  return std::move(*result);
}

/// A number as users get it, with "ns" and the like.
template <class E>
std::string word_text(E e) {
  return std::string(mhp::word(e));
}

}  // namespace mhpsim::detail
