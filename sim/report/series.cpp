#include <algorithm>
#include <cmath>
#include <set>
#include <type_traits>

#include "sim/report/group_view.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/run_parts.hpp"

namespace mhp::report {

namespace {

constexpr std::size_t kFewestBuckets = 16;  // buckets, however many curves there are

/// The numbers of a variable, whole or not.
std::vector<double> numbers_of(const record::Variable& v) {
  if (const auto* reals = std::get_if<Reals>(&v.data)) return *reals;
  if (const auto* ints = std::get_if<Ints>(&v.data)) return {ints->begin(), ints->end()};
  return {};
}

/// A variable along the time, or one entry of one along the time and another axis.
struct Curve {
  const record::Variable* variable = nullptr;
  std::string of;  ///< the entry
  std::string kind;
  std::vector<double> last, min, max;

  bool moves() const {
    const auto zero = [](double x) { return x == 0; };
    return !std::all_of(last.begin(), last.end(), zero) ||
           !std::all_of(max.begin(), max.end(), zero);
  }
};

/// Every `width`-th value of a column with `width` entries side by side.
std::vector<double> entry(const std::vector<double>& values, std::size_t width, std::size_t i) {
  std::vector<double> out;
  for (; i < values.size(); i += width) out.push_back(values[i]);
  return out;
}

/// The curves of a variable with its extremes; none of one that is not along the time.
std::vector<Curve> curves_of(const GroupView& g, const record::Variable& v) {
  const std::size_t times = g.extent("time");
  const bool whole = v.dims == std::vector<std::string>{"time"};
  if (!whole && (v.dims.size() != 2 || v.dims[0] != "time")) return {};
  const Texts* names = whole ? nullptr : g.words(v.dims[1]);
  if (!whole && names == nullptr) return {};
  const std::size_t width = whole ? 1 : names->size();
  const auto values_of = [&](const std::string& name) {
    for (const record::Variable& other : g.group().variables)
      if (other.name == name && other.dims == v.dims)
        if (auto values = numbers_of(other); values.size() == times * width) return values;
    return std::vector<double>();
  };
  const auto last = values_of(v.name), min = values_of(v.name + "_min"),
             max = values_of(v.name + "_max");
  if (last.empty()) return {};
  std::vector<Curve> out;
  for (std::size_t i = 0; i < width; ++i)
    out.push_back({&v, whole ? "" : (*names)[i], record::text_of(v.attributes, "kind"),
                   entry(last, width, i), entry(min, width, i), entry(max, width, i)});
  return out;
}

/// Buckets taken together: the last of them, the least, the greatest, or the mean.
template <class Take>
ordered_json joined(const std::vector<double>& values, std::size_t buckets, Take take) {
  ordered_json out = ordered_json::array();
  for (std::size_t b = 0; b < buckets; ++b)
    out.push_back(number_json(
        take(values.begin() + static_cast<std::ptrdiff_t>(b * values.size() / buckets),
             values.begin() + static_cast<std::ptrdiff_t>((b + 1) * values.size() / buckets))));
  return out;
}

ordered_json curve_json(const Curve& c, std::size_t buckets) {
  const auto last = [](auto, auto to) { return *(to - 1); };
  const auto least = [](auto from, auto to) { return *std::min_element(from, to); };
  const auto greatest = [](auto from, auto to) { return *std::max_element(from, to); };
  const auto mean = [](auto from, auto to) {
    double sum = 0;
    for (auto it = from; it != to; ++it) sum += *it;
    return sum / static_cast<double>(to - from);
  };
  ordered_json out{{"name", c.variable->name}};
  if (!c.of.empty()) out["of"] = c.of;
  out["unit"] = c.variable->units;
  out["kind"] = c.kind;
  out["last"] = c.kind == "rate" ? joined(c.last, buckets, mean) : joined(c.last, buckets, last);
  if (!c.min.empty()) out["min"] = joined(c.min, buckets, least);
  if (!c.max.empty()) out["max"] = joined(c.max, buckets, greatest);
  out["definition"] = c.variable->long_name;
  return out;
}

bool is_extreme(const GroupView& g, const record::Variable& v) {
  for (const char* suffix : {"_min", "_max"})
    if (v.name.ends_with(suffix))
      for (const record::Variable& other : g.group().variables)
        if (other.name == v.name.substr(0, v.name.size() - 4)) return true;
  return false;
}

}  // namespace

ordered_json series_of(const record::FileContent& file, std::size_t most) {
  const GroupView g(file, "series");
  const Ints* time = g.axis("time");
  if (!time || time->empty()) return nullptr;
  std::vector<Curve> shown;
  for (const record::Variable& v : g.group().variables) {
    if (is_extreme(g, v)) continue;
    for (Curve& c : curves_of(g, v))
      if (c.moves()) shown.push_back(std::move(c));
  }
  if (shown.empty()) return nullptr;
  std::size_t columns = 0;
  for (const Curve& c : shown) columns += 1 + (c.min.empty() ? 0 : 1) + (c.max.empty() ? 0 : 1);
  const std::size_t buckets = std::min(time->size(), std::max(kFewestBuckets, most / columns));
  ordered_json times = ordered_json::array();
  for (std::size_t b = 0; b < buckets; ++b)
    times.push_back((*time)[(b + 1) * time->size() / buckets - 1]);
  ordered_json curves = ordered_json::array();
  for (const Curve& c : shown) curves.push_back(curve_json(c, buckets));
  return {{"time", std::move(times)}, {"curves", std::move(curves)}};
}

ordered_json traffic_of(const record::FileContent& file) {
  const GroupView g(file, "traffic");
  const std::vector<std::string> dims{"resource"};
  const Texts* name = g.words("resource");
  const record::Flags* kind = g.flags("kind", dims);
  const Ints* from = g.ints("from", dims);
  const Ints* to = g.ints("to", dims);
  const Ints* capacity = g.ints("capacity", dims);
  const Reals* moved = g.reals("moved", dims);
  const Reals* by_kernel = g.reals("moved_by_kernel", dims);
  const Ints* busy = g.ints("busy", dims);
  if (!name || !kind || !from || !to || !capacity || !moved || !by_kernel || !busy) return nullptr;
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < name->size(); ++i)
    out.push_back({{"name", (*name)[i]},
                   {"kind", meaning(*kind, i)},
                   {"from", (*from)[i]},
                   {"to", (*to)[i]},
                   {"capacity", (*capacity)[i]},
                   {"bytes", number_json((*moved)[i])},
                   {"kernel_bytes", number_json((*by_kernel)[i])},
                   {"busy", (*busy)[i]}});
  return out;
}

ordered_json latency_of(const record::FileContent& file, std::size_t most) {
  const GroupView g(file, "latency");
  const Texts* workload = g.words("workload");
  const Ints* low = g.axis("bin");
  const Ints* high = g.ints("bin_end", {"bin"});
  const Ints* count = g.ints("operations", {"workload", "bin"});
  if (!workload || !low || !high || !count || low->empty()) return nullptr;
  ordered_json out = ordered_json::array();
  for (std::size_t w = 0; w < workload->size(); ++w) {
    // Bins that hold nothing are left out.
    Ints lo, hi, n;
    for (std::size_t b = 0; b < low->size(); ++b)
      if (const std::int64_t c = (*count)[w * low->size() + b]; c > 0) {
        lo.push_back((*low)[b]);
        hi.push_back((*high)[b]);
        n.push_back(c);
      }
    if (n.empty()) continue;
    // Neighbours together, where there are many.
    const std::size_t each = std::max<std::size_t>(8, most / workload->size());
    const std::size_t bins = std::min(n.size(), each);
    ordered_json lows = ordered_json::array(), highs = lows, counts = lows;
    for (std::size_t b = 0; b < bins; ++b) {
      const std::size_t from = b * n.size() / bins, to = (b + 1) * n.size() / bins;
      std::int64_t sum = 0;
      for (std::size_t i = from; i < to; ++i) sum += n[i];
      lows.push_back(lo[from]);
      highs.push_back(hi[to - 1]);
      counts.push_back(sum);
    }
    out.push_back({{"workload", (*workload)[w]}, {"lo", lows}, {"hi", highs}, {"count", counts}});
  }
  return out;
}

}  // namespace mhp::report
