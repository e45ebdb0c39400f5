#include "sim/cli/kernel_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "analysis/validation/captures/known_misses.hpp"
#include "sim/cli/cli.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/core/data_folder.hpp"
#include "sim/core/value.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;

std::string shipped_recordings() { return shipped("analysis/validation/captures/recordings"); }

/// Reads a recording up to the text of its member "kernel".
struct KernelOf final : nlohmann::json_sax<nlohmann::json> {
  int depth = 0;
  bool wanted = false;
  std::string kernel;

  bool key(string_t& name) override {
    wanted = depth == 1 && name == "kernel";
    return true;
  }
  bool string(string_t& text) override {
    if (wanted) kernel = text;
    return !wanted;
  }
  bool start_object(std::size_t) override { return ++depth, true; }
  bool end_object() override { return --depth, true; }
  bool start_array(std::size_t) override { return ++depth, true; }
  bool end_array() override { return --depth, true; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }
};

std::string kernel_of(const std::filesystem::path& recording) {
  std::ifstream in(recording);
  KernelOf reader;
  nlohmann::json::sax_parse(in, &reader);
  return reader.kernel;
}

/// Recordings that ship and are exact, by the profile that they are replayed with.
std::map<std::string, std::int64_t> recordings(const std::string& folder) {
  std::map<std::string, std::int64_t> count;
  const auto missed = validation::load_known_misses(shipped_recordings());
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(shipped_recordings(), ignored)) {
    if (entry.path().extension() != ".json") continue;
    if (missed && missed->contains(entry.path().stem().string())) continue;
    const auto profile = config::nearest_kernel_profile(kernel_of(entry.path()), folder);
    if (profile) ++count[profile->name];
  }
  return count;
}

/// A profile, with what its file says of each rule.
struct Rules {
  kernel::KernelProfile kernel;
  std::vector<ParamValue> values;
};
std::optional<Rules> read(const std::string& path) {
  Rules out;
  auto profile = config::load_kernel_profile(path, &out.values);
  if (!profile) return print_errors(profile.error()), std::nullopt;
  out.kernel = std::move(*profile);
  return out;
}

struct Side {
  std::string name;
  Rules rules;
};
std::optional<Side> side(const std::string& folder, const std::string& series) {
  const auto file = config::nearest_kernel_profile(series, folder);
  if (!file) {
    print_errors({Diagnostic{{"--diff", 0, 0},
                             fmt::format("'{}' is no kernel series", series),
                             "for example 6.12: see mhpsim list kernels"}});
    return std::nullopt;
  }
  auto rules = read(file->path);
  if (!rules) return std::nullopt;
  if (file->series != config::kernel_series(series)) {
    rules->kernel.taken_for = series;
    print_kernel_note(config::kernel_note(rules->kernel));
  }
  return Side{file->name, std::move(*rules)};
}

std::string shown(const ParamValue& v) {
  const bool amount = v.number && v.unit != Unit::one;
  return amount ? fmt::format("{} {}", v.value, word(v.unit)) : v.value;
}

bool is_rule(const ParamValue& v) {
  return v.name != "version" && v.name != "evidence" && v.name != "taken_for";
}

}  // namespace

bool list_kernels(const std::string& folder, bool json) {
  const auto recorded = recordings(folder);
  auto out = ordered_json::array();
  for (const auto& file : config::kernel_profile_files(folder)) {
    const auto rules = read(file.path);
    if (!rules) return false;
    const auto n = recorded.find(file.name);
    const std::int64_t captures = n == recorded.end() ? 0 : n->second;
    const kernel::Evidence evidence = rules->kernel.evidence;
    if (json)
      out.push_back(
          {{"version", file.name}, {"verified_captures", captures}, {"basis", word(evidence)}});
    else
      fmt::print("  {:<11} {:>3} recordings   {}\n", file.name, captures,
                 kernel::words_of(evidence)[static_cast<std::size_t>(evidence)].doc);
  }
  if (json) fmt::print("{}\n", out.dump(2));
  return true;
}

bool list_kernel_differences(const std::string& folder, const std::string& a, const std::string& b,
                             bool json) {
  const auto first = side(folder, a);
  const auto second = side(folder, b);
  if (!first || !second) return false;
  auto out = ordered_json::array();
  std::size_t differ = 0;
  for (std::size_t i = 0; i < first->rules.values.size(); ++i) {
    const ParamValue& x = first->rules.values[i];
    const ParamValue& y = second->rules.values[i];
    if (!is_rule(x) || x.value == y.value) continue;
    ++differ;
    if (json) {
      const auto of = [](const ParamValue& v) {
        return ordered_json{{"value", shown(v)}, {"basis", v.basis}, {"source", v.source}};
      };
      out.push_back({{"rule", x.name}, {first->name, of(x)}, {second->name, of(y)}});
      continue;
    }
    fmt::print("{}\n", x.name);
    for (const auto& [name, v] : {std::pair{first->name, &x}, std::pair{second->name, &y}})
      fmt::print("  {:<11} {:<17} {}{}\n", name, shown(*v), v->source,
                 v->basis == "assumed" ? " (assumed)" : "");
  }
  if (json)
    fmt::print("{}\n", out.dump(2));
  else
    fmt::print("{} of {} rules differ\n", differ,
               std::count_if(first->rules.values.begin(), first->rules.values.end(), is_rule));
  return true;
}

}  // namespace mhp::cli
