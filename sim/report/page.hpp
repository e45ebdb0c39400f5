#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"

namespace mhp::report {

/// A file of sim/report/page, as it was when the program was built.
struct PageFile {
  std::string_view name;
  std::string_view text;
};

/// All of them, by name (generated when the program is built).
std::span<const PageFile> page_files();

/// Where Debian's package libjs-vega has the library that draws.
inline constexpr const char* kVega = "/usr/share/javascript/vega";

/// Its parts, from the files of a folder, each as a function of the page's `vegaParts`, from which
/// vega_parts.js makes the library. The error says which package has them.
Result<std::string> read_vega(const std::string& folder);

/// A report as one HTML file that needs no other: page.html with the title, style sheets, scripts
/// and the document put in. Neither title nor document can end the element that they stand in,
/// whatever they hold. The bytes depend on the arguments alone.
std::string page_of(std::string_view title, std::string_view document, std::string_view vega);

/// JSON in which nothing means anything to HTML: <, >, &, U+2028 and U+2029 are escaped.
std::string inert_json(std::string_view json);

}  // namespace mhp::report
