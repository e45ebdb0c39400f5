#include "sim/core/utf8.hpp"

#include <fmt/format.h>

namespace mhp {
namespace {

constexpr char32_t kByteOrderMark = 0xFEFF;

/// White space of Unicode outside ASCII, and blanks without width.
bool is_white_space(char32_t c) {
  return c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200F) || c == 0x202F || c == 0x205F ||
         c == 0x2060 || c == 0x3000;
}

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// Why a sequence of the right form stands for no character; null if it does. `code` is what its
/// bits say.
const char* wrong_code(char32_t code, std::size_t bytes) {
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[bytes]) return "an overlong form of UTF-8";
  if (code >= 0xD800 && code <= 0xDFFF) return "half of a surrogate pair, as UTF-16 has them";
  return code > 0x10FFFF ? "beyond U+10FFFF, the last character there is" : nullptr;
}

std::string bytes_text(std::string_view bytes) {
  std::string out = bytes.size() == 1 ? "byte" : "bytes";
  for (const char c : bytes) out += fmt::format(" 0x{:02x}", static_cast<unsigned char>(c));
  return out;
}

/// Walks over a text and finds what must not be in it.
class Check {
 public:
  Check(std::string_view text, const std::string& file) : text_(text), at_{file, 1, 1} {}

  std::optional<Diagnostic> run() {
    while (!text_.empty()) {
      const Utf8Char c = first_character(text_);
      if (c.wrong != nullptr) return not_utf8(c);
      if (c.code == kByteOrderMark && at_.line == 1 && at_.column == 1)
        return Diagnostic{at_, "the file begins with a byte order mark",
                          "save it as UTF-8 without one"};
      const bool line_end = c.code == '\n' || text_.substr(0, 2) == "\r\n";
      if (!line_end && c.code != '\t' && is_control(c.code)) return control(c.code);
      text_.remove_prefix(c.bytes);
      ++at_.column;
      if (c.code != '\n') continue;
      ++at_.line;
      at_.column = 1;
    }
    return std::nullopt;
  }

 private:
  Diagnostic not_utf8(const Utf8Char& c) const {
    return {at_, fmt::format("not UTF-8: {}: {}", bytes_text(text_.substr(0, c.bytes)), c.wrong),
            "save the file as UTF-8, or write \\u00b5 for a character in a string"};
  }
  Diagnostic control(char32_t c) const {
    const auto code = static_cast<std::uint32_t>(c);
    if (c == '\r')
      return {at_, "a carriage return without a line feed", "end lines with LF or CR LF"};
    if (c == 0) return {at_, "the character NUL, which no text holds", "take it out"};
    return {at_, fmt::format("the character U+{:04X}, which is not shown but obeyed", code),
            fmt::format("take it out, or write \\u{:04x} in a string of double quotes", code)};
  }

  std::string_view text_;
  Location at_;
};

}  // namespace

Utf8Char first_character(std::string_view text) {
  const unsigned char head = byte_at(text, 0);
  if (head < 0x80) return {head, 1, nullptr};
  if (head < 0xC0) return {0, 1, "it continues a character that was not begun"};
  if (head >= 0xF8) return {0, 1, "UTF-8 never has this byte"};
  const std::size_t bytes = head >= 0xF0 ? 4 : head >= 0xE0 ? 3 : 2;
  auto code = static_cast<char32_t>(head & (0x7FU >> bytes));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (i >= text.size() || (byte_at(text, i) & 0xC0U) != 0x80)
      return {0, i, "a character is cut short"};
    code = code << 6U | (byte_at(text, i) & 0x3FU);
  }
  return {code, bytes, wrong_code(code, bytes)};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = first_character(text);
    if (c.wrong != nullptr) return false;
    text.remove_prefix(c.bytes);
  }
  return true;
}

std::size_t characters_in(std::string_view text) {
  std::size_t n = 0;
  for (; !text.empty(); ++n) text.remove_prefix(first_character(text).bytes);
  return n;
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

bool is_shown(char32_t c) {
  const bool turns = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return !is_control(c) && !turns && c != 0x2028 && c != 0x2029 && c != kByteOrderMark;
}

std::string visible(std::string_view text, bool lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char c = first_character(text);
    const auto code = static_cast<std::uint32_t>(c.code);
    if (c.wrong != nullptr)
      for (std::size_t i = 0; i < c.bytes; ++i) out += fmt::format("\\x{:02x}", byte_at(text, i));
    else if (is_shown(c.code) || (lines && (c.code == '\n' || c.code == '\t')))
      out += text.substr(0, c.bytes);
    else
      out += code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
    text.remove_prefix(c.bytes);
  }
  return out;
}

bool is_word(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char c = first_character(text.substr(at));
    const bool digit = c.code >= '0' && c.code <= '9';
    const bool letter = (c.code >= 'a' && c.code <= 'z') || (c.code >= 'A' && c.code <= 'Z') ||
                        (c.code >= 0x80 && is_shown(c.code) && !is_white_space(c.code));
    if (c.wrong != nullptr || !(letter || (at > 0 && (digit || c.code == '_')))) return false;
    at += c.bytes;
  }
  return !text.empty();
}

std::optional<Diagnostic> text_fault(std::string_view text, const std::string& file) {
  return Check(text, file).run();
}

}  // namespace mhp
