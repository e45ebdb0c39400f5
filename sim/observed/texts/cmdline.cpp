#include <utility>
#include <vector>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

/// The next option; blanks within double quotes do not end it (next_arg of lib/cmdline.c).
std::string_view take_option(std::string_view& rest) {
  bool quoted = false;
  std::size_t n = 0;
  for (; n < rest.size(); ++n) {
    if (rest[n] == '"') quoted = !quoted;
    if (rest[n] == ' ' && !quoted) break;
  }
  const std::string_view option = rest.substr(0, n);
  rest = trimmed(rest.substr(n));
  return option;
}

std::string unquoted(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != '"') out += c;
  return out;
}

}  // namespace

Result<void> read_cmdline(std::string_view text, const Location& at, Observed& into) {
  constexpr std::size_t kMostOptions = 4096;
  Scan scan(text, at);
  bool any = false;
  std::vector<BootOption> options;
  while (scan.next_line() && !any) {
    Line line = without_log_prefix(scan.line());
    std::string_view rest = line.text;
    // Of a kernel log: "Command line: BOOT_IMAGE=...", "Kernel command line: ...".
    if (!take(rest, "Kernel command line: ")) take(rest, "Command line: ");
    rest = trimmed(rest);
    while (!rest.empty() && options.size() < kMostOptions) {
      any = true;
      const std::string_view option = take_option(rest);
      const std::size_t equals = option.find('=');
      options.push_back(
          {unquoted(option.substr(0, equals)),
           equals == option.npos ? std::string() : unquoted(option.substr(equals + 1))});
    }
  }
  const auto read = scan.result(true, {});
  if (!read || !any) return read;
  into.cmdline = std::move(options);
  into.found.push_back({"boot options", "/proc/cmdline"});
  return read;
}

}  // namespace mhp::observed
