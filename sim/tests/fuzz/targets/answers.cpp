// Answers of plan, from which reports are made, and the JSON of study_bench: what the program
// itself has written comes back through people's hands.
#include <nlohmann/json.hpp>

#include "sim/report/document.hpp"
#include "sim/report/inputs.hpp"
#include "sim/study/collect/benchmark_file.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace answers_target {
namespace {

void read(const std::string& text) {
  const auto inputs = report::read_inputs({as_file(text)});
  if (!checked(inputs)) return;
  const auto document = report::document_of(*inputs);
  if (checked(document)) report::text_of(*document);
}

std::vector<std::string> answers() {
  return {
      R"({"schema":"mhpsim-plan/1","question":"q","answers":[]})",
      R"({"schema":"mhpsim-plan/1","question":"How much?","find":"largest","budget":20,"answers":[
{"at":{"memmap_placement":"boot_memory"},"sentence":"the largest size is 13GiB","value":1.5,"runs":12},
{"at":{"memmap_placement":"hotplugged_range","n":[1,null]},"sentence":"the end of the range"}]})"};
}

void read_benchmark(const std::string& text) {
  const auto file = study::read_benchmark_file(as_file(text));
  if (checked(file)) checked(study::benchmark_records(*file));
}

/// What study_bench writes of a study of two points.
std::vector<std::string> benchmarks() {
  nlohmann::json file;
  file["context"][study::kBenchmarkStudy] =
      "name = \"s\"\nscenario = \"" MHP_SOURCE_DIR
      "/configs/scenarios/small-guest.toml\"\n[[axis]]\nkey = \"hotplug.0.size\"\n"
      "values = [\"128MiB\", \"256MiB\"]\n";
  for (const int point : {0, 1})
    file["benchmarks"].push_back({{"name", "s"},
                                  {"run_type", "iteration"},
                                  {"repetition_index", 0},
                                  {"real_time", 12.5},
                                  {"cpu_time", 12.0},
                                  {"time_unit", "ms"},
                                  {"events", 1000},
                                  {"simulated_time", 5e9},
                                  {"label", "ok"},
                                  {study::kBenchmarkPoint, point}});
  return {file.dump()};
}

}  // namespace
}  // namespace answers_target

void register_fuzz_target_answers(TargetRegistry& registry) {
  registry.add({"answers", "answers of mhpsim plan, of which reports are made (JSON)",
                answers_target::answers, answers_target::read});
  registry.add({"benchmarks", "what study_bench has measured (JSON)", answers_target::benchmarks,
                answers_target::read_benchmark, 200});
}

}  // namespace mhp::fuzz
