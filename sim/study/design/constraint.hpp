#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/figure.hpp"
#include "sim/core/words.hpp"

namespace mhp::study {

/// What a name of a constraint stands for at some point of a study.
struct Operand {
  std::string text;                    ///< as parameters are recorded
  std::optional<std::int64_t> number;  ///< in its unit, if it is one
  Unit unit = Unit::one;
};

/// Looks an axis or a parameter up; nothing if there is none of that name.
using Lookup = std::function<std::optional<Operand>(const std::string& name)>;

/// How two sides compare.
enum class Relation : std::uint8_t { equal, not_equal, at_most, at_least, less, greater };
constexpr std::array<Word, 6> words_of(Relation) {
  return {{{"=="}, {"!="}, {"<="}, {">="}, {"<"}, {">"}}};
}

/// A condition that the points of a study must meet: "hotplug.0.size * hotplug.0.count <= 1TiB",
/// "memmap_placement != hotplugged_range". Each side is a product of names and amounts, or one
/// name or word for == and !=.
class Constraint {
 public:
  /// `lookup` tells names from words and gives the unit in which amounts are meant.
  static Result<Constraint> parse(const std::string& text, const Location& where,
                                  const Lookup& lookup);

  /// A parameter that a point does not have breaks no bound, and equals nothing.
  bool holds(const Lookup& lookup) const;
  const std::string& text() const { return text_; }
  Relation relation() const { return relation_; }

 private:
  struct Factor {
    std::string name;  ///< to look up; empty if constant
    Operand constant;
  };
  using Product = std::vector<Factor>;

  static Result<Product> product(const std::vector<std::string>& words, Unit unit,
                                 const Location& where, const Lookup& lookup);

  std::string text_;
  Relation relation_ = Relation::equal;
  Product left_, right_;
};

/// An amount in `unit`: "3GiB" for bytes, "1ms" for ns, "12" for what has none.
Result<std::int64_t> amount(const std::string& text, Unit unit, const Location& where);

}  // namespace mhp::study
