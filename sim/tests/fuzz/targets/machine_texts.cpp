// All texts that machines say of themselves, told apart by content: the readers, the reports of
// failures and why they failed, and the joined file, which must read back.
#include "sim/core/invariant.hpp"
#include "sim/observed/failure/why.hpp"
#include "sim/observed/texts/recognise.hpp"
#include "sim/observed/unsaid.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz::machine_texts_target {
namespace {

/// What is wrong is said in one line, with a place in the file.
void check_one(const Diagnostics& errors) {
  MHP_INVARIANT(errors.size() == 1, "{} diagnostics", errors.size());
  const std::string line = errors.front().text();
  MHP_INVARIANT(line.starts_with("f:") && line.find('\n') == line.npos, "'{}'", line);
}

void read(const std::string& text) {
  const std::vector<observed::InputText> inputs{{"f", text}};
  const auto machine = observed::observe(inputs);
  if (!machine) {
    check_one(machine.error());
  } else {
    observed::unsaid(*machine);
    const std::string joint = observed::joined(inputs);
    const auto again = observed::observe({{"f", joint}});
    MHP_INVARIANT(again.has_value(), "the joined file: {}", again.error().front().text());
    MHP_INVARIANT(again->zones.size() == machine->zones.size() &&
                      again->nodes.size() == machine->nodes.size(),
                  "the joined file has {} zones and {} nodes, not {} and {}", again->zones.size(),
                  again->nodes.size(), machine->zones.size(), machine->nodes.size());
  }
  const auto reports = observed::read_mem_info_reports(text, Location("f", 1, 0));
  if (!reports) return check_one(reports.error());
  for (const observed::MemInfoReport& report : *reports) explain(report);
}

}  // namespace
}  // namespace mhp::fuzz::machine_texts_target

namespace mhp::fuzz {

void register_fuzz_target_machine_texts(TargetRegistry& registry) {
  registry.add({"machine_texts", "texts that machines say of themselves, told apart by content",
                [] { return files_at("sim/observed/fixtures", ".txt"); },
                machine_texts_target::read, 4000});
}

}  // namespace mhp::fuzz
