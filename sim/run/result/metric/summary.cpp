#include "sim/run/result/metric/summary.hpp"

#include <algorithm>
#include <array>

#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

struct Quantile {
  std::string_view ending;
  std::int64_t least;  ///< operations of which one lies beyond it
};
constexpr std::array<Quantile, 3> kQuantiles{
    {{"_latency_p50", 2}, {"_latency_p99", 100}, {"_latency_p999", 1000}}};

const Quantile* quantile(std::string_view metric) {
  const auto* it = std::find_if(kQuantiles.begin(), kQuantiles.end(),
                                [&](const Quantile& q) { return metric.ends_with(q.ending); });
  return it == kQuantiles.end() ? nullptr : it;
}

}  // namespace

analysis::Centre centre_of(std::string_view metric) {
  const auto& records = metric_records();
  const auto record = std::find_if(records.begin(), records.end(),
                                   [&](const MetricRecord& m) { return m.name == metric; });
  const FigureRecord what = record == records.end() ? figure_behind(metric) : FigureRecord(*record);
  return what.order_statistic ? analysis::Centre::median : analysis::Centre::mean;
}

std::optional<QuantileNeeds> quantile_needs(std::string_view metric) {
  const Quantile* q = quantile(metric);
  if (q == nullptr) return std::nullopt;
  const std::string_view workload = metric.substr(0, metric.size() - q->ending.size());
  return QuantileNeeds{std::string(workload) + "_operations", q->least};
}

}  // namespace mhp::run
