// Conditions as people write them: --fail-if, constraints of studies, objectives of questions.
#include "sim/study/compare/condition.hpp"
#include "sim/study/design/constraint.hpp"
#include "sim/study/question/objective.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace conditions_target {
namespace {

const study::MetricSet& known() {
  using run::MetricPhase;
  static const study::MetricSet metrics{
      {"time_to_online", Unit::ns, Better::lower, MetricPhase::online},
      {"memmap_pages_boot", Unit::page, Better::lower, MetricPhase::add},
      {"mem_free_delta", Unit::page, Better::higher, MetricPhase::add},
      {"mem_free_delta", Unit::page, Better::higher, MetricPhase::run},
      {"usable_bytes", Unit::byte, Better::higher, MetricPhase::run}};
  return metrics;
}

std::optional<study::Operand> lookup(const std::string& name) {
  if (name == "size") return study::Operand{"", 3 * kGiB, Unit::byte};
  if (name == "hotplug.0.count") return study::Operand{"", std::int64_t{1} << 40, Unit::one};
  if (name == "latency") return study::Operand{"", -5, Unit::ns};
  if (name == "placement") return study::Operand{"boot_memory", {}, Unit::one};
  return std::nullopt;
}

study::Comparison comparison() {
  std::vector<study::Column> columns{{"before", "", {}}, {"after", "", {}}};
  for (std::uint64_t replicate = 0; replicate < 3; ++replicate)
    for (std::size_t c = 0; c < columns.size(); ++c) {
      study::ComparedRun run{.replicate = replicate};
      for (const study::MetricName& m : known())
        run.metrics.push_back(
            {m.name, m.unit, m.better, m.phase, static_cast<std::int64_t>(10 * replicate + c), {}});
      columns[c].runs.push_back(std::move(run));
    }
  return study::compare_columns(std::move(columns));
}

void read(const std::string& text) {
  static const study::Comparison compared = comparison();
  const Location where{"f", 1, 1};
  if (const auto c = study::Condition::parse(text, where, known()); checked(c))
    c->findings(compared);
  if (const auto c = study::Constraint::parse(text, where, lookup); checked(c)) c->holds(lookup);
  if (const auto o = question::Objective::parse(text, where, lookup); checked(o)) {
    checked(o->check(known()));
    const auto set = std::make_shared<const study::MetricSet>(known());
    study::RunRecord record{.metrics = set};
    for (std::size_t i = 0; i < set->size(); ++i) record.values.emplace_back(7);
    o->judge({record, record}, lookup, 0.95);
  }
}

std::vector<std::string> written() {
  return {"time_to_online > +5%",
          "memmap_pages_boot > 1000",
          "mem_free_delta:run < -50%",
          "outcome != ok",
          "outcome == ok",
          "usable_bytes >= 3GiB",
          "usable_bytes >= size * hotplug.0.count",
          "mean(time_to_online) < 2ms",
          "size * hotplug.0.count <= 1TiB",
          "placement != hotplugged_range",
          "latency == -5ns",
          "2 * 3 < hotplug.0.count"};
}

}  // namespace
}  // namespace conditions_target

void register_fuzz_target_conditions(TargetRegistry& registry) {
  registry.add({"conditions", "--fail-if, constraints of studies, objectives of questions",
                conditions_target::written, conditions_target::read, 20'000});
}

}  // namespace mhp::fuzz
