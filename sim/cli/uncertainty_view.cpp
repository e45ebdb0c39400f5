#include "sim/cli/uncertainty_view.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/cli/figures.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;

std::string range_text(const std::optional<study::SampledRange>& r, Unit unit, bool with_sign) {
  if (!r) return "not always reached";
  const auto text = [&](std::int64_t v) {
    return (with_sign && v > 0 ? "+" : "") + human(static_cast<double>(v), unit);
  };
  return r->low == r->high ? text(r->low) : fmt::format("[{}, {}]", text(r->low), text(r->high));
}

std::string drivers_text(const std::vector<run::Driver>& drivers) {
  std::vector<std::string> parts;
  for (const run::Driver& d : drivers)
    parts.push_back(fmt::format("{} ({:+.2f})", d.name, d.correlation));
  return parts.empty() ? "none that is more than chance"
                       : fmt::format("{}", fmt::join(parts, ", "));
}

ordered_json range_json(const std::optional<study::SampledRange>& r) {
  if (!r) return nullptr;
  return {{"low", r->low}, {"median", r->median}, {"high", r->high}};
}

}  // namespace

std::string uncertainty_table(const study::Uncertainty& u,
                              const std::vector<std::string>& placements) {
  std::string out =
      fmt::format("\n{} samples of {} constants that have a range; [5 %, 95 %] of the samples\n",
                  u.samples, u.constants.size());
  for (const auto& m : u.metrics) {
    out += fmt::format("{:<27} {:<7}", m.name, word(m.phase));
    for (const auto& p : placements)
      out += fmt::format(" {:>22}", range_text(m.values.at(p), m.unit, false));
    for (std::size_t i = 1; i < placements.size(); ++i)
      out += fmt::format("  {}", range_text(m.diff.at(placements[i]), m.unit, true));
    out += '\n';
  }
  out += fmt::format("what they hang on most (rank correlation over the samples), {}\n",
                     placements.front());
  for (const auto& m : u.metrics)
    if (m.values.at(placements.front()))
      out += fmt::format("{:<27} {}\n", m.name, drivers_text(m.drivers.at(placements.front())));
  return out;
}

ordered_json uncertainty_json(const study::Uncertainty& u,
                              const std::vector<std::string>& placements) {
  ordered_json out{{"samples", u.samples}, {"constants", u.constants}};
  out["metrics"] = ordered_json::array();
  for (const auto& m : u.metrics) {
    ordered_json row{{"name", m.name}, {"phase", word(m.phase)}, {"unit", word(m.unit)}};
    for (const char* key : {"values", "diff", "drivers"}) row[key] = ordered_json::object();
    for (std::size_t i = 0; i < placements.size(); ++i) {
      const std::string& p = placements[i];
      row["values"][p] = range_json(m.values.at(p));
      if (i > 0) row["diff"][p] = range_json(m.diff.at(p));
      row["drivers"][p] = ordered_json::array();
      for (const run::Driver& d : m.drivers.at(p))
        row["drivers"][p].push_back({{"name", d.name}, {"rank_correlation", d.correlation}});
    }
    out["metrics"].push_back(std::move(row));
  }
  return out;
}

}  // namespace mhp::cli
