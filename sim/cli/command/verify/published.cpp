#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "analysis/validation/published/verdict.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/verify.hpp"

namespace mhp::cli {

namespace {

using published::Target;
using published::Verdict;

struct Args {
  std::vector<std::string> files;
  bool json = false;
};

struct Judged {
  Target target;
  Verdict verdict;
};

std::vector<std::string> target_files(const std::vector<std::string>& given) {
  return given.empty() ? files_in(MHP_SOURCE_DIR "/analysis/validation/published/targets", ".toml")
                       : given;
}

const char* verdict_word(const Judged& j) {
  return j.verdict.pass ? "pass" : j.target.must ? "FAIL" : "miss";
}

void print_text(const Judged& j) {
  fmt::print("{} {}{}: {}\n", verdict_word(j), j.target.id, j.target.must ? " (must)" : "",
             j.target.quantity);
  fmt::print("    published  {}\n    criterion  {}\n", j.target.published, j.target.criterion);
  for (const auto& c : j.verdict.cases) {
    fmt::print("    {:<22} {:>12}", c.name, show(c.measured));
    if (c.deviation) fmt::print("  {:+.1f} %", 100 * *c.deviation);
    fmt::print("\n");
  }
  for (const auto& c : j.verdict.checks) fmt::print("    {} {}\n", c.pass ? "+" : "-", c.text);
  if (!j.target.fitted.empty()) fmt::print("    fitted     {}\n", j.target.fitted);
  if (!j.target.note.empty()) fmt::print("    note       {}\n", j.target.note);
  fmt::print("\n");
}

void print_json(const std::vector<Judged>& all) {
  using nlohmann::ordered_json;
  ordered_json out;
  out["schema"] = "mhpsim-published/1";
  out["targets"] = ordered_json::array();
  for (const Judged& j : all) {
    ordered_json row{{"id", j.target.id},
                     {"quantity", j.target.quantity},
                     {"published", j.target.published},
                     {"predicted", j.verdict.predicted},
                     {"criterion", j.target.criterion},
                     {"pass", j.verdict.pass},
                     {"must", j.target.must},
                     {"note", j.target.note},
                     {"fitted", j.target.fitted},
                     {"source", j.target.source}};
    row["cases"] = ordered_json::array();
    for (const auto& c : j.verdict.cases) {
      ordered_json one{
          {"name", c.name}, {"outcome", c.measured.outcome}, {"time", c.measured.time}};
      one["predicted"] = c.measured.value ? ordered_json(*c.measured.value) : ordered_json();
      one["published"] = c.published;
      row["cases"].push_back(std::move(one));
    }
    row["checks"] = ordered_json::array();
    for (const auto& c : j.verdict.checks)
      row["checks"].push_back({{"text", c.text}, {"pass", c.pass}});
    out["targets"].push_back(std::move(row));
  }
  fmt::print("{}\n", out.dump(2));
}

int execute(const Args& args) {
  std::vector<Judged> all;
  int code = kOk;
  for (const std::string& file : target_files(args.files)) {
    auto target = published::load_target(file);
    auto verdict = target ? published::judge(*target)
                          : Result<Verdict>(tl::unexpected<Diagnostics>(target.error()));
    if (!verdict) {
      print_errors(verdict.error());
      code = kBadInput;
      continue;
    }
    all.push_back({std::move(*target), std::move(*verdict)});
  }
  if (code != kOk) return code;
  const auto count = [&](auto&& wanted) { return std::count_if(all.begin(), all.end(), wanted); };
  const auto failed = count([](const Judged& j) { return j.target.must && !j.verdict.pass; });
  if (args.json) {
    print_json(all);
  } else {
    for (const Judged& j : all) print_text(j);
    fmt::print("{} of {} targets inside their criterion; {} of {} that must be\n",
               count([](const Judged& j) { return j.verdict.pass; }), all.size(),
               count([](const Judged& j) { return j.target.must && j.verdict.pass; }),
               count([](const Judged& j) { return j.target.must; }));
  }
  return failed == 0 ? kOk : kCheckFailed;
}

}  // namespace

void add_verify_published(CLI::App& verify, int& exit_code) {
  const auto args = std::make_shared<Args>();
  CLI::App* command = verify.add_subcommand(
      "published", "simulate published measurements of real machines and compare");
  command->add_option("FILE", args->files, "targets (TOML); default: those that ship");
  add_json_option(*command, args->json);
  command->footer(
      "Example:\n  mhpsim verify published analysis/validation/published/targets/v06.toml\n\n"
      "The exit code is 0 if every target marked 'must' is inside its criterion.");
  command->callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace mhp::cli
