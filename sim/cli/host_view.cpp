#include "sim/cli/host_view.hpp"

#include "sim/cli/cli.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/units.hpp"

namespace mhp::cli {

void add_host_options(CLI::App& command, HostArgs& args) {
  command
      .add_option("--seconds", args.seconds,
                  "about how long to measure; every measurement is made three times at least")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("S");
  command
      .add_option("--memory", args.memory,
                  "memory to work in, as in 512MiB (default: 16 times the last-level caches)")
      ->type_name("SIZE");
  command.add_option("--base", args.base, "cost profile that the rest is taken from")
      ->capture_default_str()
      ->type_name("FILE");
  command.add_flag("--json", args.json, "print one JSON object");
  command.add_flag("--no-progress", args.no_progress, "no progress line");
}

Result<host::Limits> limits_of(const HostArgs& args) {
  host::Limits limits;
  limits.seconds = args.seconds;
  if (args.memory.empty()) return limits;
  const auto memory = parse_bytes(args.memory, {"--memory", 0, 0});
  if (!memory) return tl::unexpected<Diagnostics>(memory.error());
  limits.memory = *memory;
  return limits;
}

Result<Calibration> calibrate(const host::Host& host, const HostArgs& args) {
  const auto limits = limits_of(args);
  if (!limits) return tl::unexpected<Diagnostics>(limits.error());
  auto base = config::load_toml(args.base);
  if (!base) return tl::unexpected<Diagnostics>(base.error());
  Diagnostics errors;
  const auto profile = cost::read_cost_profile(*base, errors, nullptr);
  if (!errors.empty()) return tl::unexpected<Diagnostics>(errors);
  Progress progress(!args.no_progress);
  auto measured = host::measure(
      host, *limits, [&](const std::string& text) { progress.show("measuring, " + text); });
  if (!measured) return tl::unexpected<Diagnostics>(measured.error());
  auto constants = host::derive(*measured, profile);
  return Calibration{std::move(*measured), std::move(*base), std::move(constants)};
}

nlohmann::ordered_json to_json(const host::Series& s) {
  return {{"unit", "ns/" + s.unit},  {"value", s.value()},           {"least", s.least()},
          {"median", s.median()},    {"repetitions", s.repetitions}, {"samples", s.samples},
          {"disturbed", s.disturbed}};
}

}  // namespace mhp::cli
