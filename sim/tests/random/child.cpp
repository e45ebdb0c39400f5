#include "sim/tests/random/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace mhp::random {
namespace {

constexpr int kHolds = 0, kRefused = 3, kBroken = 1;

[[noreturn]] void judge_and_exit(const std::string& text, std::int64_t relation) {
  const Verdict verdict = judge(text, relation);
  fmt::print("{}\n", verdict.text);
  std::fflush(nullptr);
  std::_Exit(verdict.kind == Verdict::Kind::holds     ? kHolds
             : verdict.kind == Verdict::Kind::refused ? kRefused
                                                      : kBroken);
}

}  // namespace

std::string Ended::fault() const {
  static const std::regex place(R"(\s+at (\S+):\d+)");
  static const std::regex error(R"((SUMMARY: .*|.*runtime error: .*))");
  std::smatch found;
  if (std::regex_search(text, found, place)) return found[1];
  if (std::regex_search(text, found, error)) return found[1];
  return text.substr(0, text.find(':'));
}

pid_t begin(const std::string& text, std::int64_t relation, int seconds, const std::string& log) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process can be started");
  if (child > 0) return child;
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  const auto limit = static_cast<rlim_t>(seconds);
  const rlimit cpu{limit, limit + 1};
  setrlimit(RLIMIT_CPU, &cpu);
  judge_and_exit(text, relation);
}

Ended end_of(int status, const std::string& log) {
  std::ifstream in(log);
  std::string said{std::istreambuf_iterator<char>(in), {}};
  while (said.ends_with('\n')) said.pop_back();
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    if (signal == SIGXCPU || signal == SIGKILL) return {Ended::Kind::unfinished, said};
    return {Ended::Kind::broken, fmt::format("signal {}: {}", signal, said)};
  }
  switch (WEXITSTATUS(status)) {
    case kHolds:
      return {Ended::Kind::holds, said};
    case kRefused:
      return {Ended::Kind::refused, said};
    case kBroken:
      return {Ended::Kind::broken, said};
    default:
      return {Ended::Kind::broken, fmt::format("exit {}: {}", WEXITSTATUS(status), said)};
  }
}

Ended run_apart(const std::string& text, std::int64_t relation, int seconds,
                const std::string& log) {
  int status = 0;
  waitpid(begin(text, relation, seconds, log), &status, 0);
  return end_of(status, log);
}

}  // namespace mhp::random
