#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/output.hpp"
#include "sim/report/document.hpp"
#include "sim/report/page.hpp"

namespace mhp::cli {

namespace report_command {
namespace {

struct Args {
  std::vector<std::string> paths;
  std::string output;
  std::string vega = report::kVega;
  bool force = false;
  bool json = false;
};

int execute(const Args& args) {
  if (args.output.empty() && !args.json) {
    fmt::print(stderr, "give -o REPORT.html, or --json for the document alone\n");
    return kUsage;
  }
  if (!replaces_none_of(args.paths, "--output", args.output)) return kUsage;
  if (!args.output.empty() && !may_write_file(args.output, args.force)) return kNotWritten;
  std::string vega;
  if (!args.output.empty()) {
    auto text = report::read_vega(args.vega);
    if (!text) return print_errors(text.error()), kBadInput;
    vega = std::move(*text);
  }
  const auto inputs = report::read_inputs(args.paths);
  if (!inputs) return print_errors(inputs.error()), kBadInput;
  const auto document = report::document_of(*inputs);
  if (!document) return print_errors(document.error()), kBadInput;
  print_kernel_note(document->value("kernel_note", ""));
  const std::string json = report::text_of(*document);
  if (!args.output.empty()) {
    const std::string page = report::page_of((*document)["title"].get<std::string>(), json, vega);
    if (!write_text(page, args.output, args.force)) return kNotWritten;
  }
  if (args.json) fmt::print("{}\n", json);
  if (!args.json)
    for (const auto& sentence : (*document)["answer"])
      fmt::print("{}\n", sentence.get<std::string>());
  return kOk;
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  command
      .add_option("RESULT", args->paths,
                  "run files, the folder of 'compare -o', a study file or the folder that holds "
                  "it, or the folder of 'plan -o'")
      ->required()
      ->expected(1, 1000);
  command.add_option("-o,--output", args->output, "the report, one HTML file that needs no other")
      ->type_name("REPORT.html");
  command.add_flag("--force", args->force, "replace an existing report");
  command
      .add_option("--vega", args->vega,
                  "folder with the parts of Vega, which draws and goes into the report")
      ->capture_default_str()
      ->type_name("DIR");
  command.add_flag("--json", args->json, "print what the report shows as one JSON object");
  command.footer(
      "Examples:\n"
      "  mhpsim compare configs/scenarios/quickstart.toml -o results && mhpsim report results -o "
      "report.html\n"
      "  mhpsim report before.h5 after.h5 -o report.html\n"
      "  mhpsim report results/guest-growth/study.h5 -o growth.html --force\n"
      "  mhpsim report run.h5 --json\n\n"
      "Prints the answer in sentences. The report opens in any browser, without a network.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace report_command

void register_command_report(CommandRegistry& registry) {
  registry.add(
      {"report", "make one offline page of results: HTML with charts", report_command::describe});
}

}  // namespace mhp::cli
