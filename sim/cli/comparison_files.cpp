#include "sim/cli/comparison_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "sim/core/read_file.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/recorded_figures.hpp"
#include "sim/study/compare/study_columns.hpp"

namespace mhp::cli {

namespace fs = std::filesystem;

namespace {

using run::RecordedFigures;
using study::Column;

constexpr std::string_view kHdf5 = "\x89HDF\r\n\x1a\n";

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// The schema of a result file, without its version: "mhpsim-run".
std::string schema_of(const record::FileContent& file) {
  for (const record::Attribute& a : file.attributes)
    if (a.name == "schema")
      if (const auto* text = std::get_if<std::string>(&a.value))
        return text->substr(0, text->rfind('/'));
  return {};
}

study::ComparedRun compared(RecordedFigures r) {
  return {r.replicate, r.outcome, std::move(r.reason), r.fingerprint, std::move(r.metrics)};
}

/// Names that tell all apart: the first kind that does, else the last with its position.
std::vector<std::string> distinct_names(const std::vector<std::vector<std::string>>& kinds) {
  for (const auto& names : kinds)
    if (std::set<std::string>(names.begin(), names.end()).size() == names.size()) return names;
  std::vector<std::string> names = kinds.back();
  for (std::size_t i = 0; i < names.size(); ++i) names[i] += fmt::format(" ({})", i + 1);
  return names;
}

/// The last part of a path, without an ending.
std::string short_name(const std::string& path) {
  const fs::path clean = fs::path(path + (is_folder(path) ? "/" : "")).lexically_normal();
  return (clean.has_filename() ? clean : clean.parent_path()).stem().string();
}

std::vector<std::string> short_names(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) out.push_back(short_name(path));
  return out;
}

/// What all runs have in common stands above the table.
class Common {
 public:
  void see(const RecordedFigures& r) {
    scenarios_.insert(r.study);
    seeds_.insert(r.seed);
    if (!r.kernel_note.empty()) notes_.insert(r.kernel_note);
  }
  ComparisonView view(const std::vector<std::string>& paths,
                      std::vector<ComparedPart> parts) const {
    ComparisonView out;
    if (scenarios_.size() == 1) out.scenario = *scenarios_.begin();
    if (seeds_.size() == 1) out.seed = static_cast<std::int64_t>(*seeds_.begin());
    out.title = fmt::format("{}: {}", out.scenario.empty() ? "several scenarios" : out.scenario,
                            fmt::join(paths, ", "));
    out.kernel_note = fmt::format("{}", fmt::join(notes_, "; "));
    out.parts = std::move(parts);
    return out;
  }

 private:
  std::set<std::string> scenarios_;
  std::set<std::uint64_t> seeds_;
  std::set<std::string> notes_;
};

Result<ComparisonView> compare_runs(const std::vector<std::string>& paths,
                                    const std::vector<record::FileContent>& files) {
  Common common;
  std::vector<RecordedFigures> runs;
  std::vector<std::string> placements;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto figures = run::recorded_figures(files[i], paths[i]);
    if (!figures) return tl::unexpected<Diagnostics>(figures.error());
    common.see(*figures);
    placements.push_back(figures->placement);
    runs.push_back(std::move(*figures));
  }
  const auto names = distinct_names({placements, short_names(paths), paths});
  std::vector<Column> columns;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].replicate = 0;  // one run each: they are a pair whatever their draws
    columns.push_back({names[i], placements[i], {}});
    columns.back().runs.push_back(compared(std::move(runs[i])));
  }
  return common.view(paths, {{{}, study::compare_columns(std::move(columns))}});
}

/// The runs of a folder by placement.
using Folder = std::map<std::string, std::vector<study::ComparedRun>>;

Result<Folder> read_folder(const std::string& folder, Common& common) {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".h5") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  if (error || paths.empty())
    return fail({folder, 0, 0}, "this folder holds no run files",
                "give a folder of mhpsim compare -o");
  Folder out;
  std::map<std::pair<std::string, std::uint64_t>, std::string> seen;
  for (const std::string& path : paths) {
    const auto file = record::read_file(path);
    if (!file) return tl::unexpected<Diagnostics>(file.error());
    auto figures = run::recorded_figures(*file, path);
    if (!figures) return tl::unexpected<Diagnostics>(figures.error());
    const auto [other, is_new] = seen.try_emplace({figures->placement, figures->replicate}, path);
    if (!is_new)
      return fail({path, 0, 0},
                  fmt::format("is replicate {} of {}, as {} is", figures->replicate,
                              figures->placement, other->second),
                  "a folder holds the runs of one comparison");
    common.see(*figures);
    const std::string placement = figures->placement;
    out[placement].push_back(compared(std::move(*figures)));
  }
  return out;
}

/// The placements of a folder: as its comparison had them, others behind by name.
std::vector<std::string> in_order(const Folder& folder, const std::string& path) {
  std::vector<std::string> out;
  for (const std::string& name : placements_of_folder(path))
    if (folder.contains(name)) out.push_back(name);
  for (const auto& [name, runs] : folder)
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  return out;
}

Result<ComparisonView> compare_folders(const std::vector<std::string>& paths) {
  Common common;
  std::vector<Folder> folders;
  for (const std::string& path : paths) {
    auto folder = read_folder(path, common);
    if (!folder) return tl::unexpected<Diagnostics>(folder.error());
    folders.push_back(std::move(*folder));
  }
  const auto placements = in_order(folders.front(), paths.front());
  std::vector<ComparedPart> parts;
  if (folders.size() == 1) {
    if (placements.size() < 2)
      return fail({paths.front(), 0, 0}, "this folder holds the runs of one placement",
                  "give a second folder to compare it with");
    std::vector<Column> columns;
    for (const std::string& name : placements)
      columns.push_back({name, name, std::move(folders.front()[name])});
    parts.push_back({{}, study::compare_columns(std::move(columns))});
    return common.view(paths, std::move(parts));
  }
  const auto names = distinct_names({short_names(paths), paths});
  for (const std::string& placement : placements) {
    std::vector<Column> columns;
    for (std::size_t i = 0; i < folders.size(); ++i)
      if (folders[i].contains(placement))
        columns.push_back({names[i], placement, std::move(folders[i][placement])});
    if (columns.size() == folders.size())
      parts.push_back({{{"placement", placement}}, study::compare_columns(std::move(columns))});
  }
  if (parts.empty())
    return fail({paths.front(), 0, 0}, "no placement is in all of the folders",
                "compare folders of the same placements");
  return common.view(paths, std::move(parts));
}

Result<ComparisonView> compare_studies(const std::vector<std::string>& paths,
                                       const std::vector<record::FileContent>& files) {
  if (files.size() > 2)
    return fail({paths[2], 0, 0}, "is a third study", "compare two studies at a time");
  const auto names = distinct_names({short_names(paths), paths});
  auto points = files.size() == 1 ? study::study_points(files[0], paths[0])
                                  : study::study_points(files[0], files[1], {names[0], names[1]},
                                                        {paths[0], paths[1]});
  if (!points) return tl::unexpected<Diagnostics>(points.error());
  ComparisonView out;
  std::set<std::string> studies;
  for (const record::FileContent& file : files)
    for (const record::Attribute& a : file.attributes) {
      const auto* text = std::get_if<std::string>(&a.value);
      if (text != nullptr && a.name == "study") studies.insert(*text);
      if (text != nullptr && a.name == "kernel_note") out.kernel_note = *text;
      if (const auto* n = std::get_if<std::int64_t>(&a.value); n != nullptr && a.name == "seed")
        out.seed = *n;
    }
  if (studies.size() == 1) out.scenario = *studies.begin();
  out.title = fmt::format("{}: {}", fmt::join(studies, ", "), fmt::join(paths, ", "));
  for (study::StudyPoint& p : *points)
    out.parts.push_back({std::move(p.at), study::compare_columns(std::move(p.columns))});
  return out;
}

}  // namespace

bool holds_results(const std::string& path) {
  if (is_folder(path)) return true;
  const auto head = read_file_text(path, kHdf5.size());
  return head && head->starts_with(kHdf5);
}

Result<ComparisonView> compare_files(const std::vector<std::string>& paths) {
  const auto folders = std::count_if(paths.begin(), paths.end(), is_folder);
  if (static_cast<std::size_t>(folders) == paths.size()) return compare_folders(paths);
  std::vector<record::FileContent> files;
  std::set<std::string> schemas;
  for (const std::string& path : paths) {
    if (is_folder(path))
      return fail({path, 0, 0}, "is a folder among files", "compare folders with folders");
    auto file = record::read_file(path);
    if (!file) return tl::unexpected<Diagnostics>(file.error());
    schemas.insert(schema_of(*file));
    files.push_back(std::move(*file));
  }
  if (schemas.size() > 1)
    return fail({paths.back(), 0, 0}, fmt::format("the files are {}", fmt::join(schemas, " and ")),
                "compare run files with run files, studies with studies");
  if (*schemas.begin() == "mhpsim-study") return compare_studies(paths, files);
  if (files.size() == 1 && *schemas.begin() == "mhpsim-run")
    return fail({paths.front(), 0, 0}, "is one run, with nothing to compare it with",
                "give two run files or more, the baseline first");
  return compare_runs(paths, files);
}

std::vector<std::string> placements_of_folder(const std::string& folder) {
  const auto text = read_file_text(folder + "/compare.json", std::size_t{64} << 20);
  const auto json = nlohmann::json::parse(text.value_or(""), nullptr, false);
  std::vector<std::string> names;
  if (json.is_object() && json.contains("placements") && json["placements"].is_array())
    for (const auto& p : json["placements"])
      if (p.is_object() && p.contains("name") && p["name"].is_string())
        names.push_back(p["name"].get<std::string>());
  return names;
}

}  // namespace mhp::cli
