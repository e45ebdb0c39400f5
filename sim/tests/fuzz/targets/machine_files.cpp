// Files that scenarios name: machines, kernels, costs, devices, architectures.
#include "sim/config/scenario.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/cost/cost_profile.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace machine_files_target {
namespace {

void read(const std::string& text) {
  const auto table = config::parse_toml(text, MHP_SOURCE_DIR "/configs/machines/f.toml");
  if (!checked(table)) return;
  for (const char* part : {"machine", "kernel"}) {
    Value root{Value::Table{{part, *table, table->where}}, table->where};
    if (checked(config::put_references(root)) && std::string(part) == "machine") {
      Diagnostics errors;
      machine::read_machine(*root.find("machine"), errors, nullptr);
      if (!errors.empty()) check(errors);
    }
  }
  checked(config::read_kernel_profile(*table));
  Diagnostics errors;
  cost::read_cost_profile(*table, errors, nullptr);
  if (!errors.empty()) check(errors);
}

}  // namespace
}  // namespace machine_files_target

void register_fuzz_target_machine_files(TargetRegistry& registry) {
  registry.add({"machine_files", "files that scenarios name: machines, kernels, costs",
                [] {
                  return joined({files_at("configs/machines", ".toml"),
                                 files_at("configs/machines/parts", ".toml"),
                                 files_at("configs/kernels", ".toml"),
                                 files_at("configs/costs", ".toml"),
                                 files_at("configs/devices", ".toml")});
                },
                machine_files_target::read, 500});
}

}  // namespace mhp::fuzz
