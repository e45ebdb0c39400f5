#include "sim/run/result/outcome.hpp"

#include "sim/run/result/run_result.hpp"

namespace mhp::run {

namespace {

Outcome outcome_of(kernel::Status status) {
  switch (status) {
    case kernel::Status::ok:
      return Outcome::ok;
    case kernel::Status::enomem:
      return Outcome::enomem;
    case kernel::Status::oom:
      return Outcome::oom;
    case kernel::Status::oops:
      return Outcome::oops;
    default:
      return Outcome::refused;
  }
}

}  // namespace

std::pair<Outcome, std::string> outcome_of(const std::vector<Operation>& operations,
                                           const std::string& placement_refusal) {
  std::pair<Outcome, std::string> worst{Outcome::ok, ""};
  if (!placement_refusal.empty())
    worst = {Outcome::refused, "the kernel falls back to boot memory: " + placement_refusal};
  for (const Operation& op : operations)
    if (const Outcome outcome = outcome_of(op.status); outcome > worst.first)
      worst = {outcome, op.reason};
  return worst;
}

}  // namespace mhp::run
