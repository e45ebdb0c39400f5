#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/config/merge.hpp"
#include "sim/config/scenario.hpp"

namespace mhp::config {

/// What sections are read from and into.
struct Reading {
  const Value& root;  ///< a scenario's tree, references put in
  Scenario& scenario;
  std::vector<ParamValue>* used = nullptr;  ///< where the parameters read are recorded, if at all
  Diagnostics errors = {};

  Result<void> result() const;
};

/// All that there is to know about one section of a scenario.
struct Section {
  std::string name = {};  ///< key of its table or tables; empty: the keys beside the tables
  /// Places that may name files, "*" for every element; what lies in another file comes after it.
  std::vector<ValuePlace> files = {};
  /// Puts the file in that a key of a table names.
  Result<void> (*merge)(Value& table, const std::string& key) = merge_reference;
  /// Puts what its files stand for into the tree; null: they are what they stand for.
  void (*complete)(Value& section, Diagnostics& errors) = nullptr;
  bool exchanged = false;  ///< an axis of a study may put another in its place
  void (*describe)(std::vector<ParamInfo>& all) = nullptr;  ///< appends its parameters
  void (*read)(Reading& r) = nullptr;                       ///< reads it whole
  /// Reads the value at a place anew, which has changed. False, and nothing done, if it cannot be
  /// read without the rest of the section or the tree does not state it.
  bool (*read_value)(Reading& r, const ValuePlace& place) = [](auto&, auto&) { return false; };
  ValuePlace unchecked = {};  ///< no section's check looks at what is here or below
  /// Checks it against the other sections. All have been read without errors.
  void (*check)(Reading& r) = [](auto&) {};
};

/// All sections, in the order in which they are read and listed.
const std::vector<Section>& sections();

/// The section of the [[hotplug]] tables.
Section hotplug_section();

/// The section of the [[cgroup]] tables.
Section cgroup_section();

/// The section to which a path belongs.
const Section& section_of(std::string_view path);

/// Whether a path is that of a section, a file or a kind, which axes exchange, and not of a value.
bool is_part(std::string_view path);

void read_sections(Reading& reading);

/// Checks whether the sections that have been read go together, up to the first one that does not.
void check_sections(Reading& reading);

}  // namespace mhp::config
