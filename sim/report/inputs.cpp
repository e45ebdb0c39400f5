#include "sim/report/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "sim/core/read_file.hpp"
#include "sim/record/run_file.hpp"
#include "sim/record/seal.hpp"
#include "sim/report/group_view.hpp"
#include "sim/run/result/run_id.hpp"

namespace mhp::report {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t kMostAnswer = std::size_t{64} << 20;
constexpr const char* kRemedy =
    "give run files, the folder of mhpsim compare -o, a study file, or the folder of mhpsim plan "
    "-o";

bool is_hdf5(const std::string& path) {
  const auto head = read_file_text(path, 8);
  return head && head->starts_with("\x89HDF\r\n\x1a\n");
}

/// The checksum in the last line of a result file that was read and is whole.
std::string seal_of(const std::string& path) {
  std::error_code ignored;
  const auto size = fs::file_size(path, ignored);
  constexpr std::size_t kDigits = 8;
  if (ignored || size < record::kSealBytes) return {};
  std::string line(record::kSealBytes, '\0');
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return {};
  const bool read = std::fseek(file, -static_cast<long>(record::kSealBytes), SEEK_END) == 0 &&
                    std::fread(line.data(), 1, line.size(), file) == line.size();
  std::fclose(file);
  return read ? line.substr(record::kSealBytes - 1 - kDigits, kDigits) : std::string();
}

/// What a scenario comes to apart from what a comparison varies: placement and seed.
std::uint64_t scenario_of(const run::RecordedRun& run) {
  run::ScenarioHash hash(run.used);
  for (const ParamValue& p : run.used)
    if (p.name == "kernel.memmap_placement" || p.name == "seed") hash.remove(p.name, p.value);
  return hash.value();
}

class Reading {
 public:
  Result<Inputs> read(const std::vector<std::string>& paths) {
    std::error_code ignored;
    if (paths.size() == 1) {
      const bool folder = fs::is_directory(paths[0], ignored);
      if (auto done = folder ? read_folder(paths[0]) : read_single(paths[0]); !done)
        return tl::unexpected<Diagnostics>(done.error());
    } else {
      for (const std::string& path : paths)
        if (auto done = read_run(path); !done) return tl::unexpected<Diagnostics>(done.error());
    }
    if (!in_.runs.empty())
      if (auto done = arrange(); !done) return tl::unexpected<Diagnostics>(done.error());
    return std::move(in_);
  }

 private:
  Result<void> read_folder(const std::string& folder) {
    folder_ = folder;
    std::error_code error;
    const auto has = [&](const char* name) {
      std::error_code ignored;
      return fs::is_regular_file(fs::path(folder) / name, ignored);
    };
    const std::string study = folder + "/study.h5";
    if (has("answer.json")) {
      if (auto done = read_answer(folder + "/answer.json"); !done) return done;
      return has("study.h5") ? read_study(study) : Result<void>{};
    }
    if (has("study.h5")) return read_study(study);
    if (has("study.toml"))
      return fail({folder, 0, 0}, "the runs of this sweep are not collected yet",
                  fmt::format("mhpsim collect {} makes its study file", folder));
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder, error))
      if (entry.path().extension() == ".h5") files.push_back(entry.path().string());
    if (error) return fail({folder, 0, 0}, fmt::format("cannot be read: {}", error.message()));
    if (files.empty())
      return fail({folder, 0, 0}, "this folder holds no result of mhpsim", kRemedy);
    std::sort(files.begin(), files.end());
    for (const std::string& path : files)
      if (auto done = read_run(path); !done) return done;
    return {};
  }

  Result<void> read_single(const std::string& path) {
    if (is_hdf5(path)) {
      auto file = record::read_file(path);
      if (!file) return tl::unexpected<Diagnostics>(file.error());
      const std::string schema = record::text_of(file->attributes, "schema");
      if (schema.starts_with("mhpsim-study/")) return take_study(path, std::move(*file));
      if (schema.starts_with("mhpsim-shard/"))
        return fail({path, 0, 0}, "this is a part of a study",
                    "give the study file that mhpsim collect makes of all parts");
      return take_run(path, std::move(*file));
    }
    return read_answer(path);
  }

  Result<void> read_answer(const std::string& path) {
    const auto text = read_file_text(path, kMostAnswer);
    if (!text) return tl::unexpected<Diagnostics>(text.error());
    auto json = ordered_json::parse(*text, nullptr, false);
    if (text->size() > kMostAnswer || !json.is_object() ||
        json.value("schema", ordered_json()) != "mhpsim-plan/1")
      return fail({path, 0, 0}, "this is no result of mhpsim", kRemedy);
    in_.answer_file = InputFile{path, {}};
    in_.answer = std::make_shared<const ordered_json>(std::move(json));
    return {};
  }

  Result<void> read_study(const std::string& path) {
    auto file = record::read_file(path);
    if (!file) return tl::unexpected<Diagnostics>(file.error());
    if (!record::text_of(file->attributes, "schema").starts_with("mhpsim-study/"))
      return fail({path, 0, 0}, "this is no study file", kRemedy);
    return take_study(path, std::move(*file));
  }

  Result<void> take_study(const std::string& path, record::FileContent file) {
    in_.study_file = InputFile{path, seal_of(path)};
    in_.study = std::move(file);
    return {};
  }

  Result<void> read_run(const std::string& path) {
    auto file = record::read_file(path);
    if (!file) return tl::unexpected<Diagnostics>(file.error());
    return take_run(path, std::move(*file));
  }

  Result<void> take_run(const std::string& path, record::FileContent file) {
    auto run = run::recorded_run(file, path);
    if (!run) return tl::unexpected<Diagnostics>(run.error());
    const std::string model = record::text_of(file.attributes, "model_version");
    if (in_.runs.empty()) model_ = model;
    if (model != model_)
      return fail({path, 0, 0},
                  fmt::format("was made by version {} of the model, {} by version {}", model,
                              in_.runs.front().file.path, model_),
                  "figures of two versions do not compare: run both again");
    RunInput input{.file = {path, seal_of(path)}, .run = std::move(*run)};
    input.placement = input.run.placement;
    input.replicate = number_attribute(file, "replicate");
    input.run_id = record::text_of(file.attributes, "run_id");
    input.figures = run::recorded_metrics(file);
    // Of further replicates only the figures are kept.
    const bool first = std::none_of(in_.runs.begin(), in_.runs.end(), [&](const RunInput& other) {
      return other.content && other.placement == input.placement &&
             scenario_of(other.run) == scenario_of(input.run) && other.replicate < input.replicate;
    });
    if (first) input.content = std::make_shared<const record::FileContent>(std::move(file));
    in_.runs.push_back(std::move(input));
    return {};
  }

  /// Which run stands in which column.
  Result<void> arrange() {
    std::set<std::uint64_t> scenarios;
    for (const RunInput& r : in_.runs) scenarios.insert(scenario_of(r.run));
    if (scenarios.size() > 1 && !folder_.empty()) {
      const RunInput& first = in_.runs.front();
      const auto other = std::find_if(in_.runs.begin(), in_.runs.end(), [&](const RunInput& r) {
        return scenario_of(r.run) != scenario_of(first.run);
      });
      return fail({folder_, 0, 0},
                  fmt::format("holds runs of more than one scenario: {} ({}) and {} ({})",
                              fs::path(first.file.path).filename().string(), first.run.study,
                              fs::path(other->file.path).filename().string(), other->run.study),
                  "give the files that are to be compared by their names");
    }
    for (RunInput& r : in_.runs)
      r.column = scenarios.size() > 1 ? fs::path(r.file.path).stem().string() : r.placement;
    std::set<std::pair<std::string, std::int64_t>> there;
    for (const RunInput& r : in_.runs)
      if (!there.emplace(r.column, r.replicate).second)
        return fail({r.file.path, 0, 0},
                    fmt::format("{}, replicate {}, is there twice", r.column, r.replicate),
                    "give every run once");
    order_columns();
    std::stable_sort(in_.runs.begin(), in_.runs.end(), [&](const RunInput& a, const RunInput& b) {
      return std::pair(place(a.column), a.replicate) < std::pair(place(b.column), b.replicate);
    });
    return {};
  }

  std::ptrdiff_t place(const std::string& column) const {
    return std::find(in_.columns.begin(), in_.columns.end(), column) - in_.columns.begin();
  }

  /// As the comparison has them; else as they were given; of a folder boot_memory first.
  void order_columns() {
    if (!folder_.empty()) {
      const auto text = read_file_text(folder_ + "/compare.json", kMostAnswer);
      const auto json = ordered_json::parse(text.value_or(""), nullptr, false);
      if (json.is_object() && json.contains("placements") && json["placements"].is_array())
        for (const auto& p : json["placements"])
          if (p.is_object() && p.value("name", ordered_json()).is_string()) add(p["name"]);
      add("boot_memory");
    }
    for (const RunInput& r : in_.runs)
      if (place(r.column) == std::ssize(in_.columns)) in_.columns.push_back(r.column);
  }

  void add(const std::string& column) {
    const bool any = std::any_of(in_.runs.begin(), in_.runs.end(),
                                 [&](const RunInput& r) { return r.column == column; });
    if (any && place(column) == std::ssize(in_.columns)) in_.columns.push_back(column);
  }

  std::string folder_;
  std::string model_;
  Inputs in_;
};

}  // namespace

std::vector<const RunInput*> Inputs::of(const std::string& column) const {
  std::vector<const RunInput*> out;
  for (const RunInput& r : runs)
    if (r.column == column) out.push_back(&r);
  return out;
}

Result<Inputs> read_inputs(const std::vector<std::string>& paths) { return Reading().read(paths); }

}  // namespace mhp::report
