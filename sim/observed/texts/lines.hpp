#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"

namespace mhp::observed {

/// Longest text that is read: the zoneinfo of 1,000 CPUs is 2 MiB, a day of kernel log less than
/// this.
inline constexpr std::size_t kMostText = 16 * kMiB;
/// What physical addresses can say at most (x86-64: 52 bits).
inline constexpr std::int64_t kMostBytes = std::int64_t{1} << 52;
/// As many nodes and CPUs as Linux can be built for (CONFIG_NODES_SHIFT = 10, CONFIG_NR_CPUS =
/// 8192).
inline constexpr std::int64_t kMostNodes = 1024;
inline constexpr std::int64_t kMostCpus = 8192;

/// The last line of a text that ends within the line before it, in a file where others follow.
inline constexpr std::string_view kBreaksOff = "[breaks off]";

/// A line as the program wrote that somebody pasted from, without what came over it on its way:
/// quoting of mails, indentation, the end of the line.
struct Line {
  std::string_view text;
  int number = 0;  ///< in the file, from 1
  int column = 0;  ///< where `text` begins in the file's line, from 1
};

/// The lines of a text, empty ones too.
std::vector<Line> lines_of(std::string_view text);

/// A line of a kernel log without what printk, dmesg, syslog or journald put in front of the
/// message: "Jan  1 00:00:00 host kernel: [  12.345678][  T123] ", "<4>[Mon Jan  1 00:00:00 2024]
/// ".
Line without_log_prefix(Line line);

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits of `text` in base 10 or 16 as a number; nothing if it is something else or more than
/// `most`.
std::optional<std::int64_t> number_of(std::string_view text, std::int64_t most, int base = 10);

/// Whether `text` begins with `start`, which is taken off it.
bool take(std::string_view& text, std::string_view start);
/// The first word of `text`, taken off it with the white space around it; empty if there is none.
std::string_view take_word(std::string_view& text);
/// The first `most` characters of a text for a message: what a terminal would not show, or is no
/// UTF-8, is a question mark.
std::string printable(std::string_view text, std::size_t most = 40);
/// `text` without white space at its ends.
std::string_view trimmed(std::string_view text);

/// Passes through a text line by line and word by word; remembers the first thing that was wrong,
/// and where, and is at its end from then on. A text that breaks off in a line is no error.
class Scan {
 public:
  /// `at`: where the text begins, in a file that holds several.
  Scan(std::string_view text, const Location& at);

  /// Goes to the next line; false behind the last one or a failure.
  bool next_line();
  const Line& line() const { return line_; }
  /// What of the line is not read yet.
  std::string_view rest() const { return rest_; }
  /// Goes to a place in the line, which `rest` is the end of.
  void go_on(std::string_view rest) { rest_ = rest; }
  bool take(std::string_view start) { return observed::take(rest_, start); }
  std::string_view word() { return take_word(rest_); }
  /// The next word as a decimal number up to `most`; 0 after a failure, which names `what`.
  std::int64_t number(std::string_view what, std::int64_t most);
  /// A word of this line as a number.
  std::int64_t number(std::string_view word, std::string_view what, std::int64_t most,
                      int base = 10);
  /// Where a part of this line stands.
  Location where(std::string_view part) const;
  void fail(std::string_view part, std::string problem, std::string remedy = {});

  bool failed() const { return failed_; }
  /// Nothing, or what was wrong.
  Result<void> result() const;
  /// The same; a text in which `found` is false is no text of this kind.
  Result<void> result(bool found, std::string_view what) const;

 private:
  bool breaks_off() const;

  Location at_;
  std::vector<Line> lines_;
  std::size_t next_ = 0;
  bool whole_ = true;  ///< the last line has its end
  Line line_;
  std::string_view rest_;
  bool failed_ = false;
  Diagnostics problems_;
};

}  // namespace mhp::observed
