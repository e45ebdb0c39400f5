#include <fmt/format.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "sim/cli/architecture_list.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/kernel_list.hpp"
#include "sim/cli/metric_list.hpp"
#include "sim/config/kernel_profiles.hpp"
#include "sim/config/shipped.hpp"
#include "sim/kernel/adder/adder.hpp"
#include "sim/kernel/placement/placement.hpp"

namespace mhp::cli {

namespace list_command {
namespace {

template <class Entry>
void list_entries(const Registry<Entry>& registry, bool json) {
  if (!json) return fmt::print("{}", registry.listing());
  auto out = nlohmann::ordered_json::array();
  for (const auto& [name, entry] : registry.entries())
    out.push_back({{"name", name}, {"doc", entry.doc}});
  fmt::print("{}\n", out.dump(2));
}

void list_placements(bool json) {
  if (!json) return list_entries(kernel::placements(), json);
  auto out = nlohmann::ordered_json::array();
  for (const auto& [name, p] : kernel::placements().entries())
    out.push_back({{"name", name},
                   {"doc", p.doc},
                   {"position", p.position},
                   {"kernels", p.in_no_kernel() ? "none" : p.kernels},
                   {"proposed", p.proposed},
                   {"assumed", p.assumes}});
  fmt::print("{}\n", out.dump(2));
}
void list_adders(bool json) { list_entries(kernel::adders(), json); }

void list_shipped(const char* kind, bool json) {
  const auto files = config::shipped_files(kind);
  if (json) {
    auto out = nlohmann::ordered_json::array();
    for (const auto& f : files) out.push_back({{"name", f.name}, {"doc", f.doc}, {"path", f.path}});
    return fmt::print("{}\n", out.dump(2));
  }
  std::vector<Choice> choices;
  for (const auto& f : files) choices.push_back({f.name, f.doc});
  fmt::print("{}", list_choices(choices));
}

void print_params(const std::vector<ParamInfo>& params) {
  for (const ParamInfo& p : params) {
    fmt::print("{}\n    {}\n", p.path, p.doc);
    std::string facts = p.type;
    if (p.required) facts += ", required";
    if (!p.default_text.empty()) facts += ", default " + p.default_text;
    if (!p.range.empty()) facts += ", " + p.range;
    if (!p.linux_name.empty()) facts += ", Linux: " + p.linux_name;
    if (!p.basis.empty()) facts += fmt::format(", default is {}", p.basis);
    if (!p.uncertainty.empty()) facts += fmt::format(" ({})", p.uncertainty);
    fmt::print("    {}\n", facts);
    for (const Choice& c : p.choices) fmt::print("      {}: {}\n", c.name, c.doc);
  }
}

void list_params(bool json) {
  const auto params = config::describe_scenario();
  if (!json) return print_params(params);
  auto out = nlohmann::ordered_json::array();
  for (const ParamInfo& p : params) {
    nlohmann::ordered_json row{{"path", p.path},
                               {"type", p.type},
                               {"default", p.default_text},
                               {"required", p.required},
                               {"range", p.range},
                               {"source", p.source},
                               {"basis", p.basis},
                               {"uncertainty", p.uncertainty},
                               {"linux_name", p.linux_name},
                               {"doc", p.doc}};
    for (const Choice& c : p.choices) row["choices"].push_back({{"name", c.name}, {"doc", c.doc}});
    out.push_back(std::move(row));
  }
  fmt::print("{}\n", out.dump(2));
}

void describe_kernels(CLI::App& command, int& exit_code) {
  struct Args {
    std::string folder = config::shipped_kernel_profiles();
    std::vector<std::string> pair;
    bool json = false;
  };
  const auto args = std::make_shared<Args>();
  CLI::App* sub =
      command.add_subcommand("kernels", "kernel profiles, and what they have been held to");
  sub->add_option("--diff", args->pair, "the rules in which two kernels differ, with their sources")
      ->expected(2)
      ->type_name("A B");
  sub->add_option("--kernels", args->folder, "folder of kernel profiles")
      ->capture_default_str()
      ->type_name("DIR");
  sub->add_flag("--json", args->json, "print JSON");
  sub->callback([args, &exit_code] {
    const bool read = args->pair.empty() ? list_kernels(args->folder, args->json)
                                         : list_kernel_differences(args->folder, args->pair[0],
                                                                   args->pair[1], args->json);
    exit_code = read ? kOk : kBadInput;
  });
}

void describe_architectures(CLI::App& command, int& exit_code) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* sub = command.add_subcommand(
      "architectures", "architectures and page sizes, and what they have been held to");
  sub->add_flag("--json", *json, "print JSON");
  sub->callback([json, &exit_code] { exit_code = list_architectures(*json) ? kOk : kBadInput; });
}

void describe(CLI::App& command, int& exit_code) {
  command.require_subcommand(1);
  const auto json = std::make_shared<bool>(false);
  const auto add = [&](const char* name, const std::string& doc, std::function<void(bool)> print) {
    CLI::App* sub = command.add_subcommand(name, doc);
    sub->add_flag("--json", *json, "print JSON");
    sub->callback([print, json, &exit_code] {
      print(*json);
      exit_code = kOk;
    });
    return sub;
  };
  for (const char* kind : config::kShippedKinds)
    add(kind, fmt::format("{} that ship, by the names that commands and files take", kind),
        [kind](bool wants_json) { list_shipped(kind, wants_json); });
  add("placements", "memmap placements", list_placements);
  add("adders", "drivers that add memory", list_adders);
  describe_kernels(command, exit_code);
  describe_architectures(command, exit_code);
  add("params", "parameters of a scenario, as --set names them", list_params);
  const auto markdown = std::make_shared<bool>(false);
  add("metrics", "figures that a run reports, with their definitions",
      [markdown](bool wants_json) {
        *markdown ? list_metrics_as_markdown() : list_metrics(wants_json);
      })
      ->add_flag("--markdown", *markdown, "print the tables of docs/metrics.md")
      ->excludes("--json");
}

}  // namespace
}  // namespace list_command

void register_command_list(CommandRegistry& registry) {
  registry.add({"list", "list what the program has", list_command::describe});
}

}  // namespace mhp::cli
