#include "sim/core/param_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include "sim/core/invariant.hpp"
#include "sim/core/param_read.hpp"
#include "sim/core/param_standing.hpp"
#include "sim/core/param_text.hpp"

namespace mhp {
namespace {

const Location& key_location(const Value::Member& member) {
  return member.where.file.empty() ? member.value.where : member.where;
}

/// The largest value of an amount whose declaration names none: beyond every machine that is, and
/// so small that what a run adds up of them, and the draws of a mean, stay below 2^63.
std::optional<std::int64_t> largest(const ParamData& like) {
  struct {
    using Bound = std::optional<std::int64_t>;
    Bound operator()(const Bytes&) const { return std::int64_t{1} << 52; }  // 4 PiB, x86-64's most
    Bound operator()(const PageCount&) const { return std::int64_t{1} << 40; }  // the same
    Bound operator()(const SimTime&) const { return std::int64_t{365} * 24 * 3600 * 1'000'000'000; }
    Bound operator()(const Picoseconds&) const { return 1'000'000'000'000; }  // a second for a unit
    Bound operator()(const BytesPerSecond&) const { return 1'000'000'000'000'000; }
    Bound operator()(const std::string&) const { return std::nullopt; }
    Bound operator()(const bool&) const { return std::nullopt; }
    Bound operator()(const std::int64_t&) const { return std::nullopt; }  // says it itself
    Bound operator()(const NodeId&) const { return std::nullopt; }  // as many as the machine has
    Bound operator()(const std::vector<std::int64_t>&) const { return std::nullopt; }
    Bound operator()(const std::vector<std::string>&) const { return std::nullopt; }
    Bound operator()(const Chosen&) const { return std::nullopt; }
  } const bound;
  return std::visit(bound, like);
}

}  // namespace

void ParamTable::add(ParamSpec spec) {
  if (!spec.max) spec.max = largest(spec.preset);
  MHP_INVARIANT(!spec.name.empty() && !spec.doc.empty(), "parameter '{}' has no name or no doc",
                spec.name);
  MHP_INVARIANT(!is_standing_key(spec.name), "'{}' is a reserved name", spec.name);
  MHP_INVARIANT(spec.basis.empty() || is_basis(spec.basis), "'{}' has no basis '{}'", spec.name,
                spec.basis);
  MHP_INVARIANT(spec.required || !spec.range || holds(*spec.range, spec.preset),
                "the default of '{}' is outside its range", spec.name);
  for (const ParamSpec& other : specs_)
    MHP_INVARIANT(other.name != spec.name, "'{}' is declared twice", spec.name);
  MHP_INVARIANT(spec.required || !out_of_range(spec, spec.preset),
                "the default of '{}' is out of range", spec.name);
  if (const auto* text = std::get_if<std::string>(&spec.preset))
    MHP_INVARIANT(spec.required || spec.choices.empty() || choice_of(spec, *text).has_value(),
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
    if (find(member.key) != nullptr) continue;
    const std::string_view described = described_name(member.key);
    const bool standing =
        is_standing_key(member.key) && (described.empty() || find(described) != nullptr);
    if (standing) check_standing(member, ParamPath{prefix, member.key}.text(), errors);
    const bool subtable =
        std::find(subtables_.begin(), subtables_.end(), member.key) != subtables_.end();
    if (standing || subtable) continue;
    std::vector<std::string> known = subtables_;
    for (const ParamSpec& spec : specs_) known.push_back(spec.name);
    errors.push_back({key_location(member),
                      fmt::format("unknown key {}", ParamPath{prefix, member.key}.text()),
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
  values.reserve(specs_.size());
  for (const ParamSpec& spec : specs_) {
    const ParamPath path{prefix, spec.name};
    const Value* stated = table.find(spec.name);
    std::optional<ParamData> data;
    if (stated != nullptr) data = read_param(spec, path, *stated, errors);
    if (stated == nullptr && spec.required && table.table() != nullptr)
      errors.push_back({table.where, fmt::format("{} is missing", path.text()),
                        fmt::format("{}, {}", type_name(spec.preset), spec.doc)});
    if (used == nullptr) {  // who records nothing reads again what was checked before
      values.push_back(data ? std::move(*data) : spec.preset);
      continue;
    }
    const std::string name = path.text();
    const Standing standing = data ? stated_standing(table, spec, name, *stated, *data, errors)
                                   : Standing{spec.source, spec.basis, spec.range, spec.data};
    values.push_back(data ? std::move(*data) : spec.preset);
    auto number = recorded_number(values.back());
    const bool word = !spec.word.empty() && number == spec.word_means;
    if (word) number.reset();
    used->push_back({name, word ? spec.word : recorded_text(values.back()),
                     word ? Unit::one : unit_of(spec.preset), standing.source, spec.linux_name,
                     !data.has_value(), standing.basis, standing.range, number, standing.data});
  }
  return values;
}

std::optional<ParamTable::One> ParamTable::read_one(const Value& table, std::string_view name,
                                                    std::string_view prefix,
                                                    Diagnostics& errors) const {
  const ParamSpec* spec = find(name);
  const Value* stated = spec != nullptr ? table.find(spec->name) : nullptr;
  if (stated == nullptr) return std::nullopt;
  auto data = read_param(*spec, {prefix, name}, *stated, errors);
  return One{static_cast<std::size_t>(spec - specs_.data()),
             data ? std::move(*data) : spec->preset};
}

std::vector<ParamInfo> ParamTable::describe(std::string_view prefix) const {
  std::vector<ParamInfo> all;
  for (const ParamSpec& spec : specs_)
    all.push_back({ParamPath{prefix, spec.name}.text(), type_name(spec.preset),
                   spec.required ? std::string() : shown_text(spec.preset), spec.required,
                   range_text(spec), spec.choices, spec.doc, spec.linux_name, spec.source,
                   spec.basis, spec.range ? shown_range(spec.preset, *spec.range) : ""});
  return all;
}

}  // namespace mhp
