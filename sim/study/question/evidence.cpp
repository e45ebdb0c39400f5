#include "sim/study/question/evidence.hpp"

#include <algorithm>
#include <set>

#include "sim/config/toml_source.hpp"

namespace mhp::question {

namespace {

void put(Value& table, const char* key, Value value) {
  if (Value* old = table.find(key); old != nullptr)
    *old = std::move(value);
  else
    table.table()->push_back({key, std::move(value), table.where});
}

}  // namespace

Result<study::Study> evidence(const Question& question, const Answer& answer) {
  // The question's study has the ends of the key only; its text needs no other file.
  auto root = config::parse_toml(question.study.text, question.study.params.name + ".toml");
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  std::set<std::int64_t> values;
  std::int64_t replicates = 1;
  for (const Part& part : answer.parts)
    for (const Point& point : part.points) {
      values.insert(point.value);
      replicates = std::max(replicates, point.replicates);
    }
  put(*root, "replicates", {replicates, root->where});
  if (question.find == Find::break_even) {
    const study::Axis& axis = question.study.axes[question.between()];
    put(*root, "baseline", {axis.name + '=' + axis.levels.front().text, root->where});
  }
  Value::Array& axes = *root->find("axis")->array();
  for (const std::size_t k : question.keys) {
    Value& axis = axes[k];
    std::erase_if(*axis.table(), [](const Value::Member& m) {
      return m.key == "from" || m.key == "to" || m.key == "count";
    });
    Value::Array list;
    for (const std::int64_t v : values)
      list.push_back(number_value(v, question.study.axes[k].unit, axis.where));
    put(axis, "values", {std::move(list), axis.where});
  }
  return study::make_study(std::move(*root), {});
}

}  // namespace mhp::question
