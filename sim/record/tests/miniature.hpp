#pragma once

#include "sim/record/dataset.hpp"

namespace mhp::record {

/// A small result file with every kind of dataset: coordinates of numbers and of strings, up to
/// four axes, flags, doubles with a missing value, empty and non-ASCII strings, a scalar text.
/// test_xarray.py holds the same values as literals.
FileContent miniature();

/// A run in which no operation took place: every dataset of /hotplug has length 0.
FileContent without_operations();

}  // namespace mhp::record
