#include <array>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

/// "6.12.117+deb12-amd64": begins with two numbers.
bool is_release(std::string_view word) {
  const std::size_t point = word.find_first_not_of("0123456789");
  return point != word.npos && point > 0 && word[point] == '.' && word.size() > point + 1 &&
         word[point + 1] >= '0' && word[point + 1] <= '9' && word.size() < 128;
}

constexpr std::array<std::string_view, 6> kArchitectures{"x86_64", "aarch64", "ppc64le",
                                                         "ppc64",  "riscv64", "s390x"};

}  // namespace

// "Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) ..." or, of uname -a, "Linux host
// 6.1.0-18-amd64 #1 SMP ... x86_64 GNU/Linux".
Result<void> read_version(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  bool found = false;
  while (!found && scan.next_line()) {
    std::string_view rest = without_log_prefix(scan.line()).text;
    if (take_word(rest) != "Linux") continue;
    take_word(rest);  // "version", or what the machine is called
    std::string_view word = take_word(rest);
    if (!is_release(word)) continue;
    into.kernel_release = printable(word, 128);
    found = true;
    for (word = take_word(rest); !word.empty(); word = take_word(rest))
      for (const std::string_view arch : kArchitectures)
        if (word == arch) into.architecture = arch;
  }
  const auto read = scan.result(found, "/proc/version; it begins with \"Linux version\"");
  if (read) into.found.push_back({"release of the kernel", "/proc/version"});
  return read;
}

}  // namespace mhp::observed
