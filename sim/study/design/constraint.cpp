#include "sim/study/design/constraint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <compare>
#include <sstream>

#include "sim/core/units.hpp"

namespace mhp::study {

namespace {

template <class T>
Result<std::int64_t> value_of(const Result<T>& amount) {
  if (!amount) return tl::unexpected<Diagnostics>(amount.error());
  return amount->value;
}

bool compares(std::strong_ordering order, Relation relation) {
  switch (relation) {
    case Relation::equal:
      return order == 0;
    case Relation::not_equal:
      return order != 0;
    case Relation::at_most:
      return order <= 0;
    case Relation::at_least:
      return order >= 0;
    case Relation::less:
      return order < 0;
    case Relation::greater:
      return order > 0;
  }
  return false;
}

}  // namespace

Result<std::int64_t> amount(const std::string& text, Unit unit, const Location& where) {
  if (unit == Unit::byte) return value_of(parse_bytes(text, where));
  if (unit == Unit::ns) return value_of(parse_time(text, where));
  if (unit == Unit::ps) return value_of(parse_picoseconds(text, where));
  if (unit == Unit::byte_per_second) return value_of(parse_bandwidth(text, where));
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(where, fmt::format("'{}' is no whole number", text));
  return number;
}

Result<Constraint::Product> Constraint::product(const std::vector<std::string>& words, Unit unit,
                                                const Location& where, const Lookup& lookup) {
  Product out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i % 2 == 1) {
      if (words[i] != "*") return fail(where, fmt::format("'{}' is no '*'", words[i]));
    } else if (lookup(words[i])) {
      out.push_back({words[i], {}});
    } else if (const auto number = amount(words[i], unit, where)) {
      out.push_back({"", {words[i], *number, unit}});
    } else if (words.size() == 1) {
      out.push_back({"", {words[i]}});
    } else {
      return fail(where,
                  fmt::format("'{}' is neither an axis, a parameter nor an amount", words[i]),
                  "amounts have their unit at once, as in 4GiB");
    }
  }
  if (words.size() % 2 == 0) return fail(where, "a side of the comparison is not complete");
  return out;
}

Result<Constraint> Constraint::parse(const std::string& text, const Location& where,
                                     const Lookup& lookup) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) words.push_back(word);
  const auto is_comparison = [](const std::string& w) { return named<Relation>(w).has_value(); };
  const auto at = std::find_if(words.begin(), words.end(), is_comparison);
  if (at == words.end())
    return fail(where, fmt::format("'{}' compares nothing", text),
                "write it as A <= B, with blanks around ==, !=, <=, >=, <, > and *");
  Unit unit = Unit::one;
  for (const std::string& word : words)
    if (const auto operand = lookup(word); operand && unit == Unit::one) unit = operand->unit;
  Constraint c;
  c.text_ = text;
  c.relation_ = *named<Relation>(*at);
  auto left = product({words.begin(), at}, unit, where, lookup);
  if (!left) return tl::unexpected<Diagnostics>(left.error());
  auto right = product({at + 1, words.end()}, unit, where, lookup);
  if (!right) return tl::unexpected<Diagnostics>(right.error());
  c.left_ = std::move(*left);
  c.right_ = std::move(*right);
  const auto is_word = [&](const Product& side) {
    const auto operand = side[0].name.empty() ? side[0].constant : *lookup(side[0].name);
    return !operand.number;
  };
  const bool words_only = c.left_.size() == 1 && c.right_.size() == 1;
  if ((is_word(c.left_) || is_word(c.right_)) &&
      (!words_only || (c.relation_ != Relation::equal && c.relation_ != Relation::not_equal)))
    return fail(where, fmt::format("'{}' compares words", text), "words know == and != only");
  return c;
}

bool Constraint::holds(const Lookup& lookup) const {
  const auto absent = [&](const Factor& f) { return !f.name.empty() && !lookup(f.name); };
  if (std::any_of(left_.begin(), left_.end(), absent) ||
      std::any_of(right_.begin(), right_.end(), absent))
    return relation_ != Relation::equal;
  const auto operand = [&](const Factor& f) {
    return f.name.empty() ? f.constant : lookup(f.name).value_or(Operand{});
  };
  const Operand left = operand(left_[0]);
  const Operand right = operand(right_[0]);
  if (!left.number || !right.number)
    return (left.text == right.text) == (relation_ == Relation::equal);
  // Saturates far above every amount, so that a long product stays on its side.
  const auto value = [&](const Product& side) {
    __int128 product = 1;
    constexpr __int128 kLimit = static_cast<__int128>(1) << 100;
    for (const Factor& f : side) {
      const std::int64_t number = operand(f).number.value_or(0);
      product = number != 0 && (product < 0 ? -product : product) >
                                   kLimit / (number < 0 ? -static_cast<__int128>(number) : number)
                    ? (product < 0) == (number < 0) ? kLimit : -kLimit
                    : product * number;
    }
    return product;
  };
  const __int128 l = value(left_);
  const __int128 r = value(right_);
  return compares(l < r   ? std::strong_ordering::less
                  : l > r ? std::strong_ordering::greater
                          : std::strong_ordering::equal,
                  relation_);
}

}  // namespace mhp::study
