#include "sim/observed/fuzz/one_input.hpp"

#include "sim/core/invariant.hpp"
#include "sim/observed/failure/why.hpp"
#include "sim/observed/texts/recognise.hpp"
#include "sim/observed/unsaid.hpp"

namespace mhp::observed {

namespace {

/// What is wrong is said in one line, with a place in the file.
void check(const Diagnostics& errors) {
  MHP_INVARIANT(errors.size() == 1, "{} diagnostics", errors.size());
  const std::string line = errors.front().text();
  MHP_INVARIANT(line.starts_with("f:") && line.find('\n') == line.npos, "'{}'", line);
}

}  // namespace

void read_one_input(const std::string& text) {
  const std::vector<InputText> inputs{{"f", text}};
  const auto machine = observe(inputs);
  if (!machine) {
    check(machine.error());
  } else {
    unsaid(*machine);
    const std::string joint = joined(inputs);
    const auto again = observe({{"f", joint}});
    MHP_INVARIANT(again.has_value(), "the joined file: {}", again.error().front().text());
    MHP_INVARIANT(again->zones.size() == machine->zones.size() &&
                      again->nodes.size() == machine->nodes.size(),
                  "the joined file has {} zones and {} nodes, not {} and {}", again->zones.size(),
                  again->nodes.size(), machine->zones.size(), machine->nodes.size());
  }
  const auto reports = read_mem_info_reports(text, Location("f", 1, 0));
  if (!reports) return check(reports.error());
  for (const MemInfoReport& report : *reports) explain(report);
}

}  // namespace mhp::observed
