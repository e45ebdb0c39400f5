#include "sim/record/promise.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace mhp::record {

namespace {

constexpr std::array<std::string_view, 4> kTypes{"whole numbers", "real numbers", "flags", "texts"};

std::size_t type_of(const Data& data) {
  if (std::holds_alternative<std::vector<std::int64_t>>(data)) return 0;
  if (std::holds_alternative<std::vector<double>>(data)) return 1;
  return std::holds_alternative<Flags>(data) ? 2 : 3;
}

void look(const Variable& v, const Promise& p, std::vector<std::string>& broken) {
  const std::string subject = fmt::format("{}/{}", p.group, p.name);
  const std::string axes = fmt::format("{}", fmt::join(v.dims, ","));
  if (axes != p.axes)
    broken.push_back(fmt::format("{} has the axes ({}), not ({})", subject, axes, p.axes));
  if (v.units != p.units)
    broken.push_back(fmt::format("{} has the unit '{}', not '{}'", subject, v.units, p.units));
  if (v.long_name.empty()) broken.push_back(fmt::format("{} has no long_name", subject));
  if (type_of(v.data) != static_cast<std::size_t>(p.type))
    broken.push_back(fmt::format("{} holds {}, not {}", subject, kTypes[type_of(v.data)],
                                 kTypes[static_cast<std::size_t>(p.type)]));
}

}  // namespace

std::vector<std::string> broken_promises(const FileContent& file, std::span<const Promise> all) {
  std::vector<std::string> broken;
  std::string_view absent;  // a group that is not there is told once
  for (const Promise& p : all) {
    const Group* group = file.find(std::string(p.group));
    if (group == nullptr) {
      if (absent != p.group) broken.push_back(fmt::format("there is no group {}", p.group));
      absent = p.group;
    } else if (const Variable* v = group->find(std::string(p.name)); v == nullptr) {
      broken.push_back(fmt::format("there is no variable {}/{}", p.group, p.name));
    } else {
      look(*v, p, broken);
    }
  }
  return broken;
}

std::vector<std::string> unpromised(const FileContent& file, std::string_view group,
                                    std::span<const Promise> all) {
  std::vector<std::string> out;
  const Group* found = file.find(std::string(group));
  if (found == nullptr) return out;
  for (const auto* list : {&found->coordinates, &found->variables})
    for (const Variable& v : *list)
      if (std::none_of(all.begin(), all.end(),
                       [&](const Promise& p) { return p.group == group && p.name == v.name; }))
        out.push_back(fmt::format("{}/{} is none of the schema's variables", group, v.name));
  return out;
}

}  // namespace mhp::record
