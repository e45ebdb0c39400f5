#include "sim/config/sample.hpp"

#include <sstream>

#include "sim/core/random.hpp"

namespace mhp::config {

namespace {

/// Either side of the value in force is as likely, if there are two; on a side, all values are.
std::int64_t either_side(Stream& stream, std::int64_t low, std::int64_t value, std::int64_t high) {
  __extension__ using Wide = unsigned __int128;
  const bool below = (stream.next_u64() >> 63) == 0;
  const bool down = value == high || (below && value != low);
  const Wide span = static_cast<Wide>(down ? value - low : high - value);
  const auto offset = static_cast<std::int64_t>((span * stream.next_u64() + (Wide{1} << 63)) >> 64);
  return down ? value - offset : value + offset;
}

}  // namespace

std::string quantity_of(const std::string& path) {
  std::istringstream in(path);
  std::string out;
  for (std::string part; std::getline(in, part, '.');) {
    if (part.find_first_not_of("0123456789") == std::string::npos) continue;
    out += (out.empty() ? "" : ".") + part;
  }
  return out;
}

std::vector<Drawn> draw_sample(const std::vector<ParamValue>& used, std::uint64_t seed,
                               std::uint64_t number) {
  std::vector<Drawn> out;
  for (const ParamValue& p : used) {
    if (!p.range || !p.number) continue;
    std::string quantity = quantity_of(p.name);
    Stream stream(seed, number, "uncertainty." + quantity);
    const std::int64_t value = either_side(stream, p.range->low, *p.number, p.range->high);
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
