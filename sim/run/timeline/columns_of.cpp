#include "sim/run/timeline/columns_of.hpp"

#include <fmt/format.h>

namespace mhp::run {

template <class T>
const T& ColumnsOf::get(std::string_view name, std::size_t length) const {
  const record::Variable* v = group_.find(std::string(name));
  const T* data = v != nullptr ? std::get_if<T>(&v->data) : nullptr;
  if (data == nullptr)
    throw FileLacks{fmt::format("no variable '{}/{}' of the right type", group_.name, name)};
  if (record::size_of(v->data) != length)
    throw FileLacks{fmt::format("'{}/{}' with {} values where {} belong", group_.name, name,
                                record::size_of(v->data), length)};
  return *data;
}

const std::vector<std::int64_t>& ColumnsOf::ints(std::string_view name, std::size_t length) const {
  return get<std::vector<std::int64_t>>(name, length);
}

const std::vector<double>& ColumnsOf::doubles(std::string_view name, std::size_t length) const {
  return get<std::vector<double>>(name, length);
}

const std::vector<std::string>& ColumnsOf::texts(std::string_view name, std::size_t length) const {
  return get<std::vector<std::string>>(name, length);
}

std::vector<std::string_view> ColumnsOf::words(std::string_view name, std::size_t length) const {
  const auto& flags = get<record::Flags>(name, length);
  std::vector<std::string_view> out;
  out.reserve(flags.values.size());
  for (const std::uint8_t v : flags.values) {
    if (v >= flags.meanings.size())
      throw FileLacks{
          fmt::format("'{}/{}' with a flag {} that has no meaning", group_.name, name, v)};
    out.push_back(flags.meanings[v]);
  }
  return out;
}

std::size_t ColumnsOf::length(std::string_view axis) const {
  const auto length = group_.extent(std::string(axis));
  if (!length) throw FileLacks{fmt::format("no axis '{}' in '{}'", axis, group_.name)};
  return *length;
}

bool ColumnsOf::has(std::string_view name) const {
  return group_.find(std::string(name)) != nullptr;
}

}  // namespace mhp::run
