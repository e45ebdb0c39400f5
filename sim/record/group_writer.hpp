#pragma once

#include <string>
#include <vector>

#include "sim/record/dataset.hpp"
#include "sim/record/h5.hpp"

namespace mhp::record {

/// A dataset of a group that is one of its axes.
struct Scale {
  std::string name;
  h5::Id dataset;
};

/// A group that more can be written into.
struct OpenGroup {
  h5::Id id;
  std::vector<Scale> scales;
};

/// Writes a group with all that it holds.
OpenGroup write_group(h5::Session& s, hid_t file, const Group& group);

void write_attributes(h5::Session& s, hid_t owner, const Attributes& attributes);
/// The words for the values 0, 1, ... of a column of flags.
void write_meanings(h5::Session& s, hid_t dataset, const std::vector<std::string>& meanings);
/// Gives a dataset its axes.
void attach_scales(h5::Session& s, hid_t dataset, const std::string& name,
                   const std::vector<std::string>& dims, const std::vector<Scale>& scales);

}  // namespace mhp::record
