#include "sim/record/group_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5_hl.h>

#include <numeric>

namespace mhp::record {

using h5::Id;
using h5::Session;

void write_attributes(Session& s, hid_t owner, const Attributes& attributes) {
  for (const Attribute& a : attributes) {
    std::visit([&](const auto& value) { h5::write_attribute(s, owner, a.name, value); }, a.value);
  }
}

void write_meanings(Session& s, hid_t dataset, const std::vector<std::string>& meanings) {
  std::vector<std::uint8_t> values(meanings.size());
  std::iota(values.begin(), values.end(), std::uint8_t{0});
  h5::write_attribute(s, dataset, "flag_values", values);
  h5::write_attribute(s, dataset, "flag_meanings", fmt::format("{}", fmt::join(meanings, " ")));
}

namespace {

void write_values(Session& s, hid_t dataset, hid_t type, const void* values,
                  const std::string& name) {
  s.check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "write", name);
}

h5::Shape shape_of(const Group& group, const Variable& v) {
  h5::Shape shape;
  for (const std::string& axis : v.dims) shape.push_back(group.extent(axis).value_or(0));
  return shape;
}

template <class T>
Id write_numbers(Session& s, hid_t group, const std::string& name, const h5::Shape& shape,
                 hid_t file_type, hid_t memory_type, const std::vector<T>& values) {
  Id dataset = h5::create_dataset(s, group, name, file_type, shape);
  if (!values.empty()) write_values(s, dataset, memory_type, values.data(), name);
  return dataset;
}

Id write_strings(Session& s, hid_t group, const std::string& name, const h5::Shape& shape,
                 const std::vector<std::string>& values) {
  const Id type = h5::string_type(s);
  Id dataset = h5::create_dataset(s, group, name, type, shape);
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  if (!texts.empty()) write_values(s, dataset, type, texts.data(), name);
  return dataset;
}

Id write_flags(Session& s, hid_t group, const std::string& name, const h5::Shape& shape,
               const Flags& flags) {
  Id dataset = write_numbers(s, group, name, shape, H5T_STD_U8LE, H5T_NATIVE_UINT8, flags.values);
  write_meanings(s, dataset, flags.meanings);
  return dataset;
}

Id write_variable(Session& s, hid_t group_id, const Group& group, const Variable& v) {
  const h5::Shape shape = shape_of(group, v);
  Id dataset;
  if (const auto* flags = std::get_if<Flags>(&v.data)) {
    dataset = write_flags(s, group_id, v.name, shape, *flags);
  } else if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&v.data)) {
    dataset = write_numbers(s, group_id, v.name, shape, H5T_STD_I64LE, H5T_NATIVE_INT64, *ints);
  } else if (const auto* reals = std::get_if<std::vector<double>>(&v.data)) {
    dataset = write_numbers(s, group_id, v.name, shape, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, *reals);
  } else {
    dataset = write_strings(s, group_id, v.name, shape, std::get<std::vector<std::string>>(v.data));
  }
  h5::write_attribute(s, dataset, "units", v.units);
  h5::write_attribute(s, dataset, "long_name", v.long_name);
  write_attributes(s, dataset, v.attributes);
  return dataset;
}

}  // namespace

void attach_scales(Session& s, hid_t dataset, const std::string& name,
                   const std::vector<std::string>& dims, const std::vector<Scale>& scales) {
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    for (const Scale& scale : scales) {
      if (scale.name != dims[axis]) continue;
      s.check(H5DSattach_scale(dataset, scale.dataset, static_cast<unsigned>(axis)),
              "attach a scale to", name);
    }
  }
}

OpenGroup write_group(Session& s, hid_t file, const Group& group) {
  OpenGroup open{h5::create_group(s, file, group.name), {}};
  write_attributes(s, open.id, group.attributes);
  for (const Variable& c : group.coordinates) {
    open.scales.push_back({c.name, write_variable(s, open.id, group, c)});
    s.check(H5DSset_scale(open.scales.back().dataset, c.name.c_str()), "make a scale of", c.name);
  }
  for (const Variable& v : group.variables) {
    const Id dataset = write_variable(s, open.id, group, v);
    attach_scales(s, dataset, v.name, v.dims, open.scales);
  }
  return open;
}

}  // namespace mhp::record
