#pragma once

#include <cstdint>
#include <string>

#include "analysis/validation/captures/report.hpp"

namespace mhp::validation {

/// Keeps the score of one capture: every comparison is made through it.
class Score {
 public:
  explicit Score(CaptureReport& report) : report_(report) {}

  /// The step that the following comparisons belong to.
  void at(std::size_t step, std::string label) { step_ = step, label_ = std::move(label); }
  /// That step, with what is wrong there.
  Fault here(std::string what) const { return {step_, label_, std::move(what)}; }

  /// Must agree.
  void exact(const std::string& quantity, std::int64_t expected, std::int64_t got);
  void exact(const std::string& quantity, const std::string& expected, const std::string& got);
  /// A list that must agree element by element; `expected` and `got`: where it first does not.
  void exact_list(const std::string& quantity, const ClassCount& elements, std::string expected,
                  std::string got);
  /// Must agree within `bound` pages; `kind` names the bound for which the worst case is kept.
  void noise(NoiseKind kind, const std::string& quantity, std::int64_t expected, std::int64_t got,
             std::int64_t bound);
  /// Differs from run to run of the real kernel, for a reason that must be given: reported, not
  /// scored. Returns whether it agrees.
  bool chance(const std::string& quantity, const std::string& expected, const std::string& got,
              std::string reason);
  /// The step, or part of it, was not replayed or not compared.
  void gap(std::string what) { report_.gaps.push_back(here(std::move(what))); }
  /// The replay takes this from the recording.
  void input(const std::string& what, std::int64_t times = 1) { report_.inputs[what] += times; }
  /// A recorded quantity that the model does not have.
  void unmodelled(const std::string& what, std::int64_t times = 1) {
    report_.unmodelled[what] += times;
  }

 private:
  void miss(CheckClass c, const std::string& quantity, std::string expected, std::string got);

  CaptureReport& report_;
  std::size_t step_ = 0;
  std::string label_;
};

}  // namespace mhp::validation
