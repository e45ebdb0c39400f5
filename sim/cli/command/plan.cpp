#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/plan_view.hpp"
#include "sim/cli/stopping.hpp"
#include "sim/study/collect/study_file.hpp"
#include "sim/study/collect/study_schema.hpp"
#include "sim/study/question/evidence.hpp"
#include "sim/study/sweep/folder.hpp"

namespace mhp::cli {

namespace plan_command {
namespace {

struct Args {
  std::string question;
  std::string machine;
  std::vector<std::string> settings;

  /// --machine is a setting before the others.
  std::vector<std::string> all_settings() const {
    auto all = settings;
    if (!machine.empty()) all.insert(all.begin(), machine_setting(machine));
    return all;
  }
  std::optional<std::int64_t> budget;
  unsigned threads = all_processors();
  std::string folder;
  bool resume = false;
  bool json = false;
  bool no_progress = false;
};

/// The folder of an answer: a sweep's, with the answer beside it.
struct Keeper {
  study::SweepFolder folder;
  study::JournalIndex before;
  record::SystemFileSink files;
  std::unique_ptr<study::JournalWriter> journal;
};

Result<std::unique_ptr<Keeper>> open_folder(const Args& args) {
  auto folder = study::SweepFolder::open(args.folder, {}, args.resume);
  if (!folder) return tl::unexpected<Diagnostics>(folder.error());
  auto before = study::JournalIndex::read(args.folder);
  if (!before) return tl::unexpected<Diagnostics>(before.error());
  auto keeper =
      std::make_unique<Keeper>(Keeper{std::move(*folder), std::move(*before), {}, nullptr});
  const std::string path = fmt::format("{}/{}.journal", args.folder, study::shard_name({}));
  const auto* mine = keeper->before.file(path);
  keeper->journal = std::make_unique<study::JournalWriter>(
      path, mine != nullptr ? mine->length : 0,
      mine != nullptr ? mine->sets : std::vector<std::shared_ptr<const study::MetricSet>>{},
      keeper->files);
  return keeper;
}

std::string resume_command(const Args& args) {
  std::string out = fmt::format("mhpsim plan {} -o {} --resume", shell_quoted(args.question),
                                shell_quoted(args.folder));
  if (args.budget) out += fmt::format(" --budget {}", *args.budget);
  if (!args.machine.empty()) out += " --machine " + shell_quoted(args.machine);
  for (const auto& s : args.settings) out += " --set " + shell_quoted(s);
  return out;
}

/// The study that the answer rests on, as a sweep of it would have left it, and the answer.
bool write_evidence(const PlanView& view, const Keeper& keeper) {
  const auto study = question::evidence(view.question, view.answer);
  if (!study) return print_errors(study.error()), false;
  if (auto kept = keeper.folder.keep_study(study->text); !kept)
    return print_errors(kept.error()), false;
  const study::Plan plan(*study);
  const study::Scenarios scenarios(plan);
  const std::string& folder = keeper.folder.path();
  const auto index = study::JournalIndex::read(folder);
  if (!index) return print_errors(index.error()), false;
  record::SystemFileSink files;
  const auto written = study::write_study_file({scenarios, *index}, folder + "/study.h5",
                                               /*force=*/true, files);
  if (!written) return print_errors(written.error().diagnostics), false;
  return write_text(plan_json(view), folder + "/answer.json", true);
}

int report(const Args& args, const PlanView& view, const Keeper* keeper) {
  if (view.runs.stopped()) {
    fmt::print(stderr, "mhpsim: stopped after {} runs", view.answer.runs);
    if (keeper != nullptr) fmt::print(stderr, "; this goes on:\n  {}", resume_command(args));
    fmt::print(stderr, "\n");
    return 128 + stop_signal();
  }
  if (keeper != nullptr && !write_evidence(view, *keeper)) return kNotWritten;
  fmt::print("{}", args.json ? plan_json(view) : plan_text(view));
  return plan_status(view.answer) == question::Status::answered ? kOk : kNotAnswered;
}

int execute(const Args& args) {
  auto question = question::load_question(args.question, args.all_settings());
  if (!question) return print_errors(question.error()), exit_code_for(args.question);
  print_kernel_note(study::kernel_notes(question->study));
  if (args.budget) question->effort.budget = *args.budget;
  const study::Plan plan(question->study);
  const study::Scenarios scenarios(plan);
  question::RunsOptions options;
  options.budget = question->effort.budget;
  options.threads = args.threads;
  options.stop = &stop_on_signals();
  std::unique_ptr<Keeper> keeper;
  if (!args.folder.empty()) {
    auto opened = open_folder(args);
    if (!opened) return print_errors(opened.error()), kNotWritten;
    keeper = std::move(*opened);
    options.before = &keeper->before;
    options.journal = keeper->journal.get();
  }
  Result<question::Answer> answer;
  std::unique_ptr<question::Runs> runs;
  {
    Progress progress(!args.no_progress);
    options.progress = [&](std::int64_t taken, std::int64_t budget) {
      progress.show(fmt::format("{} runs of at most {}", taken, budget));
    };
    runs = std::make_unique<question::Runs>(scenarios, std::move(options));
    answer = question::answer(*question, *runs);
  }
  if (!answer) {
    print_errors(answer.error());
    return keeper != nullptr && keeper->journal->problem() ? kNotWritten : kBadConfig;
  }
  return report(args, {*question, *answer, *runs}, keeper.get());
}

void describe(CLI::App& command, int& exit_code) {
  const auto args = std::make_shared<Args>();
  let_name_shipped(
      *command
           .add_option("QUESTION", args->question,
                       "question file (TOML), or the name of one that ships: kata-bracket")
           ->required(),
      "questions");
  command.add_option("--set", args->settings, "set a parameter of the question's scenario")
      ->take_all()
      ->type_name("KEY=VALUE");
  let_name_shipped(
      *command
           .add_option(
               "--machine", args->machine,
               "in place of the scenario's machine: a snapshot ('mhpsim snapshot') or another "
               "text in which a machine says what it is, or a machine file (TOML)")
           ->type_name("FILE"),
      "machines");
  command.add_option("--budget", args->budget, "runs at most (default: the question's)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->type_name("N");
  command.add_option("-j,--jobs", args->threads, "threads; the answer does not depend on them")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1024u))
      ->type_name("N");
  command
      .add_option("-o,--output", args->folder,
                  "folder for the answer, the study file and the runs that it rests on")
      ->type_name("DIR");
  command.add_flag("--resume", args->resume, "go on with the runs that the folder holds");
  add_json_option(command, args->json);
  add_progress_option(command, args->no_progress);
  command.footer(
      "Examples:\n"
      "  mhpsim plan configs/questions/kata-bracket.toml\n"
      "  mhpsim plan configs/questions/least-boot-memory.toml -o results/boot-memory\n"
      "  mhpsim plan configs/questions/break-even.toml --set kernel.memory_block_size=1GiB "
      "--json\n\n"
      "Exit codes: 0 answered, 8 if nothing meets the objectives or the budget does not determine\n"
      "the answer, 130 or 143 after a signal.");
  command.callback([args, &exit_code] { exit_code = execute(*args); });
}

}  // namespace
}  // namespace plan_command

void register_command_plan(CommandRegistry& registry) {
  registry.add(
      {"plan",
       "answer a question about a scenario by searching: least, largest, cheapest, break-even",
       plan_command::describe});
}

}  // namespace mhp::cli
