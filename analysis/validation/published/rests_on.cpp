#include "analysis/validation/published/rests_on.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/cost/pricer.hpp"

namespace mhp::published {

namespace {

bool is_number(const ParamValue& p) {
  const std::size_t from = p.value.starts_with('-') ? 1 : 0;
  return p.value.size() > from &&
         p.value.find_first_not_of("0123456789", from) == std::string::npos;
}

/// Amounts of time, memory or traffic, and what is said of machines, kernels and prices: numbers
/// that somebody must have got from somewhere.
bool needs_a_source(const ParamValue& p) {
  return p.name.starts_with("costs.") || p.name.starts_with("machine.") ||
         p.name.starts_with("kernel.") || p.unit == Unit::ps || p.unit == Unit::byte_per_second;
}

}  // namespace

std::vector<ParamValue> rests_on(const std::vector<ParamValue>& used, kernel::PrimitiveSet spent,
                                 const machine::CoreParams& core, const cost::CostProfile& costs) {
  std::set<std::string, std::less<>> idle;  // tables and parameters that nothing hung on
  std::set<std::string> of_core;            // what something took of a core's caches
  for (std::size_t i = 0; i < kernel::kPrimitives; ++i) {
    if ((spent & kernel::Pass::bit(static_cast<kernel::Primitive>(i))) == 0) {
      idle.insert(fmt::format("costs.{}", kernel::kPrimitiveNames[i]));
      continue;
    }
    const cost::PrimitiveCost& price = costs.primitives[i];
    const bool waits = price.lines > 0 || price.access == cost::Access::locked;
    if (waits && price.access != cost::Access::dependent) {
      const auto misses = cost::misses_in_flight(price.access, core, costs.core);
      of_core.insert(fmt::format("{}.misses_in_flight_{}", misses.said_in, word(misses.as)));
    }
    if (price.lines_again > 0)
      of_core.insert(
          fmt::format("{}.second_level_line", cost::second_level_line(core, costs.core).said_in));
  }
  std::vector<ParamValue> out;
  for (const ParamValue& p : used) {
    const bool cached = p.name.find(".misses_in_flight_") != std::string::npos ||
                        p.name.ends_with(".second_level_line");
    if (!is_number(p) || idle.contains(p.name.substr(0, p.name.rfind('.'))) ||
        (cached && of_core.count(p.name) == 0))
      continue;
    out.push_back(p);
  }
  return out;
}

std::vector<SetBy> set_by(const std::vector<ParamValue>& rests_on,
                          const std::vector<std::string>& data) {
  if (rests_on.empty()) return {{"all", ""}};
  std::vector<SetBy> out;
  for (const ParamValue& p : rests_on) {
    const auto datum = std::find_first_of(p.data.begin(), p.data.end(), data.begin(), data.end());
    if (datum != p.data.end())
      out.push_back({p.name, *datum});
    else if (p.basis.empty() && !p.is_default && needs_a_source(p))
      out.push_back({p.name, ""});
  }
  return out;
}

}  // namespace mhp::published
