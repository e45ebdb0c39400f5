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

constexpr std::array<std::string_view, 3> kSuffixes{"_source", "_basis", "_range"};

bool ends_with(std::string_view key, std::string_view suffix) {
  return key.size() > suffix.size() && key.substr(key.size() - suffix.size()) == suffix;
}

/// True if `statement` speaks of `value`: both stand in one file, or the statement was put over the
/// file that the value and its table come from.
bool covers(const Value& table, const Value& statement, const Value& value) {
  return statement.where.file == value.where.file || value.where.file == table.where.file;
}

/// The text that the table's key `name` + `suffix` gives to a value, or else its key for all.
std::string stated_text(const Value& table, const std::string& name, const std::string& key,
                        const Value& value) {
  for (const std::string& candidate : {name + "_" + key, key}) {
    const Value* statement = table.find(candidate);
    if (statement == nullptr || !covers(table, *statement, value)) continue;
    if (const std::string* text = statement->string()) return *text;
  }
  return {};
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
      {"fitted", "what is left of a measurement that nothing else explains"},
      {"assumed", "nobody has published it; the range says how far it may be off"}};
  return bases;
}

bool is_basis(std::string_view word) {
  return std::any_of(param_bases().begin(), param_bases().end(),
                     [&](const Choice& c) { return c.name == word; });
}

bool is_standing_key(std::string_view key) {
  return key == "source" || key == "basis" || !described_name(key).empty();
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
                    stated_text(table, spec.name, "basis", value), std::nullopt};
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
  for (const char* key : {"source", "basis"})
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
