#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mhp {

/// How files and tables write an enumerator, and what it means.
struct Word {
  std::string_view word;
  std::string_view doc = {};
};

// An enumeration says its words once, in the order of its enumerators from 0 on, by a function
// beside it:
//
//   enum class Order : std::uint8_t { forward, reversed };
//   constexpr std::array<Word, 2> words_of(Order) { return {{{"forward", "..."}, ...}}; }

/// An enumeration that has words.
template <class E>
concept Worded = std::is_enum_v<E> && requires(E e) {
  words_of(e);
};

template <Worded E>
constexpr std::string_view word(E e) {
  constexpr auto table = words_of(E{});
  return table.at(static_cast<std::size_t>(e)).word;
}

/// The enumerator of a word; nothing if it has none.
template <Worded E>
constexpr std::optional<E> named(std::string_view text) {
  constexpr auto table = words_of(E{});
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].word == text) return static_cast<E>(i);
  return std::nullopt;
}

/// All words of an enumeration, in its order.
template <Worded E>
std::vector<std::string> all_words() {
  std::vector<std::string> out;
  for (const Word& w : words_of(E{})) out.emplace_back(w.word);
  return out;
}

}  // namespace mhp
