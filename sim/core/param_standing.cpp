#include "sim/core/param_standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <variant>

#include "sim/core/param_read.hpp"
#include "sim/core/param_text.hpp"

namespace mhp {
namespace {

constexpr std::array<std::string_view, 4> kSuffixes{"_source", "_basis", "_range", "_data"};

bool ends_with(std::string_view key, std::string_view suffix) {
  return key.size() > suffix.size() && key.substr(key.size() - suffix.size()) == suffix;
}

/// True if `statement` speaks of `value`: both stand in one file, or the statement was put over the
/// file that the value and its table come from.
bool covers(const Value& table, const Value& statement, const Value& value) {
  return statement.where.file == value.where.file || value.where.file == table.where.file;
}

/// What the table's key `name` + `_key` says of a value, or else its key for all; null if neither.
const Value* statement_of(const Value& table, const std::string& name, const std::string& key,
                          const Value& value) {
  for (const std::string& candidate : {name + "_" + key, key}) {
    const Value* statement = table.find(candidate);
    if (statement != nullptr && covers(table, *statement, value)) return statement;
  }
  return nullptr;
}

std::string stated_text(const Value& table, const std::string& name, const std::string& key,
                        const Value& value) {
  const Value* statement = statement_of(table, name, key, value);
  return statement != nullptr && statement->string() != nullptr ? *statement->string() : "";
}

std::vector<std::string> stated_data(const Value& table, const std::string& name,
                                     const Value& value) {
  const Value* statement = statement_of(table, name, "data", value);
  std::vector<std::string> ids;
  if (statement == nullptr || statement->array() == nullptr) return ids;
  for (const Value& id : *statement->array())
    if (id.string() != nullptr) ids.push_back(*id.string());
  return ids;
}

bool is_list_of_texts(const Value& value) {
  const Value::Array* list = value.array();
  return list != nullptr && std::all_of(list->begin(), list->end(),
                                        [](const Value& v) { return v.string() != nullptr; });
}

/// The two ends of a range; nothing, after saying why, if they are not two values of the type.
std::optional<ParamRange> read_range(const ParamSpec& spec, const std::string& path,
                                     const Value& value, Diagnostics& errors) {
  const Value::Array& ends = *value.array();  // check_standing has seen that there are two
  std::array<std::int64_t, 2> numbers{};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto data = read_param(spec, {{}, path}, ends[i], errors);
    if (!data) return std::nullopt;
    numbers[i] = *amount_of(*data);
  }
  return ParamRange{numbers[0], numbers[1]};
}

}  // namespace

const std::vector<Choice>& param_bases() {
  static const std::vector<Choice> bases{
      {"choice", "part of the question: nothing to be known"},
      {"published", "a document states it: a kernel source, a standard, a data sheet"},
      {"measured", "somebody measured it and published the result"},
      {"derived", "follows from measured or published numbers by the arithmetic that is stated"},
      {"fitted", "set so that a published time comes out, alone or with others"},
      {"assumed", "nobody has published it; the range says how far it may be off"}};
  return bases;
}

bool is_basis(std::string_view word) {
  return std::any_of(param_bases().begin(), param_bases().end(),
                     [&](const Choice& c) { return c.name == word; });
}

bool is_standing_key(std::string_view key) {
  return key == "source" || key == "basis" || key == "data" || !described_name(key).empty();
}

std::string_view described_name(std::string_view key) {
  for (const std::string_view suffix : kSuffixes)
    if (ends_with(key, suffix)) return key.substr(0, key.size() - suffix.size());
  return {};
}

void check_standing(const Value::Member& member, const std::string& path, Diagnostics& errors) {
  const Value& value = member.value;
  if (ends_with(member.key, "_range")) {
    if (value.array() == nullptr || value.array()->size() != 2)
      errors.push_back({value.where, fmt::format("{} must be two values", path),
                        "write [\"LOW\", \"HIGH\"], as the parameter is written"});
    return;
  }
  if (member.key == "data" || ends_with(member.key, "_data")) {
    if (!is_list_of_texts(value))
      errors.push_back({value.where, fmt::format("{} must be a list of ids", path),
                        "write [\"ID\", ...], the published data that set the number"});
    return;
  }
  const bool basis = member.key == "basis" || ends_with(member.key, "_basis");
  const std::string* text = value.string();
  if (text == nullptr) {
    errors.push_back({value.where,
                      fmt::format("{} must be a string, not {}", path, value.kind_name()),
                      basis ? "say what the number rests on" : "say where the number comes from"});
  } else if (basis && !is_basis(*text)) {
    std::vector<std::string> words;
    for (const Choice& c : param_bases()) words.push_back(c.name);
    errors.push_back({value.where, fmt::format("{} is no basis: '{}'", path, *text),
                      fmt::format("one of: {}", fmt::join(words, ", "))});
  }
}

Standing stated_standing(const Value& table, const ParamSpec& spec, const std::string& path,
                         const Value& value, const ParamData& data, Diagnostics& errors) {
  Standing standing{stated_text(table, spec.name, "source", value),
                    stated_text(table, spec.name, "basis", value), std::nullopt,
                    stated_data(table, spec.name, value)};
  if (standing.basis.empty() && spec.basis == "choice") standing.basis = spec.basis;
  const Value* range = table.find(spec.name + "_range");
  if (range == nullptr || !covers(table, *range, value)) return standing;
  if (range->array() == nullptr || range->array()->size() != 2) return standing;
  if (!amount_of(data)) {
    errors.push_back(
        {range->where, fmt::format("{} is no number, so it has no range", path), "leave it out"});
    return standing;
  }
  standing.range = read_range(spec, path + "_range", *range, errors);
  if (!standing.range || holds(*standing.range, data)) return standing;
  errors.push_back({range->where,
                    fmt::format("{} is {}, outside its range {}", path, shown_text(data),
                                shown_range(data, *standing.range)),
                    "the range must hold the value"});
  standing.range.reset();
  return standing;
}

Value with_standing_of(const Value& parent, Value table) {
  if (table.table() == nullptr) return table;
  for (const char* key : {"source", "basis", "data"})
    if (const Value* inherited = parent.find(key); inherited != nullptr && !table.find(key))
      table.table()->push_back({key, *inherited, inherited->where});
  return table;
}

std::optional<std::int64_t> amount_of(const ParamData& data) {
  return std::visit(
      [](const auto& v) -> std::optional<std::int64_t> {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::int64_t>)
          return v;
        else if constexpr (requires { v.value; } && !std::is_same_v<T, NodeId>)
          return v.value;
        else
          return std::nullopt;
      },
      data);
}

bool holds(const ParamRange& range, const ParamData& data) {
  const auto n = amount_of(data);
  return n && range.low <= *n && *n <= range.high;
}

}  // namespace mhp
