// Targets of published measurements, and the quantities in them.
#include "analysis/validation/published/target.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace published_targets_target {
namespace {

void read(const std::string& text) {
  published::parse_quantity(text.substr(0, 64));
  const auto root = config::parse_toml(text, "f");
  if (checked(root)) checked(published::read_target(*root));
}

}  // namespace
}  // namespace published_targets_target

void register_fuzz_target_published_targets(TargetRegistry& registry) {
  registry.add({"published_targets", "targets of published measurements",
                [] { return files_at("analysis/validation/published/targets", ".toml"); },
                published_targets_target::read, 2000});
}

}  // namespace mhp::fuzz
