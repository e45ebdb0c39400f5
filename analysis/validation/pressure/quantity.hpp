#pragma once

#include <string>
#include <vector>

#include "analysis/validation/pressure/quantity_kind.hpp"
#include "analysis/validation/pressure/story.hpp"

namespace mhp::pressure {

/// A quantity of a recording with its value in one run.
struct Quantity {
  std::string name;        ///< in its recording: "added pgsteal"
  std::string class_name;  ///< quantities of one kind, over which spread is pooled: "pgsteal"
  Kind kind = Kind::amount;
  double value = 0;
  /// What such a quantity differs by from run to run however small it is: a standard deviation.
  double floor = 0;
};

/// The quantities of one run in the order of the script; a run that ended early has fewer. `all`:
/// also shares of next to nothing, which recorded runs leave out.
std::vector<Quantity> quantities_of(const Recording& recording, const Story& story,
                                    bool all = false);

}  // namespace mhp::pressure
