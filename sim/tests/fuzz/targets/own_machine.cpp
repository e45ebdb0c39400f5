// A text of somebody's machine as the machine of a scenario: the whole way of --machine FILE.
#include "sim/config/scenario.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace own_machine_target {
namespace {

void read(const std::string& text) {
  checked(config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/own-machine.toml",
                                {"machine=" + as_file(text)}));
}

}  // namespace
}  // namespace own_machine_target

void register_fuzz_target_own_machine(TargetRegistry& registry) {
  registry.add({"own_machine", "a machine's own texts as the machine of a scenario",
                [] {
                  return joined({files_at("configs/snapshots", ".snapshot"),
                                 files_at("sim/observed/fixtures", ".txt")});
                },
                own_machine_target::read, 200});
}

}  // namespace mhp::fuzz
