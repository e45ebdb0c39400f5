#include "sim/run/result/metric/record.hpp"

#include "workloads/model.hpp"

namespace mhp::run {

namespace {

/// Whether `name` is a workload's name, or a cgroup's, '_' and the figure's.
bool ends_in(std::string_view name, std::string_view figure) {
  return name.size() > figure.size() + 1 && name.ends_with(figure) &&
         name[name.size() - figure.size() - 1] == '_';
}

}  // namespace

const std::vector<MetricRecord>& metric_records() {
  static const std::vector<MetricRecord> all = [] {
    std::vector<MetricRecord> out;
    for (const auto part :
         {hotplug_time_metrics(), offline_metrics(), hotplug_page_metrics(), overhead_metrics(),
          pressure_metrics(), zone_lock_metrics(), boot_metrics(), virtio_mem_metrics()})
      out.insert(out.end(), part.begin(), part.end());
    return out;
  }();
  return all;
}

std::vector<std::string> explained_metrics() {
  std::vector<std::string> names;
  for (const MetricRecord& m : metric_records())
    if (m.window) names.emplace_back(m.name);
  return names;
}

std::vector<Metric> metrics_of(const RunEnd& end) {
  std::vector<Metric> out;
  for (const MetricRecord& m : metric_records())
    if (m.applies == nullptr || m.applies(end))
      out.push_back({std::string(m.name), m.unit, m.better, m.phase, m.value(end), m.definition});
  return out;
}

std::string_view definition_of(std::string_view name, MetricPhase phase) {
  for (const MetricRecord& m : metric_records())
    if (m.name == name && m.phase == phase) return m.definition;
  return figure_behind(name).definition;
}

FigureRecord figure_behind(std::string_view name) {
  // A figure's name may end in another's: the longest is meant.
  FigureRecord best;
  for (const auto& [kind, model] : workloads::workloads().entries())
    for (const FigureRecord& f : model.figures())
      if (ends_in(name, f.name) && f.name.size() > best.name.size()) best = f;
  if (name.starts_with("cgroup_"))
    for (const FigureRecord& f : cgroup_figures())
      if (ends_in(name, f.name) && f.name.size() > best.name.size()) best = f;
  return best;
}

}  // namespace mhp::run
