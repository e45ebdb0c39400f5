#include "sim/core/value.hpp"

#include <array>

#include "sim/core/units.hpp"

namespace mhp {

std::string Amount::text() const {
  const std::string digits = std::to_string(number);
  switch (unit) {
    case Unit::byte:
      return digits + "B";
    case Unit::byte_per_second:
      return digits + "B/s";
    case Unit::ns:
    case Unit::ps:
      return digits + std::string(word(unit));
    default:
      return digits;
  }
}

std::string Amount::shown() const {
  switch (unit) {
    case Unit::byte:
      return format_bytes(Bytes{number});
    case Unit::byte_per_second:
      return format_bandwidth(BytesPerSecond{number});
    case Unit::ns:
      return format_time_exact(SimTime{number});
    case Unit::ps:
      return format_picoseconds(Picoseconds{number});
    default:
      return std::to_string(number);
  }
}

const Value* Value::find(const std::string& key) const {
  const Table* members = table();
  if (members == nullptr) return nullptr;
  for (const Member& member : *members)
    if (member.key == key) return &member.value;
  return nullptr;
}

Value* Value::find(const std::string& key) {
  return const_cast<Value*>(static_cast<const Value&>(*this).find(key));
}

const char* Value::kind_name() const {
  static constexpr std::array<const char*, 7> kNames = {
      "a string", "an integer", "a number", "a boolean", "an array", "a table", "an amount"};
  return kNames.at(data.index());
}

Value number_value(std::int64_t number, Unit unit, const Location& where) {
  switch (unit) {
    case Unit::byte:
    case Unit::byte_per_second:
    case Unit::ns:
    case Unit::ps:
      return {Amount{number, unit}, where};
    default:
      return {number, where};
  }
}

}  // namespace mhp
