#include "sim/core/param_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include "sim/core/invariant.hpp"
#include "sim/core/param_read.hpp"
#include "sim/core/param_text.hpp"

namespace mhp {
namespace {

constexpr std::string_view kSourceKey = "source";
constexpr std::string_view kSourceSuffix = "_source";

std::string joined(std::string_view prefix, std::string_view name) {
  return prefix.empty() ? std::string(name) : fmt::format("{}.{}", prefix, name);
}

/// The parameter that the key "<name>_source" speaks of; empty if it is no such key.
std::string_view sourced_name(std::string_view key) {
  if (key.size() <= kSourceSuffix.size()) return {};
  const std::size_t length = key.size() - kSourceSuffix.size();
  return key.substr(length) == kSourceSuffix ? key.substr(0, length) : std::string_view{};
}

/// What the file says about where `value` comes from.
std::string stated_source(const Value& table, const std::string& name, const Value& value) {
  for (const std::string& key : {name + std::string(kSourceSuffix), std::string(kSourceKey)}) {
    const Value* source = table.find(key);
    // A source in a file says nothing about a value that a command line put over it.
    if (source == nullptr || source->where.file != value.where.file) continue;
    if (const std::string* text = source->string()) return *text;
  }
  return {};
}

const Location& key_location(const Value::Member& member) {
  return member.where.file.empty() ? member.value.where : member.where;
}

}  // namespace

void ParamTable::add(ParamSpec spec) {
  MHP_INVARIANT(!spec.name.empty() && !spec.doc.empty(), "parameter '{}' has no name or no doc",
                spec.name);
  MHP_INVARIANT(spec.name != kSourceKey && sourced_name(spec.name).empty(),
                "'{}' is a reserved name", spec.name);
  for (const ParamSpec& other : specs_)
    MHP_INVARIANT(other.name != spec.name, "'{}' is declared twice", spec.name);
  MHP_INVARIANT(spec.required || !out_of_range(spec, spec.preset),
                "the default of '{}' is out of range", spec.name);
  if (const auto* text = std::get_if<std::string>(&spec.preset))
    MHP_INVARIANT(spec.required || spec.choices.empty() || is_choice(spec, *text),
                  "the default '{}' of '{}' is no choice", *text, spec.name);
  specs_.push_back(std::move(spec));
}

void ParamTable::ignore(std::string subtable) { subtables_.push_back(std::move(subtable)); }

const ParamSpec* ParamTable::find(std::string_view name) const {
  for (const ParamSpec& spec : specs_)
    if (spec.name == name) return &spec;
  return nullptr;
}

void ParamTable::check_keys(const Value::Table& table, std::string_view prefix,
                            Diagnostics& errors) const {
  for (const Value::Member& member : table) {
    const bool sources = member.key == kSourceKey || find(sourced_name(member.key)) != nullptr;
    if (sources && member.value.string() == nullptr)
      errors.push_back({member.value.where,
                        fmt::format("{} must be a string, not {}", joined(prefix, member.key),
                                    member.value.kind_name()),
                        "say where the number comes from"});
    const bool subtable =
        std::find(subtables_.begin(), subtables_.end(), member.key) != subtables_.end();
    if (sources || subtable || find(member.key) != nullptr) continue;
    std::vector<std::string> known = subtables_;
    for (const ParamSpec& spec : specs_) known.push_back(spec.name);
    errors.push_back({key_location(member),
                      fmt::format("unknown key {}", joined(prefix, member.key)),
                      did_you_mean(member.key, known)});
  }
}

std::vector<ParamData> ParamTable::read(const Value& table, std::string_view prefix,
                                        Diagnostics& errors, std::vector<ParamValue>* used) const {
  if (table.table() != nullptr) {
    check_keys(*table.table(), prefix, errors);
  } else {
    errors.push_back({table.where,
                      fmt::format("{} must be a table, not {}",
                                  prefix.empty() ? "the file" : prefix, table.kind_name()),
                      {}});
  }
  std::vector<ParamData> values;
  for (const ParamSpec& spec : specs_) {
    const std::string path = joined(prefix, spec.name);
    const Value* stated = table.find(spec.name);
    std::optional<ParamData> data;
    if (stated != nullptr) data = read_param(spec, path, *stated, errors);
    if (stated == nullptr && spec.required && table.table() != nullptr)
      errors.push_back({table.where, fmt::format("{} is missing", path),
                        fmt::format("{}, {}", type_name(spec.preset), spec.doc)});
    values.push_back(data ? std::move(*data) : spec.preset);
    if (used == nullptr) continue;
    used->push_back({path, recorded_text(values.back()), unit_name(spec.preset),
                     data ? stated_source(table, spec.name, *stated) : spec.source, spec.linux_name,
                     !data.has_value()});
  }
  return values;
}

std::vector<ParamInfo> ParamTable::describe(std::string_view prefix) const {
  std::vector<ParamInfo> all;
  for (const ParamSpec& spec : specs_)
    all.push_back({joined(prefix, spec.name), type_name(spec.preset),
                   spec.required ? std::string() : shown_text(spec.preset), spec.required,
                   range_text(spec), spec.choices, spec.doc, spec.linux_name, spec.source});
  return all;
}

}  // namespace mhp
