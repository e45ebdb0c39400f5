#include "sim/cli/command/verify/pressure_view.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;
using pressure::Compared;

/// Counts as they are, shares with one decimal.
std::string number(double value) {
  return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.1f}", value);
}

std::string runs_text(const std::vector<double>& runs) {
  std::vector<std::string> out;
  for (const double r : runs) out.push_back(number(r));
  return fmt::format("{}", fmt::join(out, " / "));
}

std::string band_text(const Compared& c) {
  if (c.band.low == c.band.high) return "exactly " + number(c.band.low);
  return fmt::format("{:.0f} to {:.0f}", c.band.low, c.band.high);
}

std::string note(const PressureRow& row, const Compared& c) {
  const auto known = row.known.find(c.quantity);
  std::string text = band_text(c);
  if (known != row.known.end()) text += "; " + known->second;
  return text;
}

/// A number of JSON: whole where it is.
ordered_json json_number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return std::round(value * 1000) / 1000;
}

struct Totals {
  std::size_t quantities = 0;
  std::size_t inside = 0;
  std::size_t known = 0;
  std::size_t captures_inside = 0;
  std::int64_t unmodelled = 0;
};

Totals totals_of(const std::vector<PressureRow>& rows) {
  Totals t;
  for (const PressureRow& row : rows) {
    t.captures_inside += row.comparison.outside() == 0;
    for (const Compared& c : row.comparison.quantities) {
      ++t.quantities;
      t.inside += c.inside;
      t.known += !c.inside && row.known.contains(c.quantity);
    }
    for (const auto& u : row.comparison.unmodelled) t.unmodelled += u.count;
  }
  return t;
}

/// Counters by name and reason, over all recordings.
void print_unmodelled(const std::vector<PressureRow>& rows) {
  std::map<std::string, std::int64_t> reasons;
  for (const PressureRow& row : rows)
    for (const auto& u : row.comparison.unmodelled) reasons[u.reason] += u.count;
  for (const auto& [reason, count] : reasons) fmt::print("{:>8}  {}\n", count, reason);
}

}  // namespace

std::vector<std::string> PressureRow::surprises() const {
  std::vector<std::string> out;
  std::size_t found = 0;
  for (const Compared& c : comparison.quantities) {
    const bool named = known.contains(c.quantity);
    found += named;
    if (!c.inside && !named)
      out.push_back(
          fmt::format("'{}' is outside its band and not named as known to be", c.quantity));
    if (c.inside && named)
      out.push_back(fmt::format("'{}' is named as outside its band, and is inside", c.quantity));
  }
  if (found == known.size()) return out;
  for (const auto& [quantity, reason] : known)
    if (std::none_of(comparison.quantities.begin(), comparison.quantities.end(),
                     [&, &name = quantity](const Compared& c) { return c.quantity == name; }))
      out.push_back(fmt::format("'{}' is named as outside its band, and there is none", quantity));
  return out;
}

void print_pressure(const std::vector<PressureRow>& rows, bool all) {
  fmt::print("{:<34} {:<34} {:>28} {:>9} {:<7} {}\n", "capture", "quantity", "real runs", "model",
             "inside", "note");
  for (const PressureRow& row : rows)
    for (const Compared& c : row.comparison.quantities)
      if (all || !c.inside)
        fmt::print("{:<34} {:<34} {:>28} {:>9} {:<7} {}\n", row.comparison.name, c.quantity,
                   runs_text(c.real), number(c.model), c.inside ? "yes" : "NO", note(row, c));
  const Totals t = totals_of(rows);
  fmt::print("\nnot compared, values of the first runs by reason\n");
  print_unmodelled(rows);
  fmt::print(
      "\n{} of {} recordings with every quantity inside its band; {} of {} quantities inside, {} "
      "of the {} others known; {} values not compared\n",
      t.captures_inside, rows.size(), t.inside, t.quantities, t.known, t.quantities - t.inside,
      t.unmodelled);
}

void print_pressure_json(const std::vector<PressureRow>& rows, const std::string& kernel_note) {
  ordered_json out{{"schema", "mhpsim-pressure/1"},
                   {"captures", rows.size()},
                   {"inside", totals_of(rows).captures_inside},
                   {"quantities", ordered_json::array()},
                   {"unmodelled", ordered_json::array()}};
  if (!kernel_note.empty()) out["kernel_note"] = kernel_note;
  for (const PressureRow& row : rows) {
    for (const Compared& c : row.comparison.quantities) {
      ordered_json real = ordered_json::array();
      for (const double r : c.real) real.push_back(json_number(r));
      out["quantities"].push_back({{"capture", row.comparison.name},
                                   {"quantity", c.quantity},
                                   {"real", std::move(real)},
                                   {"model", json_number(c.model)},
                                   {"inside", c.inside},
                                   {"note", note(row, c)}});
    }
    for (const auto& u : row.comparison.unmodelled)
      out["unmodelled"].push_back({{"capture", row.comparison.name},
                                   {"quantity", u.quantity},
                                   {"reason", u.reason},
                                   {"count", u.count}});
  }
  fmt::print("{}\n", out.dump(2));
}

}  // namespace mhp::cli
