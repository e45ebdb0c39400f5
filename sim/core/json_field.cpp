#include "sim/core/json_field.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace mhp {

namespace {

/// A value as it stands, cut where it is long.
std::string shown(const nlohmann::json& value) {
  constexpr std::size_t kMostLetters = 40;
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kMostLetters) text = text.substr(0, kMostLetters) + "...";
  return text;
}

}  // namespace

void JsonField::wrong(const std::string& what) const {
  throw BadJson(path_.empty() ? what : fmt::format("{}: {}", path_, what));
}

JsonField JsonField::at(const std::string& key) const {
  if (auto found = find(key)) return *found;
  wrong(fmt::format("there is no '{}'", key));
}

std::optional<JsonField> JsonField::find(const std::string& key) const {
  if (!value_->is_object()) wrong(fmt::format("{} is not an object", shown(*value_)));
  const auto it = value_->find(key);
  if (it == value_->end()) return std::nullopt;
  return JsonField(*it, path_.empty() ? key : path_ + "." + key);
}

std::vector<std::pair<std::string, JsonField>> JsonField::members() const {
  if (!value_->is_object()) wrong(fmt::format("{} is not an object", shown(*value_)));
  std::vector<std::pair<std::string, JsonField>> out;
  for (const auto& [key, value] : value_->items())
    out.emplace_back(key, JsonField(value, path_.empty() ? key : path_ + "." + key));
  return out;
}

std::vector<JsonField> JsonField::elements() const {
  if (!value_->is_array()) wrong(fmt::format("{} is not a list", shown(*value_)));
  std::vector<JsonField> out;
  for (std::size_t i = 0; i < value_->size(); ++i) out.push_back(element(i));
  return out;
}

JsonField JsonField::element(std::size_t n) const {
  if (!value_->is_array()) wrong(fmt::format("{} is not a list", shown(*value_)));
  if (n >= value_->size()) wrong(fmt::format("it has {} elements", value_->size()));
  return JsonField((*value_)[n], fmt::format("{}[{}]", path_, n));
}

std::int64_t JsonField::integer(std::int64_t least, std::int64_t most) const {
  if (!value_->is_number_integer()) wrong(fmt::format("{} is not a whole number", shown(*value_)));
  if (value_->is_number_unsigned() &&
      value_->get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    wrong(fmt::format("{} is not {} to {}", shown(*value_), least, most));
  const auto n = value_->get<std::int64_t>();
  if (n < least || n > most) wrong(fmt::format("{} is not {} to {}", n, least, most));
  return n;
}

std::int64_t JsonField::counter() const {
  if (!value_->is_number_unsigned()) return integer(-kMost, kMost);
  const auto n = static_cast<std::int64_t>(value_->get<std::uint64_t>());
  if (n < -kMost || n > kMost) wrong(fmt::format("{} is no counter", shown(*value_)));
  return n;
}

double JsonField::number(double most) const {
  if (!value_->is_number()) wrong(fmt::format("{} is not a number", shown(*value_)));
  const auto n = value_->get<double>();
  if (!(n >= 0 && n <= most)) wrong(fmt::format("{} is not 0 to {}", shown(*value_), most));
  return n;
}

bool JsonField::flag() const {
  if (!value_->is_boolean()) wrong(fmt::format("{} is not true or false", shown(*value_)));
  return value_->get<bool>();
}

const std::string& JsonField::text() const {
  if (!value_->is_string()) wrong(fmt::format("{} is not a text", shown(*value_)));
  return value_->get_ref<const std::string&>();
}

const std::string& JsonField::word(const std::vector<std::string>& known) const {
  const std::string& said = text();
  if (std::find(known.begin(), known.end(), said) == known.end())
    wrong(fmt::format("{} is none of {}", shown(*value_), fmt::join(known, ", ")));
  return said;
}

}  // namespace mhp
