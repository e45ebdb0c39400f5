#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"

namespace mhp {

/// What stands at the beginning of a text: a character, or bytes that are none.
struct Utf8Char {
  char32_t code = 0;
  std::size_t bytes = 1;  ///< that it takes; of bytes that are none, those that belong together
  const char* wrong = nullptr;  ///< why they are no character
};

/// The first character of a text that is not empty, by RFC 3629: no overlong forms, no surrogates,
/// nothing beyond U+10FFFF.
Utf8Char first_character(std::string_view text);

/// Whether a text is UTF-8 from its beginning to its end.
bool is_utf8(std::string_view text);

/// The number of characters (code points) of a text; bytes that belong to none count one each run.
std::size_t characters_in(std::string_view text);

/// Whether a character is a control: C0, DEL or C1.
bool is_control(char32_t c);

/// Whether a terminal shows a character as it is, and obeys or hides it not: it is no control, no
/// embedding, override or isolate of direction, no separator of lines, no byte order mark.
bool is_shown(char32_t c);

/// A text as it may be printed: what is not is_shown(), and bytes that are no UTF-8, stand there as
/// \x1b, \u202e; with `lines`, ends of lines and tabs stay.
std::string visible(std::string_view text, bool lines = false);

/// Whether a text can name an axis or an array of a result file: letters, digits and _, with a
/// letter first. What is no ASCII counts as a letter, unless it is white space or not is_shown().
bool is_word(std::string_view text);

/// The first thing in a text that no file of ours may hold: bytes that are no UTF-8, a byte order
/// mark, a control character other than tab and the ends of lines (LF, CR LF). Its place has the
/// line and the column in characters.
std::optional<Diagnostic> text_fault(std::string_view text, const std::string& file);

}  // namespace mhp
