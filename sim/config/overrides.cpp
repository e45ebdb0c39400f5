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

#include "sim/config/toml_source.hpp"
#include "sim/core/param_standing.hpp"

namespace mhp::config {
namespace {

constexpr const char* kForm = "write it as --set a.b.c=value";

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

using Path = std::vector<std::string>;

/// In the place of an index: every element of the array.
constexpr const char* kEvery = "*";

/// "a.b[0].c" as {"a", "b", "0", "c"}; nothing if it is no path.
std::optional<Path> split_path(std::string_view path) {
  Path parts(1);
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

/// Walks down the path of one override. Decides what a path may step into.
class Walk {
 public:
  Walk(Path parts, Location where) : parts_(std::move(parts)), where_(std::move(where)) {}

  /// The walks that this one stands for: itself, or one for each element where the path says "*".
  Result<std::vector<Walk>> expanded(const Value& root) const {
    const auto star = std::find(parts_.begin(), parts_.end(), kEvery);
    if (star == parts_.end()) return std::vector<Walk>{*this};
    const Value* at = &root;
    const auto count = static_cast<std::size_t>(star - parts_.begin());
    for (std::size_t i = 0; i < count && at != nullptr; ++i) at = at->find(parts_[i]);
    if (at == nullptr || at->array() == nullptr || at->array()->empty())
      return fail(where_, fmt::format("{} has no elements for '*' to stand for", path(count)),
                  "'*' stands for every element of an array");
    std::vector<Walk> all;
    for (std::size_t i = 0; i < at->array()->size(); ++i) {
      all.push_back(*this);
      all.back().parts_[count] = std::to_string(i);
    }
    return all;
  }

  const Path& parts() const { return parts_; }

  /// Whether every part of the path can be stepped into or made.
  Result<void> check(const Value& root) const {
    const Value* at = &root;
    for (std::size_t i = 0; i < parts_.size() && at != nullptr; ++i) {
      if (const Value::Array* elements = at->array()) {
        const std::optional<std::size_t> index = index_of(parts_[i]);
        if (!index || *index >= elements->size())
          return no_such_element(i, elements->size(), index.has_value());
        at = &(*elements)[*index];
      } else if (at->table() != nullptr) {
        at = at->find(parts_[i]);
      } else {
        return fail(
            where_,
            fmt::format("{} is {} and has no member '{}'", path(i), at->kind_name(), parts_[i]),
            fmt::format("set {} itself", path(i)));
      }
    }
    return {};
  }

  /// The place to set, made if it is missing; after a successful check().
  Value& reach(Value& root) const {
    Value* at = &root;
    for (const std::string& part : parts_) {
      if (Value::Array* elements = at->array()) {
        at = &(*elements)[*index_of(part)];
        continue;
      }
      Value* next = at->find(part);
      if (next == nullptr) {
        at->table()->push_back({part, Value{Value::Table{}, where_}, where_});
        next = &at->table()->back().value;
      }
      at = next;
    }
    return *at;
  }

 private:
  static std::optional<std::size_t> index_of(const std::string& part) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    return index;
  }

  /// The first `count` parts as written.
  std::string path(std::size_t count) const {
    const auto end = parts_.begin() + static_cast<std::ptrdiff_t>(count);
    return count == 0 ? "the file" : fmt::format("{}", fmt::join(parts_.begin(), end, "."));
  }

  tl::unexpected<Diagnostics> no_such_element(std::size_t at, std::size_t size,
                                              bool is_index) const {
    const std::string array = path(at);
    std::string remedy =
        size == 0   ? fmt::format("{} is empty", array)
        : size == 1 ? fmt::format("its only element is {}.0", array)
                    : fmt::format("its elements are {}.0 to {}.{}", array, array, size - 1);
    return fail(where_,
                is_index ? fmt::format("{} has no element {}", array, parts_[at])
                         : fmt::format("{} is an array and '{}' is no index", array, parts_[at]),
                std::move(remedy));
  }

  Path parts_;
  Location where_;
};

/// The walks of a path, each of which can be made.
Result<std::vector<Walk>> walks(const Value& root, Path parts, const Location& where) {
  auto all = Walk(std::move(parts), where).expanded(root);
  if (!all) return all;
  for (const Walk& walk : *all)
    if (Result<void> reachable = walk.check(root); !reachable)
      return tl::unexpected<Diagnostics>(std::move(reachable.error()));
  return all;
}

}  // namespace

Result<void> apply_override(Value& root, std::string_view setting, int nth) {
  const Location where{kOverrideFile, nth, 0};
  const std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos)
    return fail(where, fmt::format("'{}' has no '='", setting), kForm);
  const std::string_view path = setting.substr(0, equals);
  std::optional<Path> parts = split_path(path);
  if (!parts) return fail(where, fmt::format("'{}' is no path of a value", path), kForm);
  Result<Value> value = parse_value(setting.substr(equals + 1), where);
  if (!value) return tl::unexpected<Diagnostics>(std::move(value.error()));
  const auto places = walks(root, std::move(*parts), where);
  if (!places) return tl::unexpected<Diagnostics>(places.error());
  for (const Walk& place : *places) place.reach(root) = *value;
  return {};
}

Result<void> set_value(Value& root, std::string_view path, const Value& value) {
  std::optional<Path> parts = split_path(path);
  if (!parts)
    return fail(value.where, fmt::format("'{}' is no path of a value", path),
                "write it as a.b.0.c");
  const std::string last = parts->back();
  const auto places = walks(root, std::move(*parts), value.where);
  if (!places) return tl::unexpected<Diagnostics>(places.error());
  for (const Walk& place : *places) {
    place.reach(root) = value;
    Path above = place.parts();
    above.pop_back();
    Value& parent = above.empty() ? root : Walk(std::move(above), {}).reach(root);
    if (Value::Table* members = parent.table())
      std::erase_if(*members,
                    [&](const Value::Member& m) { return described_name(m.key) == last; });
  }
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
