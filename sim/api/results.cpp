#include <fmt/format.h>

#include "sim/api/access.hpp"
#include "sim/record/run_file.hpp"

namespace mhpsim {

namespace {

using mhp::record::Group;

const Group* find_group(const mhp::record::FileContent& file, const std::string& name) {
  for (const Group& group : file.groups)
    if (group.name == name) return &group;
  return nullptr;
}

[[noreturn]] void no_such(const std::string& path) {
  detail::fail({{{}, fmt::format("there is no variable {}", path), "as in zones/nr_free_pages"}});
}

/// Values as users get them: flags by their meanings.
struct Values {
  Variable& out;

  void operator()(const std::vector<std::int64_t>& v) const { out.values = v; }
  void operator()(const std::vector<double>& v) const { out.values = v; }
  void operator()(const std::vector<std::string>& v) const { out.values = v; }
  void operator()(const mhp::record::Flags& flags) const {
    std::vector<std::string> words;
    for (const std::uint8_t v : flags.values) words.push_back(flags.meanings.at(v));
    out.values = std::move(words);
  }
};

Variable as_given(const Group& group, const mhp::record::Variable& v) {
  Variable out{v.name, v.dims, {}, v.units, v.long_name, {}};
  for (const std::string& axis : v.dims) out.shape.push_back(group.extent(axis).value_or(0));
  std::visit(Values{out}, v.data);
  return out;
}

}  // namespace

Results Results::read(const std::string& path) {
  return Results(std::make_shared<const detail::FileData>(
      detail::FileData{detail::value_or_error(mhp::record::read_file(path))}));
}

std::vector<std::string> Results::groups() const {
  std::vector<std::string> names;
  for (const Group& group : data_->content.groups) names.push_back(group.name);
  return names;
}

std::vector<std::string> Results::variables(const std::string& group) const {
  const Group* found = find_group(data_->content, group);
  if (found == nullptr) detail::fail({{{}, fmt::format("there is no group {}", group), ""}});
  std::vector<std::string> names;
  for (const auto* list : {&found->coordinates, &found->variables})
    for (const auto& v : *list) names.push_back(v.name);
  return names;
}

Variable Results::variable(const std::string& path) const {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) no_such(path);
  const Group* group = find_group(data_->content, path.substr(0, slash));
  if (group == nullptr) no_such(path);
  for (const auto* list : {&group->coordinates, &group->variables})
    for (const auto& v : *list)
      if (v.name == path.substr(slash + 1)) return as_given(*group, v);
  no_such(path);
}

std::optional<std::string> Results::attribute(const std::string& name) const {
  for (const mhp::record::Attribute& a : data_->content.attributes) {
    if (a.name != name) continue;
    if (const auto* number = std::get_if<std::int64_t>(&a.value)) return std::to_string(*number);
    return std::get<std::string>(a.value);
  }
  return std::nullopt;
}

}  // namespace mhpsim
