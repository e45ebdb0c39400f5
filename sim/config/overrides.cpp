#include "sim/config/overrides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/section.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/param_standing.hpp"
#include "sim/core/utf8.hpp"

namespace mhp::config {
namespace {

constexpr const char* kSettingForm = "write it as --set a.b.c=value";

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// In the place of an index: every element of the array.
constexpr const char* kEvery = "*";

/// "a.b[0].c" as {"a", "b", "0", "c"}; nothing if it is no path.
std::optional<ValuePlace> split_path(std::string_view path) {
  ValuePlace parts(1);
  bool in_brackets = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    const bool closed = i > 0 && path[i - 1] == ']';
    if (is_key_character(c) && !closed) {
      if (in_brackets && (c < '0' || c > '9')) return std::nullopt;
      parts.back() += c;
    } else if (c == '*' && !in_brackets && parts.back().empty() && parts.size() > 1 &&
               path.substr(i + 1, 1) == ".") {
      parts.back() = kEvery;
    } else if (c == '.' && !in_brackets && !parts.back().empty()) {
      parts.emplace_back();
    } else if (c == '[' && !in_brackets && !parts.back().empty()) {
      parts.emplace_back();
      in_brackets = true;
    } else if (c == ']' && in_brackets && !parts.back().empty()) {
      in_brackets = false;
    } else {
      return std::nullopt;
    }
  }
  if (in_brackets || parts.back().empty()) return std::nullopt;
  return parts;
}

void move_to(Value& value, const Location& where) {
  value.where = where;
  if (Value::Array* elements = value.array())
    for (Value& element : *elements) move_to(element, where);
  if (Value::Table* members = value.table())
    for (Value::Member& member : *members) {
      member.where = where;
      move_to(member.value, where);
    }
}

/// What the user meant by the text behind the "=".
Result<Value> parse_value(std::string_view text, const Location& where) {
  Result<Value> parsed = parse_toml(fmt::format("value = {}", text), where.file);
  if (parsed && parsed->table()->size() == 1) {
    Value value = std::move(parsed->table()->front().value);
    move_to(value, where);
    return value;
  }
  // Brackets and quotes announce TOML: a mistake in it is no plain string.
  const bool announced =
      !text.empty() && std::string_view("[{\"'").find(text[0]) != std::string_view::npos;
  if (!announced) return Value{std::string(text), where};
  std::string reason = "not one TOML value";
  if (!parsed) reason = parsed.error().front().problem;
  return fail(where, fmt::format("'{}' is {}", text, reason), "a shell needs quotes around it");
}

std::optional<std::size_t> index_of(const std::string& part) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
  return index;
}

/// The first `count` parts as written.
std::string written(const ValuePlace& parts, std::size_t count) {
  const auto end = parts.begin() + static_cast<std::ptrdiff_t>(count);
  return count == 0 ? "the file" : fmt::format("{}", fmt::join(parts.begin(), end, "."));
}

/// The places of a path: itself, or one for each element where the path says "*".
Result<std::vector<ValuePlace>> expanded(const Value& root, ValuePlace parts,
                                         const Location& where) {
  const auto star = std::find(parts.begin(), parts.end(), kEvery);
  if (star == parts.end()) return std::vector<ValuePlace>{std::move(parts)};
  const Value* at = &root;
  const auto count = static_cast<std::size_t>(star - parts.begin());
  for (std::size_t i = 0; i < count && at != nullptr; ++i) at = at->find(parts[i]);
  if (at == nullptr || at->array() == nullptr || at->array()->empty())
    return fail(where,
                fmt::format("{} has no elements for '*' to stand for", written(parts, count)),
                "'*' stands for every element of an array");
  std::vector<ValuePlace> all;
  for (std::size_t i = 0; i < at->array()->size(); ++i) {
    all.push_back(parts);
    all.back()[count] = std::to_string(i);
  }
  return all;
}

tl::unexpected<Diagnostics> no_such_element(const ValuePlace& parts, std::size_t at,
                                            std::size_t size, bool is_index,
                                            const Location& where) {
  const std::string array = written(parts, at);
  std::string remedy = size == 0 ? fmt::format("{} is empty", array)
                       : size == 1
                           ? fmt::format("its only element is {}.0", array)
                           : fmt::format("its elements are {}.0 to {}.{}", array, array, size - 1);
  return fail(where,
              is_index ? fmt::format("{} has no element {}", array, parts[at])
                       : fmt::format("{} is an array and '{}' is no index", array, parts[at]),
              std::move(remedy));
}

/// Whether every part of the path can be stepped into or made.
Result<void> check(const Value& root, const ValuePlace& parts, const Location& where) {
  const Value* at = &root;
  for (std::size_t i = 0; i < parts.size() && at != nullptr; ++i) {
    if (const Value::Array* elements = at->array()) {
      const std::optional<std::size_t> index = index_of(parts[i]);
      if (!index || *index >= elements->size())
        return no_such_element(parts, i, elements->size(), index.has_value(), where);
      at = &(*elements)[*index];
    } else if (at->table() != nullptr) {
      at = at->find(parts[i]);
    } else {
      return fail(where,
                  fmt::format("{} is {} and has no member '{}'", written(parts, i), at->kind_name(),
                              parts[i]),
                  fmt::format("set {} itself", written(parts, i)));
    }
  }
  return {};
}

/// One step down a path that check() has passed; what is missing is made.
Value& step(Value& at, const std::string& part, const Location& where) {
  if (Value::Array* elements = at.array()) return elements->at(*index_of(part));
  if (Value* member = at.find(part)) return *member;
  at.table()->push_back({part, Value{Value::Table{}, where}, where});
  return at.table()->back().value;
}

/// The places of a path, each of which can be made.
Result<std::vector<ValuePlace>> places_of(const Value& root, ValuePlace parts,
                                          const Location& where) {
  auto all = expanded(root, std::move(parts), where);
  if (!all) return all;
  for (const ValuePlace& place : *all)
    if (Result<void> reachable = check(root, place, where); !reachable)
      return tl::unexpected<Diagnostics>(std::move(reachable.error()));
  return all;
}

}  // namespace

Result<void> apply_override(Value& root, std::string_view setting, int nth) {
  const Location where{kOverrideFile, nth, 0};
  if (const auto fault = text_fault(setting, kOverrideFile))
    return fail(where, fault->problem, fault->remedy);
  const std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos)
    return fail(where, fmt::format("'{}' has no '='", setting), kSettingForm);
  const std::string_view path = setting.substr(0, equals);
  std::optional<ValuePlace> parts = split_path(path);
  if (!parts) return fail(where, fmt::format("'{}' is no path of a value", path), kSettingForm);
  Result<Value> value = parse_value(setting.substr(equals + 1), where);
  if (!value) return tl::unexpected<Diagnostics>(std::move(value.error()));
  // A kernel series looks like a number, and 6.10 is another than 6.1.
  const bool number = std::holds_alternative<double>(value->data) ||
                      std::holds_alternative<std::int64_t>(value->data);
  if (number && is_part(path)) value->data = std::string(setting.substr(equals + 1));
  const auto places = places_of(root, std::move(*parts), where);
  if (!places) return tl::unexpected<Diagnostics>(places.error());
  for (const ValuePlace& place : *places) {
    Value* at = &root;
    for (const std::string& part : place) at = &step(*at, part, where);
    *at = *value;
  }
  return {};
}

Result<std::vector<ValuePlace>> find_places(const Value& root, std::string_view path,
                                            const Location& where) {
  std::optional<ValuePlace> parts = split_path(path);
  if (!parts)
    return fail(where, fmt::format("'{}' is no path of a value", path), "write it as a.b.0.c");
  return places_of(root, std::move(*parts), where);
}

void put_value(Value& root, const ValuePlace& place, const Value& value) {
  Value* parent = &root;
  for (std::size_t i = 0; i + 1 < place.size(); ++i) parent = &step(*parent, place[i], value.where);
  step(*parent, place.back(), value.where) = value;
  if (Value::Table* members = parent->table())
    std::erase_if(*members,
                  [&](const Value::Member& m) { return described_name(m.key) == place.back(); });
}

Result<void> set_value(Value& root, std::string_view path, const Value& value) {
  const auto places = find_places(root, path, value.where);
  if (!places) return tl::unexpected<Diagnostics>(places.error());
  for (const ValuePlace& place : *places) put_value(root, place, value);
  return {};
}

bool matches_path(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = pattern.substr(0, pattern.find('.'));
    const std::string_view part = path.substr(0, path.find('.'));
    if (wanted == kEvery ? part.find_first_not_of("0123456789") != std::string_view::npos
                         : wanted != part)
      return false;
    pattern.remove_prefix(std::min(pattern.size(), wanted.size() + 1));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return pattern.empty() && path.empty();
}

void forget_outdated(Value& root) {
  if (Value::Array* elements = root.array())
    for (Value& element : *elements) forget_outdated(element);
  Value::Table* table = root.table();
  if (table == nullptr) return;
  std::set<std::string, std::less<>> replaced;
  for (const Value::Member& m : *table)
    if (m.value.where.file == kOverrideFile) replaced.insert(m.key);
  std::erase_if(*table, [&replaced](const Value::Member& m) {
    return m.value.where.file != kOverrideFile && replaced.contains(described_name(m.key));
  });
  for (Value::Member& member : *table) forget_outdated(member.value);
}

}  // namespace mhp::config
