#include "sim/study/collect/benchmark_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "sim/config/toml_source.hpp"
#include "sim/core/json_field.hpp"
#include "sim/core/json_text.hpp"
#include "sim/core/read_file.hpp"
#include "sim/study/design/scenarios.hpp"

namespace mhp::study {

namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

constexpr const char* kRemedy = "give a file of study_bench --benchmark_out=FILE.json";

/// Nanoseconds of a unit of Google Benchmark.
double unit_ns(const std::string& unit) {
  return unit == "ns" ? 1 : unit == "us" ? 1e3 : unit == "ms" ? 1e6 : 1e9;
}

/// The text of a file. Where Google Benchmark writes numbers that JSON does not have, as for the
/// variation of what does not vary, it says null.
std::string json_text(std::string text) {
  for (const char* none : {": NaN", ": -NaN", ": Infinity", ": -Infinity"})
    for (std::size_t at = 0; (at = text.find(none, at)) != std::string::npos;)
      text.replace(at, std::strlen(none), ": null");
  return text;
}

BenchmarkFile::Case read_case(const JsonField& b) {
  constexpr std::int64_t kMostReplicates = 1'000'000;
  constexpr double kMostPoints = 1e15;
  constexpr double kMostTime = 1e18;
  BenchmarkFile::Case out;
  out.point = static_cast<std::uint64_t>(b.at(kBenchmarkPoint).number(kMostPoints));
  if (const auto n = b.find("repetition_index"))
    out.replicate = static_cast<std::uint64_t>(n->integer(0, kMostReplicates));
  const JsonField label = b.at("label");
  const auto outcome = named<run::Outcome>(label.text());
  if (!outcome) label.wrong(fmt::format("there is no outcome '{}'", label.text()));
  out.outcome = *outcome;
  for (const MetricName& m : speed_metrics()) {
    const bool time = m.name == "real_time" || m.name == "cpu_time";
    const double unit = time ? unit_ns(b.at("time_unit").word({"ns", "us", "ms", "s"})) : 1;
    out.values.emplace_back(std::llround(b.at(m.name).number(kMostTime / unit) * unit));
  }
  return out;
}

/// The study of its text; `name` is what messages call it.
Result<Study> study_of(const std::string& text, const std::string& name) {
  auto root = config::parse_toml(text, name);
  if (!root) return tl::unexpected<Diagnostics>(std::move(root.error()));
  return make_study(std::move(*root), {});
}

}  // namespace

const MetricSet& speed_metrics() {
  static const MetricSet metrics{{"real_time", Unit::ns, Better::lower},
                                 {"cpu_time", Unit::ns, Better::lower},
                                 {"events", Unit::one},
                                 {"simulated_time", Unit::ns}};
  return metrics;
}

Result<BenchmarkFile> read_benchmark_file(const std::string& path) {
  const Location where{path, 0, 0};
  auto text = read_file_text(path, kMostBytes);
  if (!text) return tl::unexpected<Diagnostics>(text.error());
  const auto json = parse_json(json_text(std::move(*text)), {path, 1, 1}, "JSON of study_bench");
  if (!json) return tl::unexpected<Diagnostics>(json.error());
  BenchmarkFile out{.path = path};
  try {
    const JsonField file(*json, "");
    auto study = study_of(file.at("context").at(kBenchmarkStudy).text(), path);
    if (!study) return tl::unexpected<Diagnostics>(study.error());
    out.study = std::move(*study);
    for (const JsonField& b : file.at("benchmarks").elements()) {
      const auto failed = b.find("error_occurred");
      if (b.at("run_type").text() == "iteration" && !(failed && failed->flag()))
        out.cases.push_back(read_case(b));
    }
  } catch (const BadJson& e) {
    return fail(where, fmt::format("this is no JSON of study_bench: {}", e.what()), kRemedy);
  }
  const std::uint64_t points = Plan(out.study).points();
  std::uint64_t replicates = 1;
  for (const BenchmarkFile::Case& c : out.cases) {
    replicates = std::max(replicates, c.replicate + 1);
    if (c.point >= points)
      return fail(where, fmt::format("point {} is not of its study", c.point), kRemedy);
  }
  out.study.params.doc = "speed of the simulator: " + out.study.params.doc;
  out.study.params.metrics = {"*"};
  out.study.params.replicates = static_cast<std::int64_t>(replicates);
  out.study.stop.reset();
  return out;
}

Result<HeldRecords> benchmark_records(const BenchmarkFile& file) {
  const Plan plan(file.study);
  const Scenarios scenarios(plan);
  const auto metrics = std::make_shared<const MetricSet>(speed_metrics());
  HeldRecords out;
  for (const BenchmarkFile::Case& c : file.cases) {
    RunRecord record;
    record.id = run::run_id(scenarios.hash(plan.at(c.point)), c.replicate);
    record.outcome = c.outcome;
    record.metrics = metrics;
    record.values = c.values;
    if (out.add(std::move(record)).values != c.values)
      return fail({file.path, 0, 0},
                  fmt::format("point {} is there twice with repetition {} and different times",
                              c.point, c.replicate),
                  "collect the JSON of one study_bench");
  }
  return out;
}

}  // namespace mhp::study
