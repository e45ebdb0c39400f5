#include "sim/core/value.hpp"

#include <array>

namespace mhp {

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
  static constexpr std::array<const char*, 6> kNames = {"a string",  "an integer", "a number",
                                                        "a boolean", "an array",   "a table"};
  return kNames.at(data.index());
}

}  // namespace mhp
