#include "sim/cli/host_view.hpp"

#include <fmt/format.h>

#include <utility>

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

namespace {

/// Says what is wrong and keeps the exit code; nothing comes of it.
std::nullopt_t refuse(const Diagnostics& errors, int code, int& exit_code) {
  print_errors(errors);
  exit_code = code;
  return std::nullopt;
}

}  // namespace

std::optional<host::Host> open_host(const HostArgs& args, host::Limits& limits, int& exit_code) {
  limits.seconds = args.seconds;
  if (!args.memory.empty()) {
    const auto memory = parse_bytes(args.memory, {"--memory", 0, 0});
    if (!memory) return refuse(memory.error(), kUsage, exit_code);
    limits.memory = *memory;
  }
  auto host = host::Host::here();
  if (!host) return refuse(host.error(), kBadInput, exit_code);
  for (const host::HostNode& node : host->nodes())
    if (const auto memory = host::memory_to_use(node, limits); !memory)
      return refuse(memory.error(), kUsage, exit_code);
  return std::move(*host);
}

std::optional<Calibration> calibrate(const host::Host& host, const host::Limits& limits,
                                     const HostArgs& args, int& exit_code,
                                     std::vector<host::Bench> with) {
  auto base = config::load_toml(args.base);
  if (!base) return refuse(base.error(), exit_code_for(args.base), exit_code);
  Diagnostics errors;
  const auto profile = cost::read_cost_profile(*base, errors, nullptr);
  if (!errors.empty()) return refuse(errors, kBadConfig, exit_code);
  Progress progress(!args.no_progress);
  auto measured = host::measure(
      host, limits, [&](const std::string& text) { progress.show("measuring, " + text); },
      std::move(with));
  if (!measured) return refuse(measured.error(), kBadInput, exit_code);
  auto constants = host::derive(*measured, profile);
  return Calibration{std::move(*measured), std::move(*base), std::move(constants)};
}

void print_warnings(const host::Host& host, const Calibration& c) {
  for (const std::string& w : c.constants.warnings) fmt::print(stderr, "calibrate: {}\n", w);
  if (!c.measured.pinned)
    fmt::print(stderr, "calibrate: threads could not be pinned to processors\n");
  if (!c.measured.bound) fmt::print(stderr, "calibrate: memory could not be bound to its node\n");
  if (host.left_out() > 0)
    fmt::print(stderr, "calibrate: {} node(s) without processors or memory left out\n",
               host.left_out());
}

nlohmann::ordered_json to_json(const host::Series& s) {
  return {{"unit", "ns/" + s.unit},  {"value", s.value()},           {"least", s.least()},
          {"median", s.median()},    {"repetitions", s.repetitions}, {"samples", s.samples},
          {"disturbed", s.disturbed}};
}

}  // namespace mhp::cli
