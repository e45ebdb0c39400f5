#include "sim/report/thin.hpp"

#include <algorithm>
#include <set>

namespace mhp::report {

std::vector<std::size_t> thinned(const std::vector<const std::vector<std::int64_t>*>& columns,
                                 std::size_t count, std::size_t most) {
  std::set<std::size_t> kept;
  if (count <= most) {
    for (std::size_t i = 0; i < count; ++i) kept.insert(kept.end(), i);
    return {kept.begin(), kept.end()};
  }
  kept.insert({0, count - 1});
  const std::size_t each = std::max<std::size_t>(1, 2 * columns.size());
  const std::size_t stretches =
      std::max<std::size_t>(1, (std::max<std::size_t>(most, 2) - 2) / each);
  for (std::size_t s = 0; s < stretches; ++s) {
    const auto from = static_cast<std::ptrdiff_t>(s * count / stretches);
    const auto to = static_cast<std::ptrdiff_t>((s + 1) * count / stretches);
    for (const auto* column : columns) {
      const auto [least, greatest] =
          std::minmax_element(column->begin() + from, column->begin() + to);
      kept.insert(static_cast<std::size_t>(least - column->begin()));
      kept.insert(static_cast<std::size_t>(greatest - column->begin()));
    }
  }
  return {kept.begin(), kept.end()};
}

std::vector<std::int64_t> at(const std::vector<std::int64_t>& values,
                             const std::vector<std::size_t>& places) {
  std::vector<std::int64_t> out;
  for (const std::size_t i : places) out.push_back(values[i]);
  return out;
}

}  // namespace mhp::report
