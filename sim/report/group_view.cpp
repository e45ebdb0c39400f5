#include "sim/report/group_view.hpp"

#include <algorithm>

#include "sim/core/product.hpp"

namespace mhp::report {

GroupView::GroupView(const record::FileContent& file, const std::string& name)
    : group_(file.find(name)) {}

std::size_t GroupView::extent(const std::string& axis) const {
  return group_ == nullptr ? 0 : group_->extent(axis).value_or(0);
}

const record::Data* GroupView::find(const std::string& name,
                                    const std::vector<std::string>& dims) const {
  if (group_ == nullptr) return nullptr;
  std::size_t size = 1;
  for (const std::string& axis : dims) size = product_up_to(size, extent(axis));
  const record::Variable* v = group_->find(name);
  return v != nullptr && v->dims == dims && record::size_of(v->data) == size ? &v->data : nullptr;
}

namespace {

/// 36 years in nanoseconds, an exbibyte: what differs or adds up within a report stays a number.
constexpr std::int64_t kMostOfAnything = std::int64_t{1} << 60;

template <class T>
const T* as(const record::Data* data) {
  return data == nullptr ? nullptr : std::get_if<T>(data);
}

}  // namespace

const Ints* GroupView::ints(const std::string& name, const std::vector<std::string>& dims) const {
  const Ints* values = as<Ints>(find(name, dims));
  if (values == nullptr) return nullptr;
  const bool sound = std::all_of(values->begin(), values->end(), [](std::int64_t n) {
    return n >= -kMostOfAnything && n <= kMostOfAnything;
  });
  return sound ? values : nullptr;
}

const Reals* GroupView::reals(const std::string& name, const std::vector<std::string>& dims) const {
  return as<Reals>(find(name, dims));
}

const Texts* GroupView::texts(const std::string& name, const std::vector<std::string>& dims) const {
  return as<Texts>(find(name, dims));
}

const record::Flags* GroupView::flags(const std::string& name,
                                      const std::vector<std::string>& dims) const {
  return as<record::Flags>(find(name, dims));
}

const std::string& meaning(const record::Flags& flags, std::size_t i) {
  static const std::string none;
  return flags.values[i] < flags.meanings.size() ? flags.meanings[flags.values[i]] : none;
}

std::int64_t number_attribute(const record::FileContent& file, const std::string& name) {
  const record::Attribute* a = record::find(file.attributes, name);
  const auto* n = a != nullptr ? std::get_if<std::int64_t>(&a->value) : nullptr;
  return n != nullptr ? *n : 0;
}

}  // namespace mhp::report
