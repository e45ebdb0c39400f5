#include "sim/config/toml_guard.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "sim/config/toml_source.hpp"
#include "sim/core/utf8.hpp"

namespace mhp::config {
namespace {

/// Walks over TOML text, which is UTF-8, just closely enough to tell strings and comments from
/// structure. Decides how deep the text nests and whether its strings end; not whether it is valid
/// beyond that.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& file) : text_(text), at_{file, 1, 1} {}

  std::optional<Diagnostic> scan() {
    while (!problem_ && pos_ < text_.size()) {
      const char c = text_[pos_];
      if (c == '#')
        skip_comment();
      else if (c == '"' || c == '\'')
        skip_string(c);
      else
        structure(c);
    }
    return problem_;
  }

 private:
  /// Takes one byte and counts lines and columns; a character of several bytes is one column.
  void take() {
    const auto byte = static_cast<unsigned char>(text_[pos_]);
    ++pos_;
    if (pos_ == text_.size() || (static_cast<unsigned char>(text_[pos_]) & 0xC0U) != 0x80)
      ++at_.column;
    if (byte == '\n') {
      ++at_.line;
      at_.column = 1;
    }
  }

  bool follows(std::string_view what) const { return text_.substr(pos_, what.size()) == what; }

  void skip_comment() {
    while (pos_ < text_.size() && text_[pos_] != '\n') take();
  }

  void skip_string(char quote) {
    const Location begin = at_;
    const std::string triple(3, quote);
    const bool multi_line = follows(triple);
    for (int i = 0; i < (multi_line ? 3 : 1); ++i) take();
    while (pos_ < text_.size()) {
      const char c = text_[pos_];
      if (multi_line ? follows(triple) : c == quote) break;
      if (c == '\\' && quote == '"' && pos_ + 1 < text_.size() &&
          (multi_line || text_[pos_ + 1] != '\n'))
        take();
      if (!multi_line && text_[pos_] == '\n')
        return no_end(begin, std::string(1, quote), " on the same line");
      take();
    }
    if (pos_ == text_.size()) return no_end(begin, multi_line ? triple : std::string(1, quote), "");
    // A multi-line string may end in up to two quotes of its own.
    for (int i = 0; i < (multi_line ? 5 : 1) && pos_ < text_.size() && text_[pos_] == quote; ++i)
      take();
  }

  void no_end(const Location& begin, const std::string& quotes, const char* where) {
    problem_ = {begin, "the text that begins here has no end",
                fmt::format("put {} behind its last word{}", quotes, where)};
  }

  void structure(char c) {
    if (static_cast<unsigned char>(c) > 0x7f && !problem_) {
      const auto bytes = first_character(text_.substr(pos_)).bytes;
      problem_ = {at_, fmt::format("'{}' stands outside of quotes", text_.substr(pos_, bytes)),
                  "texts, and keys of other than A-Z, a-z, 0-9, _ and -, stand in quotes"};
    }
    if (c == '[' || c == '{') ++brackets_;
    if (c == ']' || c == '}') --brackets_;
    const bool within_key = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ' ' ||
                            c == '\t' || c == '.';
    if (c == '.') ++dots_;
    if (!within_key) dots_ = 0;
    if ((brackets_ > kMaxTomlDepth || dots_ >= kMaxTomlDepth) && !problem_)
      problem_ = {at_, fmt::format("nested more than {} levels deep", kMaxTomlDepth), {}};
    take();
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  Location at_;
  int brackets_ = 0;
  int dots_ = 0;
  std::optional<Diagnostic> problem_;
};

}  // namespace

std::optional<Diagnostic> guard_toml(std::string_view text, const std::string& file) {
  if (text.size() > kMaxTomlBytes)
    return Diagnostic{{file, 0, 0},
                      fmt::format("{} bytes are too many for a configuration", text.size()),
                      fmt::format("at most {} are read", kMaxTomlBytes)};
  if (std::optional<Diagnostic> fault = text_fault(text, file)) return fault;
  return Scanner(text, file).scan();
}

}  // namespace mhp::config
