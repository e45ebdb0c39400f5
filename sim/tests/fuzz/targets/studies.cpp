// Study files the whole way to their points: axes, ranges, constraints, baselines.
#include <algorithm>

#include "sim/config/toml_source.hpp"
#include "sim/study/design/plan.hpp"
#include "sim/study/design/study.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace studies_target {
namespace {

void read(const std::string& text) {
  auto root = config::parse_toml(text, MHP_SOURCE_DIR "/configs/studies/f.toml");
  if (!checked(root)) return;
  const auto study = study::make_study(std::move(*root), {});
  if (!checked(study)) return;
  const study::Plan plan(*study);
  const std::uint64_t points = plan.points();
  for (const std::uint64_t point : {std::uint64_t{0}, points / 2, points - 1}) {
    if (point >= points) continue;
    const study::Position position = plan.at(point);
    plan.label(position);
    plan.excluded(position);
  }
}

}  // namespace
}  // namespace studies_target

void register_fuzz_target_studies(TargetRegistry& registry) {
  registry.add({"studies", "study files, the whole way to their points",
                [] { return files_at("configs/studies", ".toml"); }, studies_target::read, 150});
}

}  // namespace mhp::fuzz
