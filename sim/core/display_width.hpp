#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mhp {

/// The columns that a text takes on a terminal: two for each wide character of East Asia and each
/// emoji, none for what joins the character before it, one for any other. It is a sum over code
/// points: sequences that a terminal draws as one sign (flags, families) count what they consist
/// of. Depends on no locale.
std::size_t display_width(std::string_view text);

/// A text with blanks behind it, or before it, up to a number of columns.
std::string padded(std::string_view text, std::size_t width);
std::string padded_left(std::string_view text, std::size_t width);

}  // namespace mhp
