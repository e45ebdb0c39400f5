#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "sim/config/scenario_text.hpp"
#include "sim/run/result/run_content.hpp"
#include "sim/run/run.hpp"
#include "sim/tests/random/draft.hpp"
#include "sim/tests/random/laws.hpp"
#include "sim/tests/random/runs.hpp"

namespace mhp::random {
namespace {

using config::Scenario;

Result<Scenario> read(const std::string& text, const std::vector<std::string>& settings = {}) {
  return config::read_scenario_text(text, "random.toml", settings);
}

std::string refused(const Diagnostics& errors) {
  return "the other scenario is refused: " + errors.front().text();
}

/// Both runs end with the same fingerprint, and did the same.
std::string same_run(const Scenario& scenario, const Result<Scenario>& other) {
  if (!other) return refused(other.error());
  const run::RunResult a = run_of(scenario);
  const run::RunResult b = run_of(*other);
  if (const std::string differs = difference(a, b); !differs.empty()) return differs;
  return a.fingerprint == b.fingerprint ? "" : "the fingerprints differ";
}

std::string written_and_read(const std::string&, const Scenario& scenario) {
  const auto again = read(scenario.resolved_text);
  if (again && again->resolved_text != scenario.resolved_text)
    return "the text that was read back is written otherwise";
  return same_run(scenario, again);
}

/// The same amount in a smaller unit.
std::string smaller(const std::string& value) {
  static const std::regex amount(R"re("(\d{1,12})(GiB|MiB|ms|s|GB/s)")re");
  std::smatch found;
  if (!std::regex_match(value, found, amount)) return value;
  const std::int64_t n = std::stoll(found[1]);
  const std::string unit = found[2];
  if (unit == "GiB") return fmt::format("\"{}MiB\"", n * 1024);
  if (unit == "MiB") return fmt::format("\"{} KiB\"", n * 1024);
  if (unit == "ms") return fmt::format("\"{}us\"", n * 1000);
  if (unit == "GB/s") return fmt::format("\"{}MB/s\"", n * 1000);
  return fmt::format("\"{}.000s\"", n);
}

/// Of all but workloads, where some sizes are words to choose from.
std::string other_units(const std::string& text, const Scenario& scenario) {
  Draft draft = draft_of(text);
  for (DraftTable& table : draft.tables)
    if (table.header != "[[workload]]")
      for (auto& [key, value] : table.lines) value = smaller(value);
  return same_run(scenario, read(draft.text()));
}

std::string other_order(const std::string& text, const Scenario& scenario) {
  Draft draft = draft_of(text);
  for (DraftTable& table : draft.tables) std::reverse(table.lines.begin(), table.lines.end());
  return same_run(scenario, read(draft.text()));
}

std::string unrecorded(const std::string&, const Scenario& scenario) {
  const run::RunResult a = look(scenario).result;
  const run::RunResult b = run_of(scenario);
  if (const std::string differs = difference(a, b); !differs.empty()) return differs;
  for (std::size_t m = 0; m < a.metrics.size(); ++m)
    if (a.metrics[m].value != b.metrics[m].value)
      return fmt::format("{} is another", a.metrics[m].name);
  return a.fingerprint == b.fingerprint ? "" : "the fingerprints differ";
}

/// What had ended before half the time is what the run to half the time did. What goes on then ends
/// with that run, as interrupted.
std::string begins_alike(const std::string&, const Scenario& scenario) {
  if (scenario.run.until.value == 0) return "";
  Scenario shorter = scenario;
  shorter.run.until = scenario.run.until / 2;
  const auto by_then = [&](run::RunResult result) {
    std::erase_if(result.operations,
                  [&](const run::Operation& o) { return o.finished >= shorter.run.until; });
    return result.operations;
  };
  const auto whole = by_then(run_of(scenario));
  const auto half = by_then(run_of(shorter));
  for (std::size_t i = 0; i < std::min(whole.size(), half.size()); ++i)
    if (const std::string differs = difference(whole[i], half[i]); !differs.empty())
      return fmt::format("operation {}: {}", i, differs);
  return whole.size() == half.size()
             ? ""
             : fmt::format("{} operations against {}", whole.size(), half.size());
}

/// A device that comes when the run has ended.
std::string too_late(const std::string& text, const Scenario& scenario) {
  if (scenario.run.until.value == 0 || scenario.kernel.memmap_placement == "boot_reservation")
    return "";
  return [&]() -> std::string {
    const auto other = read(
        fmt::format("{}\n[[hotplug]]\nnode = 0\nsize = \"1GiB\"\nat = \"{}ns\"\n"
                    "device = {}\nadder = \"acpi_dimm\"\n",
                    text, scenario.run.until.value + 1, [&] {
                      const Draft draft = draft_of(text);
                      for (const DraftTable& t : draft.tables)
                        for (const auto& [key, value] : t.lines)
                          if (key == "device")
                            return value.substr(0, value.rfind('/') + 1) + "virtual-dimm.toml\"";
                      return std::string("\"\"");
                    }()));
    if (!other) return "";  // what stands at a place of its own may be in the way
    return difference(run_of(scenario), run_of(*other));
  }();
}

bool idle(const Scenario& scenario) { return scenario.workloads.empty(); }

bool only_dimms(const Scenario& scenario) {
  return std::all_of(
      scenario.hotplug.begin(), scenario.hotplug.end(), [](const config::Hotplug& h) {
        return h.params.adder == "acpi_dimm" && h.params.when == config::Arrival::time &&
               h.params.start == config::kBehind;
      });
}

bool all_added(const run::RunResult& result) {
  return std::all_of(result.operations.begin(), result.operations.end(),
                     [](const run::Operation& o) {
                       return o.kind != run::Operation::Kind::add || o.status == kernel::Status::ok;
                     });
}

std::string other_seed(const std::string&, const Scenario& scenario) {
  if (!idle(scenario)) return "";
  Scenario other = scenario;
  ++other.run.seed;
  return difference(run_of(scenario), run_of(other));
}

/// Of a machine without workload, whose memory blocks have a size of their own.
std::string more_boot_memory(const std::string& text, const Scenario& scenario) {
  if (!idle(scenario) || !only_dimms(scenario) || scenario.run.until.value > 0 ||
      scenario.kernel.memory_block_size.value <= 0)
    return "";
  std::vector<std::string> settings{"machine.physical_address_bits=52"};
  for (std::size_t n = 0; n < scenario.machine.nodes.size(); ++n)
    settings.push_back(
        fmt::format("machine.node.{}.memory={}B", n, 2 * scenario.machine.nodes[n].memory.value));
  const auto less = read(text, {settings.front()});
  const auto more = read(text, settings);
  if (!less || !more) return "";
  const run::RunResult a = run_of(*less);
  const run::RunResult b = run_of(*more);
  if (!all_added(a) || all_added(b)) return "";
  return "an addition fails that succeeded with half the boot memory: " + b.reason;
}

std::string twice_as_much(const std::string& text, const Scenario& scenario) {
  if (!idle(scenario) || !only_dimms(scenario) || scenario.hotplug.size() != 1 ||
      scenario.run.until.value > 0)
    return "";
  const auto more =
      read(text, {fmt::format("hotplug.0.size={}B", 2 * scenario.hotplug[0].params.size.value)});
  if (!more) return "";
  const auto a = run_of(scenario);
  const auto b = run_of(*more);
  if (!all_added(a) || !all_added(b)) return "";
  const auto once = metric(a, "time_to_add");
  const auto twice = metric(b, "time_to_add");
  if (!once || !twice || *once <= *twice) return "";
  return fmt::format("twice the memory is added in {} ns, once in {} ns", *twice, *once);
}

/// What rounding may make of it: a thousandth, and 1 us.
std::string more_bandwidth(const std::string& text, const Scenario& scenario) {
  if (!idle(scenario) || !only_dimms(scenario) || scenario.run.until.value > 0) return "";
  std::vector<std::string> settings;
  for (std::size_t n = 0; n < scenario.machine.nodes.size(); ++n)
    settings.push_back(fmt::format("machine.node.{}.bandwidth={}B/s", n,
                                   4 * scenario.machine.nodes[n].bandwidth.value));
  const auto faster = read(text, settings);
  if (!faster) return refused(faster.error());
  const auto before = metric(run_of(scenario), "time_to_usable");
  const auto after = metric(run_of(*faster), "time_to_usable");
  if (!before || !after || *after <= *before + *before / 1000 + 1000) return "";
  return fmt::format("with four times the bandwidth it takes {} ns, else {} ns", *after, *before);
}

}  // namespace

const std::vector<Relation>& relations() {
  static const std::vector<Relation> all{
      {"written and read", "what is written of a scenario is the same scenario", written_and_read},
      {"other units", "5GiB is 5120MiB", other_units},
      {"other order", "the order of a table's lines does not matter", other_order},
      {"unrecorded", "to be watched changes nothing", unrecorded},
      {"begins alike", "a run to half the time is the first half of the run", begins_alike},
      {"too late", "a device that comes when the run has ended changes nothing", too_late},
      {"other seed", "without workloads nothing is drawn", other_seed},
      {"more boot memory", "more boot memory makes no addition fail", more_boot_memory},
      {"twice as much", "on an idle machine twice the memory takes no less time", twice_as_much},
      {"more bandwidth", "on an idle machine more bandwidth makes nothing later", more_bandwidth},
  };
  return all;
}

}  // namespace mhp::random
