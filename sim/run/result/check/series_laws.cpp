#include <algorithm>
#include <cmath>

#include "sim/run/result/check/view.hpp"

namespace mhp::run {

namespace {

using Reals = std::vector<double>;

/// The numbers of a variable, whole or not; empty if it has none, or is not there.
Reals numbers(const record::Group& g, const std::string& name) {
  const record::Variable* v = g.find(name);
  if (v == nullptr) return {};
  if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&v->data))
    return {ints->begin(), ints->end()};
  const auto* reals = std::get_if<Reals>(&v->data);
  return reals == nullptr ? Reals{} : *reals;
}

void extremes(const record::Group& g, FileCheck& check) {
  Law law(check, "series: least <= value <= most of each bucket");
  for (const record::Variable& v : g.variables) {
    if (g.find(v.name + "_min") == nullptr || g.find(v.name + "_max") == nullptr) continue;
    const Reals value = numbers(g, v.name), least = numbers(g, v.name + "_min"),
                most = numbers(g, v.name + "_max");
    if (least.size() != value.size() || most.size() != value.size()) continue;
    for (std::size_t i = 0; i < value.size(); ++i)
      law.holds(least[i] <= value[i] && value[i] <= most[i],
                "series/{}: value {} is {}, outside {} to {}", v.name, i, value[i], least[i],
                most[i]);
  }
}

void counters(const record::Group& g, std::size_t times, FileCheck& check) {
  Law law(check, "series: counters never fall");
  for (const record::Variable& v : g.variables) {
    if (record::text_of(v.attributes, "kind") != "counter" || times == 0) continue;
    const Reals value = numbers(g, v.name);
    const std::size_t places = value.size() / times;
    for (std::size_t i = places; i < value.size(); ++i)
      law.holds(value[i - places] <= value[i], "series/{}: value {} falls from {} to {}", v.name, i,
                value[i - places], value[i]);
  }
}

/// The last values of a variable over time are those of another, which holds them at the end.
void ends_as(const record::Group& g, const std::string& name, const Reals& end, double tolerance,
             const std::string& of, Law& law) {
  const Reals value = numbers(g, name);
  if (value.size() < end.size()) return;
  for (std::size_t i = 0; i < end.size(); ++i) {
    const double last = value[value.size() - end.size() + i];
    law.holds(std::abs(last - end[i]) <= tolerance * std::abs(end[i]),
              "series/{} ends at {}, {} has {}", name, last, of, end[i]);
  }
}

void ends(const record::FileContent& file, const record::Group& g, FileCheck& check) {
  constexpr double kRounding = 1e-9;
  Law law(check, "series end as zones, traffic, latency and metrics have it");
  if (const record::Group* z = file.find("zones"); z != nullptr) {
    const Reals all = numbers(*z, "nr_free_pages");
    const auto places =
        static_cast<std::ptrdiff_t>(z->extent("node").value_or(0) * z->extent("zone").value_or(0));
    if (places <= static_cast<std::ptrdiff_t>(all.size()))
      ends_as(g, "nr_free_pages", {all.end() - places, all.end()}, 0, "zones", law);
  }
  if (const record::Group* t = file.find("traffic"); t != nullptr)
    ends_as(g, "moved", numbers(*t, "moved"), kRounding, "traffic", law);
  if (const record::Group* l = file.find("latency"); l != nullptr) {
    ends_as(g, "latency_sum", numbers(*l, "latency_sum"), 0, "latency", law);
    const Reals all = numbers(*l, "operations");
    const std::size_t bins = l->extent("bin").value_or(0);
    Reals sums(l->extent("workload").value_or(0));
    for (std::size_t i = 0; i < all.size() && bins > 0; ++i) sums[i / bins] += all[i];
    ends_as(g, "operations", sums, 0, "latency", law);
  }
  // A counter over time that is also a metric has its name.
  if (const record::Group* m = file.find("metrics"); m != nullptr)
    for (const record::Variable& v : g.variables)
      if (v.dims.size() == 1 && record::text_of(v.attributes, "kind") == "counter")
        ends_as(g, v.name, numbers(*m, v.name), 0, "metrics", law);
}

}  // namespace

void series_laws(const record::FileContent& file, FileCheck& check) {
  GroupView s(file, "series");
  if (!s.there()) return;
  const auto& time = s.ints("time");
  {
    Law law(check, "series: the times begin at the start of the run and ascend");
    law.holds(!time.empty() && time.front() >= 0, "series: there is no first time");
    for (std::size_t i = 1; i < time.size(); ++i)
      law.holds(time[i - 1] < time[i], "series: {} ns comes after {} ns", time[i], time[i - 1]);
  }
  extremes(*s.group(), check);
  counters(*s.group(), time.size(), check);
  ends(file, *s.group(), check);
}

void traffic_laws(const record::FileContent& file, FileCheck& check) {
  GroupView t(file, "traffic"), l(file, "latency");
  if (!t.there()) return;
  const auto& names = t.texts("resource");
  const auto& capacity = t.ints("capacity");
  const auto& moved = t.reals("moved");
  const auto& by_kernel = t.reals("moved_by_kernel");
  const auto& busy = t.ints("busy");
  if (t.whole()) {
    Law law(check, "no controller or link moves more than it can while it is busy");
    for (std::size_t i = 0; i < names.size(); ++i) {
      // Rates are settled to within a part in a thousand.
      const double most =
          static_cast<double>(capacity[i]) * static_cast<double>(busy[i]) / 1e9 * 1.001 + 1;
      law.holds(busy[i] >= 0 && moved[i] >= 0 && moved[i] <= most,
                "traffic: {} has moved {:.0f} bytes in {} ns, at most {:.0f} can be", names[i],
                moved[i], busy[i], most);
      law.holds(by_kernel[i] >= 0 && by_kernel[i] <= moved[i],
                "traffic: {}: {:.0f} bytes for the kernel of {:.0f}", names[i], by_kernel[i],
                moved[i]);
    }
  }
  const auto& bin = l.ints("bin");
  const auto& end = l.ints("bin_end");
  if (!l.whole()) return;
  Law law(check, "bins of latency stand one behind the other");
  for (std::size_t i = 0; i < bin.size(); ++i)
    law.holds(bin[i] < end[i] && (i == 0 || end[i - 1] == bin[i]), "latency: bin {} is {} to {} ns",
              i, bin[i], end[i]);
}

}  // namespace mhp::run
