#include "sim/record/dataset.hpp"

#include <fmt/format.h>

#include <bit>

namespace mhp::record {

Group& Group::coordinate(std::string axis, Data values, std::string units, std::string long_name) {
  coordinates.push_back({axis, {axis}, std::move(values), std::move(units), std::move(long_name)});
  return *this;
}

Group& Group::variable(std::string variable_name, std::vector<std::string> dims, Data values,
                       std::string units, std::string long_name, Attributes more) {
  variables.push_back({std::move(variable_name), std::move(dims), std::move(values),
                       std::move(units), std::move(long_name), std::move(more)});
  return *this;
}

Group& Group::text(std::string variable_name, std::string value, std::string long_name) {
  return variable(std::move(variable_name), {}, std::vector<std::string>{std::move(value)}, "1",
                  std::move(long_name));
}

Group& Group::attribute(std::string attribute_name, std::string value) {
  attributes.push_back({std::move(attribute_name), std::move(value)});
  return *this;
}

std::optional<std::size_t> Group::extent(const std::string& axis) const {
  for (const Variable& c : coordinates) {
    if (c.name == axis) return size_of(c.data);
  }
  return std::nullopt;
}

const Variable* Group::find(const std::string& variable_name) const {
  for (const auto* list : {&coordinates, &variables})
    for (const Variable& v : *list)
      if (v.name == variable_name) return &v;
  return nullptr;
}

FileContent& FileContent::attribute(std::string name,
                                    std::variant<std::string, std::int64_t> value) {
  attributes.push_back({std::move(name), std::move(value)});
  return *this;
}

Group& FileContent::group(std::string name) {
  groups.push_back({std::move(name), {}, {}, {}});
  return groups.back();
}

const Group* FileContent::find(const std::string& name) const {
  for (const Group& g : groups)
    if (g.name == name) return &g;
  return nullptr;
}

const Attribute* find(const Attributes& attributes, const std::string& name) {
  for (const Attribute& a : attributes)
    if (a.name == name) return &a;
  return nullptr;
}

std::string text_of(const Attributes& attributes, const std::string& name) {
  const Attribute* found = find(attributes, name);
  const auto* text = found == nullptr ? nullptr : std::get_if<std::string>(&found->value);
  return text == nullptr ? std::string() : *text;
}

std::size_t size_of(const Data& data) {
  if (const auto* flags = std::get_if<Flags>(&data)) return flags->values.size();
  if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&data)) return ints->size();
  if (const auto* reals = std::get_if<std::vector<double>>(&data)) return reals->size();
  return std::get<std::vector<std::string>>(data).size();
}

namespace {

std::string bits_difference(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) {
      return fmt::format("value {} is {} and not {}", i, b[i], a[i]);
    }
  }
  return {};
}

template <class T>
std::string value_difference(const std::vector<T>& a, const std::vector<T>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return fmt::format("value {} is '{}' and not '{}'", i, b[i], a[i]);
  }
  return {};
}

std::string data_difference(const Data& a, const Data& b) {
  if (a.index() != b.index()) return "the type of the values differs";
  if (size_of(a) != size_of(b)) {
    return fmt::format("there are {} values and not {}", size_of(b), size_of(a));
  }
  if (const auto* flags = std::get_if<Flags>(&a)) {
    if (flags->meanings != std::get<Flags>(b).meanings) return "the flag meanings differ";
    return value_difference(flags->values, std::get<Flags>(b).values);
  }
  if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&a)) {
    return value_difference(*ints, std::get<std::vector<std::int64_t>>(b));
  }
  if (const auto* reals = std::get_if<std::vector<double>>(&a)) {
    return bits_difference(*reals, std::get<std::vector<double>>(b));
  }
  return value_difference(std::get<std::vector<std::string>>(a),
                          std::get<std::vector<std::string>>(b));
}

std::string attribute_difference(const Attributes& a, const Attributes& b) {
  if (a.size() != b.size()) {
    return fmt::format("there are {} attributes and not {}", b.size(), a.size());
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return fmt::format("attribute {} differs", a[i].name);
  }
  return {};
}

std::string variable_difference(const Variable& a, const Variable& b) {
  if (a.name != b.name) return fmt::format("{} stands in the place of {}", b.name, a.name);
  std::string difference;
  if (a.dims != b.dims) {
    difference = "the axes differ";
  } else if (a.units != b.units || a.long_name != b.long_name) {
    difference = "units or long_name differ";
  } else {
    difference = data_difference(a.data, b.data);
    if (difference.empty()) difference = attribute_difference(a.attributes, b.attributes);
  }
  return difference.empty() ? difference : fmt::format("{}: {}", a.name, difference);
}

std::string list_difference(const std::vector<Variable>& a, const std::vector<Variable>& b) {
  if (a.size() != b.size()) {
    return fmt::format("there are {} datasets and not {}", b.size(), a.size());
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::string difference = variable_difference(a[i], b[i]);
    if (!difference.empty()) return difference;
  }
  return {};
}

}  // namespace

std::string first_difference(const Attributes& a, const Attributes& b) {
  return attribute_difference(a, b);
}

std::string first_difference(const Group& a, const Group& b) {
  if (a.name != b.name) return fmt::format("group {} stands in the place of {}", b.name, a.name);
  std::string difference = first_difference(a.attributes, b.attributes);
  if (difference.empty()) difference = list_difference(a.coordinates, b.coordinates);
  if (difference.empty()) difference = list_difference(a.variables, b.variables);
  return difference.empty() ? difference : fmt::format("{}/{}", a.name, difference);
}

std::string first_difference(const FileContent& a, const FileContent& b) {
  std::string difference = first_difference(a.attributes, b.attributes);
  if (!difference.empty()) return difference;
  if (a.groups.size() != b.groups.size()) {
    return fmt::format("there are {} groups and not {}", b.groups.size(), a.groups.size());
  }
  for (std::size_t i = 0; i < a.groups.size(); ++i) {
    difference = first_difference(a.groups[i], b.groups[i]);
    if (!difference.empty()) return difference;
  }
  return {};
}

}  // namespace mhp::record
