#include "sim/study/collect/study_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "sim/config/kernel_profiles.hpp"
#include "sim/core/version.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::study {

namespace {

std::string long_name(const Axis& axis) { return fmt::format("scenario key {}", axis.key); }

std::string flag_word(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '_');
  return text.empty() ? "none" : text;
}

}  // namespace

bool is_numeric(const Axis& axis) {
  return axis.range || std::all_of(axis.levels.begin(), axis.levels.end(),
                                   [](const Level& l) { return l.number.has_value(); });
}

void add_coordinates(record::Group& group, const Plan& plan) {
  for (const Dimension& d : plan.dimensions()) {
    std::vector<std::int64_t> numbers = count_up(d.size);
    if (d.design != Design::cartesian) {
      group.coordinate(d.name, std::move(numbers), "1", "number of the point");
      continue;
    }
    const Axis& axis = plan.study().axes[d.axes.front()];
    std::vector<std::string> texts;
    for (std::size_t l = 0; l < axis.levels.size(); ++l) {
      texts.push_back(axis.levels[l].text);
      numbers[l] = axis.levels[l].number.value_or(0);
    }
    if (is_numeric(axis))
      group.coordinate(d.name, std::move(numbers), std::string(word(axis.unit)), long_name(axis));
    else
      group.coordinate(d.name, std::move(texts), "1", long_name(axis));
  }
}

record::StreamArray axis_array(const Plan& plan, std::size_t axis, const std::string& group,
                               const std::string& dimension) {
  const Axis& a = plan.study().axes[axis];
  record::StreamArray array{group,
                            a.name,
                            {dimension},
                            record::StreamArray::Type::integer,
                            std::string(word(a.unit)),
                            long_name(a),
                            {}};
  // Words are flags as far as a byte counts them; more are told apart by their number.
  if (!is_numeric(a) && a.levels.size() <= 256) {
    array.type = record::StreamArray::Type::flags;
    for (const Level& level : a.levels) array.meanings.push_back(flag_word(level.text));
  }
  if (!is_numeric(a)) array.units = "1";
  return array;
}

std::int64_t axis_value(const Plan& plan, std::size_t axis, const Coordinate& c) {
  return is_numeric(plan.study().axes[axis]) ? plan.number(axis, c) : c.level;
}

record::StreamArray metric_array(const MetricColumns& columns, std::size_t metric,
                                 std::vector<std::string> dims) {
  const MetricName& m = columns.metrics()[metric];
  record::StreamArray array{"results",
                            columns.name(metric),
                            std::move(dims),
                            record::StreamArray::Type::real,
                            std::string(word(m.unit)),
                            fmt::format("{} of phase {}", m.name, word(m.phase)),
                            {},
                            {{"better", std::string(word(m.better))}}};
  if (!m.definition.empty()) array.attributes.push_back({"definition", std::string(m.definition)});
  return array;
}

std::vector<std::int64_t> count_up(std::size_t n) {
  std::vector<std::int64_t> out(n);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

std::vector<std::string> outcome_words() {
  std::vector<std::string> words = all_words<run::Outcome>();
  words.emplace_back("none");
  return words;
}

std::uint8_t outcome_number(const Cell& cell) {
  if (cell.status != CellStatus::complete)
    return static_cast<std::uint8_t>(words_of(run::Outcome{}).size());
  return static_cast<std::uint8_t>(cell.record->outcome);
}

namespace {

/// That no kernel has some of a study's placements, and who proposed them; empty if one has all.
std::string placement_note(const Study& study) {
  std::vector<std::string> names{study.base.scenario().kernel.memmap_placement};
  for (const Axis& axis : study.axes)
    if (axis.key == "kernel.memmap_placement") {
      names.clear();
      for (const Level& level : axis.levels) names.push_back(level.text);
    }
  std::string notes;
  for (const std::string& name : names) {
    const auto* placement = kernel::placements().find(name);
    if (placement == nullptr || placement->note().empty()) continue;
    notes += (notes.empty() ? "" : "; ") + placement->note();
  }
  return notes;
}

}  // namespace

std::string kernel_notes(const Study& study) {
  std::set<std::string> notes;
  for (const auto& base : study.bases)
    if (auto note = config::kernel_note(base->scenario().profile); !note.empty())
      notes.insert(std::move(note));
  return fmt::format("{}", fmt::join(notes, "; "));
}

void add_attributes(record::FileContent& file, const Study& study, const char* schema,
                    const std::string& title) {
  file.attribute("Conventions", "CF-1.8")
      .attribute("schema", schema)
      .attribute("title", title)
      .attribute("study", study.params.name)
      .attribute("doc", study.params.doc)
      .attribute("program_version", kProgramVersion)
      .attribute("model_version", kModelVersion)
      .attribute("seed", study.base.scenario().run.seed)
      .attribute("baseline", study.params.baseline);
  if (const std::string note = placement_note(study); !note.empty())
    file.attribute("placement_note", note);
  if (const std::string note = kernel_notes(study); !note.empty())
    file.attribute("kernel_note", note);
}

void add_provenance(record::FileContent& file, const Study& study, const MetricColumns& columns) {
  std::vector<std::string> names, phases, units, better, definitions;
  for (std::size_t m = 0; m < columns.metrics().size(); ++m) {
    names.push_back(columns.name(m));
    const MetricName& metric = columns.metrics()[m];
    phases.emplace_back(word(metric.phase));
    units.emplace_back(word(metric.unit));
    better.emplace_back(word(metric.better));
    definitions.emplace_back(metric.definition);
  }
  file.group("provenance")
      .coordinate("metric", count_up(names.size()), "1", "metric of the study")
      .variable("name", {"metric"}, names, "1", "what the metric is called in this file")
      .variable("phase", {"metric"}, phases, "1", "part of the run that it is about")
      .variable("unit", {"metric"}, units, "1", "unit of its values")
      .variable("better", {"metric"}, better, "1", "which direction is better")
      .variable("definition", {"metric"}, definitions, "1", "what the metric is")
      .text("study_config", study.text,
            "the study with its scenario and all files put in, as TOML");
}

}  // namespace mhp::study
