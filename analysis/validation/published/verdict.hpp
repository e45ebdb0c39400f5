#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/validation/published/interval.hpp"
#include "analysis/validation/published/rests_on.hpp"
#include "analysis/validation/published/target.hpp"
#include "sim/core/words.hpp"
#include "sim/run/explain/drivers.hpp"

namespace mhp::published {

/// What a case is worth as evidence.
enum class Class : std::uint8_t { prediction, consistency, arithmetic };
constexpr std::array<Word, 3> words_of(Class) {
  return {{{"prediction", "none of its data set a constant that it rests on"},
           {"consistency", "some did, or nobody knows what set a constant"},
           {"arithmetic", "a price times a count, or the published law itself"}}};
}

/// A case as it came out.
struct CaseResult {
  std::string name;
  Measured measured;                ///< value already divided by the case's `per`
  std::vector<double> published;    ///< may be empty
  std::optional<double> deviation;  ///< from the mean of the published values, as a fraction
  Class kind = Class::prediction;
  std::vector<SetBy> set_by;         ///< why it is no prediction
  bool sampled = false;              ///< an interval was asked for
  std::optional<Interval> interval;  ///< nothing without a value, or if too many samples have none
  std::optional<run::Driver> widened_by;  ///< the constant that widens it most, if one stands out
  bool inside = false;  ///< of all that checks ask of it, arithmetic ones left out; a case that
                        ///< none of them is about is not

  /// A prediction of a number, whether the simulation got there or not.
  bool counts() const { return kind == Class::prediction && !published.empty(); }
  /// The mean of what was published lies in the interval; not where there is none.
  bool covered() const { return interval && interval->holds(published_mean()); }
  double published_mean() const;
};

/// A check as it came out.
struct CheckResult {
  std::string text;  ///< what was asked and what came, for people
  bool pass = false;
  bool arithmetic = false;  ///< it is no test of the model
};

/// What became of a target.
struct Verdict {
  std::vector<CaseResult> cases;
  std::vector<CheckResult> checks;
  bool pass = false;
  std::string predicted;  ///< the values of all cases, for people

  /// True if nothing that is checked is a test of the model.
  bool arithmetic() const;
};

struct JudgeOptions {
  std::int64_t samples = 0;  ///< for intervals; 0: none
  std::uint64_t seed = 1;
  unsigned threads = 1;
  /// Called now and then with (simulations done, all); not from two threads at once.
  std::function<void(std::size_t, std::size_t)> progress = {};
};

/// Simulates the cases of all targets and checks what comes out: a verdict for each. The result
/// does not depend on the number of threads.
Result<std::vector<Verdict>> judge(const std::vector<Target>& targets,
                                   const JudgeOptions& options = {});

/// A value for people: a time, a count, or an outcome.
std::string show(const Measured& m);
/// Another value of the same kind.
std::string show(const CaseResult& like, double value);

}  // namespace mhp::published
