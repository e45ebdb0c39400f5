// Draws scenarios and looks whether what must hold of any holds of each: ./dev random.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "sim/tests/random/child.hpp"
#include "sim/tests/random/draw.hpp"
#include "sim/tests/random/shrink.hpp"

namespace mhp::random {
namespace {

struct Options {
  std::int64_t count = 100;
  std::uint64_t seed = 1;
  std::int64_t first = 0;
  int jobs = 1;
  int seconds = 60;
  std::int64_t relation = -1;
  std::string file;
  std::string folder = "random";
  bool print = false;
};

class Runner {
 public:
  explicit Runner(const Options& options) : options_(options) {}

  /// The exit code: 0 if all holds.
  int all();

 private:
  struct Running {
    std::int64_t number = 0;
    std::string log;
  };

  std::string log_name(std::int64_t n) const {
    return fmt::format("{}/{}.log", options_.folder, n);
  }
  void start(std::int64_t n);
  void wait();
  void found(std::int64_t n, const Ended& ended);

  Options options_;
  std::map<pid_t, Running> running_;
  std::map<Ended::Kind, std::int64_t> counts_;
  std::int64_t done_ = 0;
};

std::string configs() { return MHP_SOURCE_DIR "/configs"; }

void Runner::start(std::int64_t n) {
  const std::string text = draw(options_.seed, static_cast<std::uint64_t>(n), configs()).text();
  const std::string log = log_name(n);
  running_[begin(text, n, options_.seconds, log)] = {n, log};
}

void Runner::wait() {
  int status = 0;
  const pid_t child = waitpid(-1, &status, 0);
  const auto it = running_.find(child);
  if (it == running_.end()) return;
  const Running ran = it->second;
  running_.erase(it);
  const Ended ended = end_of(status, ran.log);
  std::filesystem::remove(ran.log);
  ++counts_[ended.kind];
  if (ended.kind == Ended::Kind::broken) found(ran.number, ended);
  if (ended.kind == Ended::Kind::unfinished)
    fmt::print("number {} takes more than {} s of a processor\n", ran.number, options_.seconds);
  if (++done_ % 100 == 0 || done_ == options_.count)
    fmt::print("{} of {}: {} hold, {} refused, {} broken, {} unfinished\n", done_, options_.count,
               counts_[Ended::Kind::holds], counts_[Ended::Kind::refused],
               counts_[Ended::Kind::broken], counts_[Ended::Kind::unfinished]);
  std::fflush(stdout);
}

void Runner::found(std::int64_t n, const Ended& ended) {
  const std::string fault = ended.fault();
  fmt::print("number {} of seed {}: {}\n", n, options_.seed, ended.text);
  const std::string log = log_name(n) + ".shrink";
  const Draft smallest =
      shrink(draw(options_.seed, static_cast<std::uint64_t>(n), configs()), [&](const Draft& less) {
        const Ended again = run_apart(less.text(), n, options_.seconds, log);
        return again.kind == Ended::Kind::broken && again.fault() == fault;
      });
  std::filesystem::remove(log);
  const std::string file =
      fmt::format("{}/seed-{}-number-{}.toml", options_.folder, options_.seed, n);
  std::ofstream(file) << smallest.text();
  fmt::print("  made smaller: {}\n  again: ./dev random --file {} --relation {}\n", file, file,
             n % std::ssize(relations()));
}

int Runner::all() {
  std::filesystem::create_directories(options_.folder);
  for (std::int64_t n = options_.first; n < options_.first + options_.count; ++n) {
    start(n);
    while (std::ssize(running_) >= options_.jobs) wait();
  }
  while (!running_.empty()) wait();
  return counts_[Ended::Kind::broken] == 0 && counts_[Ended::Kind::holds] > 0 ? 0 : 1;
}

/// In this process, so that a debugger may look on.
int one(const Options& options) {
  std::ifstream in(options.file);
  if (!in) {
    fmt::print(stderr, "{}: cannot be read\n", options.file);
    return 4;
  }
  const Verdict verdict = judge({std::istreambuf_iterator<char>(in), {}}, options.relation);
  fmt::print("{}{}\n",
             verdict.kind == Verdict::Kind::holds     ? "all holds"
             : verdict.kind == Verdict::Kind::refused ? "refused: "
                                                      : "broken: ",
             verdict.text);
  return verdict.kind == Verdict::Kind::broken ? 1 : 0;
}

int run(int argc, char** argv) {
  Options options;
  options.jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  CLI::App app("Draws scenarios and looks whether what must hold of any holds of each.");
  app.add_option("count", options.count, "scenarios to draw")->check(CLI::Range(1, 1'000'000'000));
  app.add_option("seed", options.seed, "of the draws");
  app.add_option("--first", options.first, "number of the first");
  app.add_option("-j,--jobs", options.jobs, "scenarios at once")->check(CLI::Range(1, 1024));
  app.add_option("--seconds", options.seconds, "of a processor that one may take");
  app.add_option("--folder", options.folder, "for scenarios that were found");
  app.add_option("--file", options.file, "look at this scenario and draw none");
  app.add_option("--relation", options.relation, "with --file: the one relation to look at");
  app.add_flag("--print", options.print,
               "print the scenario of number --first and do nothing else");
  CLI11_PARSE(app, argc, argv);
  if (options.print) {
    fmt::print("{}",
               draw(options.seed, static_cast<std::uint64_t>(options.first), configs()).text());
    return 0;
  }
  return options.file.empty() ? Runner(options).all() : one(options);
}

}  // namespace
}  // namespace mhp::random

int main(int argc, char** argv) { return mhp::random::run(argc, argv); }
