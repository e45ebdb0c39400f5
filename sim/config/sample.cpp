#include "sim/config/sample.hpp"

#include <algorithm>
#include <sstream>

#include "sim/core/random.hpp"

namespace mhp::config {

namespace {

/// The path without the numbers of array members: "machine.node.1.latency" is machine.node.latency.
std::string quantity_of(const std::string& path) {
  std::istringstream in(path);
  std::string out;
  for (std::string part; std::getline(in, part, '.');) {
    if (part.find_first_not_of("0123456789") == std::string::npos) continue;
    out += (out.empty() ? "" : ".") + part;
  }
  return out;
}

/// Which side of the mode a draw falls on has the probability of that side's width; the distance
/// from the mode, as a part of the width, is the smaller of two uniform draws, whose density falls
/// linearly to 0.
std::int64_t triangular(Stream& stream, std::int64_t low, std::int64_t mode, std::int64_t high) {
  if (low == high) return mode;
  __extension__ using Wide = unsigned __int128;
  const bool below = stream.uniform(0, high - low - 1) < mode - low;
  const std::uint64_t one = stream.next_u64();
  const std::uint64_t part = std::min(one, stream.next_u64());
  const Wide span = static_cast<Wide>(below ? mode - low : high - mode);
  const auto offset = static_cast<std::int64_t>((span * part + (Wide{1} << 63)) >> 64);
  return below ? mode - offset : mode + offset;
}

}  // namespace

std::vector<Drawn> draw_sample(const std::vector<ParamValue>& used, std::uint64_t seed,
                               std::uint64_t number) {
  std::vector<Drawn> out;
  for (const ParamValue& p : used) {
    if (!p.range || !p.number) continue;
    std::string quantity = quantity_of(p.name);
    Stream stream(seed, number, "uncertainty." + quantity);
    const std::int64_t value = triangular(stream, p.range->low, *p.number, p.range->high);
    out.push_back({p.name, p.unit, std::move(quantity), value});
  }
  return out;
}

std::string setting_of(const Drawn& drawn) {
  const Value value = number_value(drawn.value, drawn.unit, {});
  const Amount* amount = value.amount();
  return drawn.name + "=" + (amount != nullptr ? amount->text() : std::to_string(drawn.value));
}

Result<Scenario> with_sample(const Scenario& scenario, const std::vector<Drawn>& sample) {
  std::vector<Setting> values;
  for (const Drawn& d : sample)
    values.push_back({d.name, number_value(d.value, d.unit, {"a drawn value", 0, 0})});
  return with_values(scenario, values);
}

}  // namespace mhp::config
