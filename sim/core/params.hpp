#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/param_table.hpp"
#include "sim/core/words.hpp"

namespace mhp {

namespace detail {
template <class T>
struct BoundOf {
  using type = T;
};
template <class T>
struct BoundOf<std::vector<T>> {
  using type = T;
};

/// A value as parameters hold it: of an enumeration its word.
template <class T>
ParamData data_of(const T& value) {
  if constexpr (Worded<T>)
    return Chosen{static_cast<std::size_t>(value), std::string(word(value))};
  else
    return value;
}

template <class T>
T value_of(ParamData&& data) {
  if constexpr (Worded<T>)
    return static_cast<T>(std::get<Chosen>(data).number);
  else
    return std::get<T>(std::move(data));
}

/// The choices of a parameter: those stated, or the words of its enumeration.
template <class T>
std::vector<Choice> choices_of(std::vector<Choice> stated) {
  if constexpr (Worded<T>)
    for (const Word& w : words_of(T{})) stated.push_back({std::string(w.word), std::string(w.doc)});
  return stated;
}

template <class T>
std::optional<std::int64_t> plain(const std::optional<T>& bound) {
  if constexpr (requires(T t) { static_cast<std::int64_t>(t.value); }) {
    return bound ? std::optional<std::int64_t>(bound->value) : std::nullopt;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return bound;
  } else {
    return std::nullopt;
  }
}

template <class T>
std::optional<ParamRange> range(const std::optional<T>& low, const std::optional<T>& high) {
  const auto from = plain(low);
  const auto to = plain(high);
  return from && to ? std::optional(ParamRange{*from, *to}) : std::nullopt;
}
}  // namespace detail

/// What is said about a parameter when it is declared. Bounds are inclusive.
template <class T>
struct ParamOptions {
  std::string doc = {};         ///< one sentence; never empty
  std::string linux_name = {};  ///< the kernel's own name for it, if it has one
  std::string source = {};      ///< where the default comes from
  bool required = false;        ///< the table must state it
  std::optional<typename detail::BoundOf<T>::type> min = {};
  std::optional<typename detail::BoundOf<T>::type> max = {};
  /// For strings; the value "help" then lists them. An enumeration's are its words.
  std::vector<Choice> choices = {};
  /// What the default rests on; "choice" marks part of the question and holds for stated values
  /// too.
  std::string basis = {};
  std::optional<typename detail::BoundOf<T>::type> low = {};  ///< where the default may truly lie
  std::optional<typename detail::BoundOf<T>::type> high = {};
  std::vector<std::string> data = {};  ///< ids of the published data that set the default
  /// Of an amount: a word that may be written for it, and the amount that it stands for, which may
  /// be out of bounds.
  std::string word = {};
  typename detail::BoundOf<T>::type word_means = {};
};

/// The parameter records of a struct S, declared once: reading, messages, help and reference all
/// come from them. The default of a parameter is what a default-constructed S holds.
///
///   const auto params = ParamSet<ZoneParams>()
///       .add("watermark_scale_factor", &ZoneParams::scale,
///            {.doc = "...", .linux_name = "vm.watermark_scale_factor", .min = 1, .max = 3000});
///
/// A table may also say what its values are worth (param_standing.hpp): `<name>_source`,
/// `<name>_basis`, `<name>_range` and `<name>_data` for one of them, `source`, `basis` and `data`
/// for all.
template <class S>
class ParamSet {
 public:
  template <class T>
  ParamSet& add(std::string name, T S::*member, ParamOptions<std::type_identity_t<T>> o) {
    table_.add({std::move(name), std::move(o.doc), std::move(o.linux_name), std::move(o.source),
                o.required, detail::plain(o.min), detail::plain(o.max),
                detail::choices_of<T>(std::move(o.choices)), std::move(o.basis),
                detail::range(o.low, o.high), std::move(o.data), detail::data_of(S{}.*member),
                std::move(o.word), detail::plain(std::optional(o.word_means)).value_or(0)});
    members_.push_back(
        [member](S& out, ParamData&& data) { out.*member = detail::value_of<T>(std::move(data)); });
    return *this;
  }

  /// Leaves the member `name` of the table, a table or an array of tables, to the caller.
  ParamSet& subtable(std::string name) { return table_.ignore(std::move(name)), *this; }

  /// Sets every declared member of `out`: from `table`, or to the default. All that is wrong with
  /// the table is appended to `errors`, and every parameter, defaults included, to `used` if given.
  /// `prefix` is the path of the table ("kernel.zones"), empty for the root.
  void read(const Value& table, S& out, Diagnostics& errors,
            std::vector<ParamValue>* used = nullptr, std::string_view prefix = {}) const {
    std::vector<ParamData> values = table_.read(table, prefix, errors, used);
    for (std::size_t i = 0; i < values.size(); ++i) members_[i](out, std::move(values[i]));
  }

  /// Reads the member `name` alone, which has changed in a table that was read before. False, and
  /// nothing done, if it is none of the set's or the table does not state it.
  bool read_one(const Value& table, std::string_view name, S& out, Diagnostics& errors,
                std::string_view prefix = {}) const {
    auto one = table_.read_one(table, name, prefix, errors);
    if (one) members_[one->index](out, std::move(one->data));
    return one.has_value();
  }

  std::vector<ParamInfo> describe(std::string_view prefix = {}) const {
    return table_.describe(prefix);
  }

 private:
  ParamTable table_;
  std::vector<std::function<void(S&, ParamData&&)>> members_;
};

}  // namespace mhp
