#include "sim/cli/stopping.hpp"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <string_view>

namespace mhp::cli {

namespace {

std::atomic<int> asked{0};
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers may use it");

void stop_on(int signal) {
  asked = signal;
  std::signal(signal, SIG_DFL);
}

}  // namespace

const std::atomic<int>& stop_on_signals() {
  std::signal(SIGINT, stop_on);
  std::signal(SIGTERM, stop_on);
  return asked;
}

int stop_signal() { return asked; }

std::string shell_quoted(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("._-/=,:+").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace mhp::cli
