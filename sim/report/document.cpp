#include "sim/report/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <set>

#include "sim/core/version.hpp"
#include "sim/report/group_view.hpp"
#include "sim/report/metric_table.hpp"
#include "sim/report/numbers.hpp"
#include "sim/report/reasons.hpp"
#include "sim/report/run_parts.hpp"
#include "sim/report/sentences.hpp"
#include "sim/report/study_part.hpp"
#include "sim/run/result/metric/record.hpp"

namespace mhp::report {

namespace {

/// So many columns of a comparison are shown in detail, beside the table.
constexpr std::size_t kMostRuns = 24;

ordered_json maybe(const std::optional<double>& value) {
  return value ? number_json(*value) : ordered_json(nullptr);
}

/// A word of a command as a shell takes it.
std::string shell_word(const std::string& text) {
  const bool plain =
      !text.empty() && text[0] != '-' && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || std::strchr("._-/+=,:", c) != nullptr;
      });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

ordered_json input_json(const InputFile& file, const std::string& run_id) {
  ordered_json out{{"file", std::filesystem::path(file.path).filename().string()}};
  if (!file.crc32.empty()) out["crc32"] = file.crc32;
  if (!run_id.empty()) out["run_id"] = run_id;
  return out;
}

/// A text of the group provenance.
std::string provenance(const record::FileContent& file, const char* name) {
  const Texts* text = GroupView(file, "provenance").texts(name, {});
  return text != nullptr && !text->empty() ? text->front() : "";
}

std::string parameter(const run::RecordedRun& run, const std::string& name) {
  const auto it = std::find_if(run.used.begin(), run.used.end(),
                               [&](const ParamValue& p) { return p.name == name; });
  return it == run.used.end() ? "" : it->value;
}

/// Whether the columns are placements of one scenario; else they are files.
bool one_scenario(const Inputs& in) {
  return std::all_of(in.runs.begin(), in.runs.end(),
                     [](const RunInput& r) { return r.column == r.placement; });
}

std::string run_command(const RunInput& run, const std::string& scenario, const std::string& file) {
  return fmt::format(
      "mhpsim run {} --set kernel.memmap_placement={} --seed {} --replicate {} -o {}", scenario,
      run.placement, run.run.seed, run.replicate, file);
}

/// The scenarios as texts, and the commands that make the report again from them.
void put_recipe(const Inputs& in, ordered_json& out) {
  const RunInput& first = in.runs.front();
  const auto config = [](const RunInput& run, const std::string& file) {
    return ordered_json{{"file", file}, {"text", provenance(*run.content, "resolved_config")}};
  };
  std::vector<std::string> commands;
  out["configs"] = ordered_json::array();
  if (!one_scenario(in)) {
    std::string files;
    for (std::size_t i = 0; i < std::min(in.columns.size(), kMostRuns); ++i) {
      const std::string& column = in.columns[i];
      const std::string scenario = shell_word(column + ".toml");
      const std::string file = shell_word(column + ".h5");
      out["configs"].push_back(config(*in.of(column).front(), column + ".toml"));
      for (const RunInput* run : in.of(column))
        commands.push_back(run_command(*run, scenario, file));
      files += file + " ";
    }
    commands.push_back(fmt::format("mhpsim report {}-o report.html", files));
  } else if (in.runs.size() == 1) {
    out["configs"].push_back(config(first, "scenario.toml"));
    commands = {run_command(first, "scenario.toml", "run.h5"),
                "mhpsim report run.h5 -o report.html"};
  } else {
    std::int64_t replicates = 0;
    for (const RunInput& r : in.runs) replicates = std::max(replicates, r.replicate + 1);
    out["configs"].push_back(config(first, "scenario.toml"));
    commands = {
        fmt::format(
            "mhpsim compare scenario.toml --placements {} --seed {} --replicates {} -o results",
            fmt::join(in.columns, ","), first.run.seed, replicates),
        "mhpsim report results -o report.html"};
  }
  out["commands"] = commands;
}

ordered_json made_of_runs(const Inputs& in) {
  const RunInput& first = in.runs.front();
  ordered_json out{{"program", record::text_of(first.content->attributes, "program_version")},
                   {"model", record::text_of(first.content->attributes, "model_version")}};
  put_recipe(in, out);
  out["inputs"] = ordered_json::array();
  std::set<std::string> notes;
  for (const RunInput& r : in.runs) {
    out["inputs"].push_back(input_json(r.file, r.run_id));
    if (r.content)
      if (const auto note = record::text_of(r.content->attributes, "placement_note"); !note.empty())
        notes.insert(note);
  }
  if (!GroupView(*first.content, "series"))
    notes.insert(
        "the run files are of an earlier program: they hold no series, sections, traffic and "
        "latencies");
  if (in.columns.size() > kMostRuns)
    notes.insert(fmt::format("only the first {} of {} columns are shown in detail", kMostRuns,
                             in.columns.size()));
  out["notes"] = notes;
  return out;
}

ordered_json placements_json(const Inputs& in) {
  ordered_json out = ordered_json::array();
  for (const std::string& column : in.columns) {
    const auto runs = in.of(column);
    const auto bad = std::find_if(runs.begin(), runs.end(),
                                  [](const RunInput* r) { return r->run.outcome != "ok"; });
    const RunInput& told = bad == runs.end() ? *runs.front() : **bad;
    const auto& content = *runs.front()->content;
    ordered_json entry{{"name", column},
                       {"placement", told.placement},
                       {"outcome", told.run.outcome},
                       {"reason", told.run.reason},
                       {"fingerprint", record::text_of(content.attributes, "fingerprint")},
                       {"run_id", record::text_of(content.attributes, "run_id")},
                       {"replicates", runs.size()},
                       {"scenario", told.run.study},
                       {"seed", told.run.seed}};
    if (const auto note = record::text_of(content.attributes, "placement_note"); !note.empty())
      entry["note"] = note;
    out.push_back(std::move(entry));
  }
  return out;
}

ordered_json metric_json(const Inputs& in, const TableRow& row) {
  ordered_json out{{"name", row.figure.name},
                   {"phase", word(row.figure.phase)},
                   {"unit", word(row.figure.unit)},
                   {"better", word(row.figure.better)},
                   {"definition", row.figure.definition}};
  if (row.figure.name == run::headline_metric()) out["headline"] = true;
  out["values"] = ordered_json::object();
  for (std::size_t i = 0; i < in.columns.size(); ++i) {
    const auto& e = row.values[i];
    out["values"][in.columns[i]] = e ? ordered_json{{"value", number_json(e->centre())},
                                                    {"lo", maybe(e->lo)},
                                                    {"hi", maybe(e->hi)},
                                                    {"n", in.of(in.columns[i]).size()}}
                                     : ordered_json(nullptr);
  }
  if (in.columns.size() == 1) return out;
  out["diff"] = ordered_json::object();
  for (std::size_t i = 1; i < in.columns.size(); ++i) {
    const auto& d = row.against[i];
    ordered_json entry = nullptr;
    if (d) {
      entry = {{"abs", number_json(d->abs.centre())},
               {"rel", maybe(d->rel)},
               {"lo", maybe(d->abs.lo)},
               {"hi", maybe(d->abs.hi)}};
      entry["significant"] = d->significant ? ordered_json(*d->significant) : ordered_json(nullptr);
    }
    out["diff"][in.columns[i]] = std::move(entry);
  }
  return out;
}

ordered_json run_json(const RunInput& run, const Budget& budget) {
  ordered_json out{{"placement", run.column}, {"replicate", run.replicate}, {"seed", run.run.seed}};
  const auto put = [&](const char* name, ordered_json part) {
    if (!part.is_null() && !part.empty()) out[name] = std::move(part);
  };
  const GroupView ops(*run.content, "hotplug");
  std::int64_t end = 0;
  if (const Ints* times = GroupView(*run.content, "zones").axis("time"); times && !times->empty())
    end = times->back();
  out["end"] = end;
  out["operations_all"] = ops.extent("op");
  put("operations", operations_of(*run.content, budget.operations));
  put("memory", memory_of(*run.content, budget.samples));
  put("map", map_of(run, budget.map));
  put("topology", topology_of(run));
  put("traffic", traffic_of(*run.content));
  put("series", series_of(*run.content, budget.series));
  put("latency", latency_of(*run.content, budget.bins));
  return out;
}

ordered_json base_of(const char* kind, const std::string& title, const std::string& question,
                     const std::vector<std::string>& answer, std::int64_t page) {
  return {{"schema", kSchema},    {"kind", kind},     {"title", title},
          {"question", question}, {"answer", answer}, {"page_bytes", page}};
}

ordered_json of_runs(const Inputs& in) {
  const RunInput& first = in.runs.front();
  const auto table = metric_table(in);
  const std::string headline(run::headline_metric());
  ordered_json out =
      base_of(in.columns.size() > 1 ? "comparison" : "run", first.run.study,
              parameter(first.run, "doc"), answer_of_runs(in, table), page_bytes(first));
  out["made"] = made_of_runs(in);
  std::set<std::string> notes;
  for (const RunInput& r : in.runs)
    if (!r.run.kernel_note.empty()) notes.insert(r.run.kernel_note);
  if (!notes.empty()) out["kernel_note"] = fmt::format("{}", fmt::join(notes, "; "));
  out["headline"] = headline;
  if (in.columns.size() > 1) out["baseline"] = in.columns.front();
  out["placements"] = placements_json(in);
  out["metrics"] = ordered_json::array();
  out["metrics_zero"] = ordered_json::array();
  for (const TableRow& row : table) {
    if (row.all_zero())
      out["metrics_zero"].push_back(row.figure.name);
    else
      out["metrics"].push_back(metric_json(in, row));
  }
  const std::size_t shown = std::min(in.columns.size(), kMostRuns);
  const Budget budget = Budget{}.shared_by(shown);
  out["runs"] = ordered_json::array();
  for (std::size_t i = 0; i < shown; ++i)
    out["runs"].push_back(run_json(*in.of(in.columns[i]).front(), budget));
  out["reasons"] = reasons_of(in);
  out["parts"] = parts_of(in);
  out["resting"] = resting_of(in);
  out["assumptions"] = assumptions_of(in, headline);
  return out;
}

/// The sentences of an answer of `plan`, each with the point that it is about.
std::vector<std::string> answer_of_plan(const ordered_json& plan) {
  std::vector<std::string> out;
  const auto answers = plan.find("answers");
  if (answers == plan.end() || !answers->is_array()) return out;
  for (const auto& answer : *answers) {
    const auto sentence = answer.is_object() ? answer.find("sentence") : answer.end();
    if (!answer.is_object() || sentence == answer.end() || !sentence->is_string()) continue;
    std::vector<std::string> at;
    if (const auto place = answer.find("at"); place != answer.end() && place->is_object())
      for (const auto& [axis, value] : place->items())
        at.push_back(fmt::format("{}={}", axis,
                                 value.is_string() ? value.get<std::string>() : value.dump()));
    out.push_back(fmt::format("{}{}{}.", fmt::join(at, ", "), at.empty() ? "" : ": ",
                              sentence->get<std::string>()));
  }
  return out;
}

ordered_json made_of_study(const Inputs& in) {
  const bool answer = in.answer != nullptr;
  ordered_json out;
  out["program"] =
      in.study ? record::text_of(in.study->attributes, "program_version") : kProgramVersion;
  out["model"] = in.study ? record::text_of(in.study->attributes, "model_version") : kModelVersion;
  std::set<std::string> notes;
  if (in.study) {
    out["configs"] = ordered_json::array();
    out["configs"].push_back(
        {{"file", "study.toml"}, {"text", provenance(*in.study, "study_config")}});
    out["commands"] = {"mhpsim sweep study.toml -o results", "mhpsim collect results",
                       "mhpsim report results -o report.html"};
    if (const auto text = record::text_of(in.study->attributes, "placement_note"); !text.empty())
      notes.insert(text);
    if (answer)
      notes.insert(
          "the commands simulate the runs that the answer rests on; what the search did not need "
          "is missing in the study file");
  } else {
    out["configs"] = ordered_json::array();
    out["commands"] = ordered_json::array();
    notes.insert(
        "the study file of the answer is not beside it: give the folder of mhpsim plan -o");
  }
  out["inputs"] = ordered_json::array();
  for (const auto& file : {in.answer_file, in.study_file})
    if (file) out["inputs"].push_back(input_json(*file, ""));
  out["notes"] = notes;
  return out;
}

Result<ordered_json> of_study(const Inputs& in) {
  StudyTable table;
  if (in.study) table = study_table(*in.study);
  if (in.study && (table.dims.empty() || table.points() > kMostPoints))
    return fail({in.study_file->path, 0, 0},
                table.dims.empty()
                    ? std::string("the file has no points")
                    : fmt::format("the study has {} points; a report shows at most {}",
                                  table.points(), kMostPoints),
                table.dims.empty() ? "collect the study again" : "make a study of a part of it");
  const auto text = [&](const char* name) {
    return in.study ? record::text_of(in.study->attributes, name) : std::string();
  };
  std::string title = text("study");
  std::vector<std::string> answer;
  if (in.answer) {
    answer = answer_of_plan(*in.answer);
    if (title.empty() && in.answer->contains("question") && (*in.answer)["question"].is_string())
      title = (*in.answer)["question"];
  } else {
    answer = answer_of_study(table);
  }
  ordered_json out = base_of(in.answer ? "answer" : "study", title, text("doc"), answer, 0);
  if (const auto note = text("kernel_note"); !note.empty()) out["kernel_note"] = note;
  out["made"] = made_of_study(in);
  if (in.answer) out["plan"] = *in.answer;
  if (in.study) {
    out["headline"] = headline_of(table);
    out["study"] = study_json(table, text("status"));
  }
  return out;
}

}  // namespace

Budget Budget::shared_by(std::size_t runs) const {
  const std::size_t n = std::max<std::size_t>(1, runs);
  return {operations / n, samples / n, map / n, series / n, bins / n};
}

Result<ordered_json> document_of(const Inputs& in) {
  return in.runs.empty() ? of_study(in) : of_runs(in);
}

std::string text_of(const ordered_json& document) {
  return document.dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

}  // namespace mhp::report
