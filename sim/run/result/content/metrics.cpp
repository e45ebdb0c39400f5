#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sim/run/result/content/columns.hpp"
#include "sim/run/result/content/groups.hpp"

namespace mhp::run::content {

namespace {

/// A metric's name, with the phase if another phase has the name too, as study files have it.
std::string name_in_file(const std::vector<Metric>& metrics, const Metric& metric) {
  const auto same = std::count_if(metrics.begin(), metrics.end(),
                                  [&](const Metric& m) { return m.name == metric.name; });
  return same > 1 ? fmt::format("{}_{}", metric.name, word(metric.phase)) : metric.name;
}

}  // namespace

void metrics(record::FileContent& file, const config::Scenario&, const RunResult& r) {
  Group& g = file.group("metrics");
  for (const Metric& m : r.metrics) {
    const double value =
        m.value ? static_cast<double>(*m.value) : std::numeric_limits<double>::quiet_NaN();
    g.variable(name_in_file(r.metrics, m), {}, std::vector<double>{value},
               std::string(word(m.unit)), m.definition.empty() ? m.name : std::string(m.definition),
               {{"metric", m.name},
                {"phase", std::string(word(m.phase))},
                {"better", std::string(word(m.better))}});
  }
}

}  // namespace mhp::run::content
