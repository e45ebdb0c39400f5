#include "sim/observed/texts/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "sim/core/utf8.hpp"

namespace mhp::observed {

namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view without_quoting(std::string_view text) {
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    // "> " and ">> ", and a "| " that some mailers use; "|" of lscpu's tables has no blank before
    // it.
    if (text.substr(0, 1) != ">" && text.substr(0, 2) != "| ") return text;
    text.remove_prefix(1);
  }
}

/// What stands in the brackets of printk: a time ("   12.345678", "Mon Jan  1 00:00:00 2024",
/// "  +0.000012"), or who printed ("  T123", "  C1").
bool is_log_bracket(std::string_view inside) {
  inside = trimmed(inside);
  if (inside.empty()) return false;
  const auto plain = [](char c) { return is_digit(c) || c == '.' || c == '+'; };
  if (std::all_of(inside.begin(), inside.end(), plain)) return inside.find('.') != inside.npos;
  if ((inside[0] == 'T' || inside[0] == 'C') && all_digits(inside.substr(1))) return true;
  const auto colons = std::count(inside.begin(), inside.end(), ':');
  const auto in_date = [](char c) {
    return is_digit(c) || is_letter(c) || c == ' ' || c == ':' || c == '.' || c == '-' || c == '+';
  };
  return colons >= 1 && std::all_of(inside.begin(), inside.end(), in_date) &&
         inside.find_first_of("0123456789") != inside.npos;
}

/// "2024-01-01T00:00:00,123456+00:00 " of dmesg --time-format iso.
void take_iso_time(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  const bool date = word.size() > 16 && all_digits(word.substr(0, 4)) && word[4] == '-' &&
                    word[7] == '-' && word[10] == 'T' && word[13] == ':';
  if (date) text.remove_prefix(std::min(word.size() + 1, text.size()));
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  std::string out;
  for (; !text.empty() && most > 0; --most) {
    const Utf8Char c = first_character(text);
    if (c.wrong == nullptr && is_shown(c.code))
      out += text.substr(0, c.bytes);
    else
      out += '?';
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> out;
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view whole = text.substr(begin, end - begin);
    const std::string_view content = trimmed(without_quoting(whole));
    out.push_back({content, ++number, static_cast<int>(content.data() - whole.data()) + 1});
    begin = end + 1;
  }
  return out;
}

Line without_log_prefix(Line line) {
  std::string_view text = line.text;
  // Syslog and journald: date, host and "kernel:" before the message.
  constexpr std::size_t kFarthest = 120;
  const std::size_t kernel = text.substr(0, kFarthest).find("kernel: ");
  if (kernel != text.npos && (kernel == 0 || text[kernel - 1] == ' '))
    text.remove_prefix(kernel + 8);
  // dmesg -x: "kern  :warn  : ".
  if (text.substr(0, 4) == "kern") {
    const std::size_t first = text.find(':');
    const std::size_t second = first == text.npos ? first : text.find(':', first + 1);
    if (second != text.npos && second < 20) text.remove_prefix(second + 1);
  }
  text = trimmed(text);
  take_iso_time(text);
  for (;;) {
    text = trimmed(text);
    const char close = text.substr(0, 1) == "<" ? '>' : ']';
    if (text.empty() || (text[0] != '<' && text[0] != '[')) break;
    const std::size_t end = text.find(close);
    if (end == text.npos) break;
    const std::string_view inside = text.substr(1, end - 1);
    if (close == '>' ? !all_digits(inside) : !is_log_bracket(inside)) break;
    text.remove_prefix(end + 1);
  }
  const int skipped = static_cast<int>(text.data() - line.text.data());
  return {text, line.number, line.column + skipped};
}

std::optional<std::int64_t> number_of(std::string_view text, std::int64_t most, int base) {
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (n > static_cast<std::uint64_t>(most)) return std::nullopt;
  return static_cast<std::int64_t>(n);
}

bool take(std::string_view& text, std::string_view start) {
  if (text.substr(0, start.size()) != start) return false;
  text.remove_prefix(start.size());
  return true;
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return word;
}

Scan::Scan(std::string_view text, const Location& at)
    : at_(at.file, std::max(at.line, 1), at.column), whole_(text.empty() || text.back() == '\n') {
  if (text.size() <= kMostText) {
    lines_ = lines_of(text);
    if (lines_.empty() || lines_.back().text != kBreaksOff) return;
    lines_.pop_back();
    whole_ = false;
    return;
  }
  failed_ = true;
  problems_.push_back({Location(at_.file, 0, 0), fmt::format("the text has {} bytes", text.size()),
                       fmt::format("at most {} MiB are read; cut out the part that matters",
                                   kMostText / static_cast<std::size_t>(kMiB))});
}

bool Scan::next_line() {
  if (failed_ || next_ == lines_.size()) return false;
  line_ = lines_[next_++];
  rest_ = line_.text;
  return true;
}

bool Scan::breaks_off() const { return !whole_ && next_ == lines_.size(); }

Location Scan::where(std::string_view part) const {
  const bool inside =
      part.data() >= line_.text.data() && part.data() <= line_.text.data() + line_.text.size();
  const std::size_t bytes = inside ? static_cast<std::size_t>(part.data() - line_.text.data()) : 0;
  const auto skipped = static_cast<int>(characters_in(line_.text.substr(0, bytes)));
  return Location(at_.file, at_.line + line_.number - 1, line_.column + skipped);
}

void Scan::fail(std::string_view part, std::string problem, std::string remedy) {
  if (!failed_ && !breaks_off())
    problems_.push_back({where(part), std::move(problem), std::move(remedy)});
  failed_ = true;
}

std::int64_t Scan::number(std::string_view what, std::int64_t most) {
  return number(word(), what, most);
}

std::int64_t Scan::number(std::string_view word, std::string_view what, std::int64_t most,
                          int base) {
  if (const auto n = number_of(word, most, base)) return *n;
  const std::string shown = printable(word);
  const auto digit = [&](char c) {
    return is_digit(c) || (base == 16 && std::isxdigit(static_cast<unsigned char>(c)) != 0);
  };
  if (word.empty())
    fail(word, fmt::format("{}: the line ends before its number", what));
  else if (std::all_of(word.begin(), word.end(), digit))
    fail(word, fmt::format("{}: {} is too much", what, shown),
         base == 16 ? fmt::format("at most {:x}", most) : fmt::format("at most {}", most));
  else
    fail(word, fmt::format("{}: '{}' is no number", what, shown));
  return 0;
}

Result<void> Scan::result() const {
  if (!problems_.empty()) return tl::unexpected<Diagnostics>(problems_);
  return {};
}

Result<void> Scan::result(bool found, std::string_view what) const {
  if (!problems_.empty() || found) return result();
  return mhp::fail(Location(at_.file, at_.line, 0), fmt::format("this is no {}", what));
}

}  // namespace mhp::observed
