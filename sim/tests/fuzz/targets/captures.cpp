// Captures of kernels, recordings of kernels under pressure, counts of instructions: JSON.
#include "analysis/validation/captures/capture.hpp"
#include "analysis/validation/growth/count_run.hpp"
#include "analysis/validation/pressure/recording.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace captures_target {
namespace {

void read(const std::string& text) { checked(validation::load_capture(as_file(text))); }

void read_recording(const std::string& text) { checked(pressure::parse_recording(text, "f")); }

void read_counts(const std::string& text) { checked(validation::load_count_run(as_file(text))); }

}  // namespace
}  // namespace captures_target

void register_fuzz_target_captures(TargetRegistry& registry) {
  registry.add({"captures", "captures of kernels (JSON)",
                [] { return files_at("analysis/validation/captures/recordings", ".json", 40'000); },
                captures_target::read, 500});
  registry.add(
      {"pressure_recordings", "recordings of kernels under pressure (JSON)",
       [] { return files_at("analysis/validation/pressure/recordings", ".json", 200'000); },
       captures_target::read_recording, 300});
  registry.add({"counts", "counts of instructions (JSON)",
                [] { return files_at("analysis/validation/growth/counts", ".json"); },
                captures_target::read_counts, 500});
}

}  // namespace mhp::fuzz
