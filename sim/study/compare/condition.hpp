#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/study/compare/columns.hpp"
#include "sim/study/design/constraint.hpp"
#include "sim/study/sweep/journal.hpp"

namespace mhp::study {

/// What a comparison is asked, such as "time_to_online > +5%": METRIC RELATION AMOUNT, blanks as
/// one likes. METRIC is NAME, NAME:PHASE where two phases have the name, or "outcome". AMOUNT with
/// a sign is a difference to the baseline, with '%' in percent of it; without a sign it is the
/// value itself. Of times and sizes it has a unit.
class Condition {
 public:
  /// Errors name `where` with the column of `text`. `known`: what metrics there are.
  static Result<Condition> parse(const std::string& text, const Location& where,
                                 const MetricSet& known);

  const std::string& text() const { return text_; }
  bool is_outcome() const { return outcome_.has_value(); }

  /// Why the condition counts as met.
  enum class Met : std::uint8_t { holds, not_reached };
  struct Finding {
    std::string column;
    Met why = Met::holds;
    const MetricRow* row = nullptr;  ///< null for "outcome" and for what no run has
  };
  /// The columns for which it is met: of a difference, those behind the baseline. A difference that
  /// has an interval must be significant, too. A metric that was not reached counts as met.
  std::vector<Finding> findings(const Comparison& comparison) const;

 private:
  enum class Kind : std::uint8_t { value, absolute, relative };

  bool compares(double value) const;
  bool holds(const Difference& d) const;
  std::vector<Finding> outcomes(const Comparison& comparison) const;

  std::string text_;
  MetricName metric_;
  Relation relation_ = Relation::greater;
  Kind kind_ = Kind::value;
  double amount_ = 0;  ///< in the unit of the metric; of relative ones a fraction
  std::optional<run::Outcome> outcome_;
};

}  // namespace mhp::study
