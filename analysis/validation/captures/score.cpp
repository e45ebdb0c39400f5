#include "analysis/validation/captures/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace mhp::validation {

void Score::miss(CheckClass c, const std::string& quantity, std::string expected, std::string got) {
  report_.mismatches.push_back(
      {report_.name, step_, label_, c, quantity, std::move(expected), std::move(got)});
}

void Score::exact(const std::string& quantity, std::int64_t expected, std::int64_t got) {
  ++report_.exact.checks;
  if (expected == got)
    ++report_.exact.passed;
  else
    miss(CheckClass::exact, quantity, fmt::to_string(expected), fmt::to_string(got));
}

void Score::exact(const std::string& quantity, const std::string& expected,
                  const std::string& got) {
  ++report_.exact.checks;
  if (expected == got)
    ++report_.exact.passed;
  else
    miss(CheckClass::exact, quantity, expected, got);
}

void Score::exact_list(const std::string& quantity, const ClassCount& elements,
                       std::string expected, std::string got) {
  report_.exact.checks += elements.checks;
  report_.exact.passed += elements.passed;
  if (elements.passed < elements.checks)
    miss(CheckClass::exact, quantity, std::move(expected), std::move(got));
}

void Score::noise(NoiseKind kind, const std::string& quantity, std::int64_t expected,
                  std::int64_t got, std::int64_t bound) {
  const std::int64_t deviation = std::abs(expected - got);
  auto& worst = report_.worst[static_cast<std::size_t>(kind)];
  worst = std::max(worst, deviation);
  ++report_.noise.checks;
  if (deviation <= bound)
    ++report_.noise.passed;
  else
    miss(CheckClass::noise, quantity, fmt::format("{:+}", expected), fmt::format("{:+}", got));
}

bool Score::chance(const std::string& quantity, const std::string& expected, const std::string& got,
                   std::string reason) {
  ++report_.chance.checks;
  if (expected == got) ++report_.chance.passed;
  report_.chances.push_back(
      {report_.name, step_, label_, quantity, expected, got, std::move(reason)});
  return expected == got;
}

}  // namespace mhp::validation
