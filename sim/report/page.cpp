#include "sim/report/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "sim/core/invariant.hpp"
#include "sim/core/read_file.hpp"

namespace mhp::report {

namespace {

constexpr std::size_t kMostOfPart = std::size_t{4} << 20;

/// The parts of Vega that the page needs, each after those that it needs itself.
constexpr std::array kVegaParts{"vega-util",       "vega-time",           "vega-format",
                                "vega-loader",     "vega-dataflow",       "vega-statistics",
                                "vega-canvas",     "vega-scale",          "vega-scenegraph",
                                "vega-expression", "vega-event-selector", "vega-selection",
                                "vega-functions",  "vega-runtime",        "vega-parser",
                                "vega-view",       "vega-transforms",     "vega-view-transforms",
                                "vega-encode",     "vega-interpreter"};

std::string escaped_html(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

bool starts_with_word(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

/// A script that cannot end its element: in texts and regular expressions of JavaScript \x3c is <,
/// and nowhere else does a script have what is escaped here.
std::string inert_script(std::string_view script) {
  std::string out;
  for (std::size_t i = 0; i < script.size(); ++i) {
    const std::string_view rest = script.substr(i);
    const bool ends = starts_with_word(rest, "</script") || rest.starts_with("<!--");
    out += ends ? std::string("\\x3c") : std::string(1, script[i]);
  }
  return out;
}

/// All files of one kind, in the order of their names.
std::string all_files(std::string_view ending) {
  std::string out;
  for (const PageFile& f : page_files())
    if (f.name.ends_with(ending)) out += std::string(f.text) + '\n';
  return out;
}

std::string_view frame() {
  for (const PageFile& f : page_files())
    if (f.name == "page.html") return f.text;
  return {};
}

}  // namespace

std::string inert_json(std::string_view json) {
  std::string out;
  out.reserve(json.size() + json.size() / 16);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '<')
      out += "\\u003c";
    else if (c == '>')
      out += "\\u003e";
    else if (c == '&')
      out += "\\u0026";
    else if (json.substr(i, 3) == "\xe2\x80\xa8" || json.substr(i, 3) == "\xe2\x80\xa9") {
      out += json[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> read_vega(const std::string& folder) {
  std::string out;
  for (const char* part : kVegaParts) {
    const std::string path = fmt::format("{}/{}.min.js", folder, part);
    auto text = read_file_text(path, kMostOfPart);
    if (text && (text->empty() || text->size() > kMostOfPart))
      text = fail({path, 0, 0}, "is no part of Vega");
    if (!text)
      return fail({path, 0, 0}, text.error().front().problem,
                  "the package libjs-vega has it: apt install libjs-vega; --vega names the folder "
                  "of another copy");
    // Its last line names a file for debuggers, which no browser shall ask for.
    text->erase(std::min(text->size(), text->rfind("//# sourceMappingURL=")));
    out += fmt::format("vegaParts[\"{}\"] = function (exports, require, module) {{\n{}\n}};\n",
                       part, *text);
  }
  return out;
}

std::string page_of(std::string_view title, std::string_view document, std::string_view vega) {
  std::string out;
  std::string_view rest = frame();
  MHP_INVARIANT(!rest.empty(), "the program was built without page.html");
  for (;;) {
    const std::size_t open = rest.find("{{");
    out += rest.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = rest.find("}}", open);
    const std::string_view marker = rest.substr(open, close - open);
    if (marker == "{{title")
      out += escaped_html(title);
    else if (marker == "{{style")
      out += all_files(".css");
    else if (marker == "{{data")
      out += inert_json(document);
    else if (marker == "{{vega")
      out += inert_script(vega);
    else if (marker == "{{script")
      out += inert_script(all_files(".js"));
    else
      MHP_INVARIANT(false, "page.html has the unknown marker {}", marker);
    rest.remove_prefix(close + 2);
  }
}

}  // namespace mhp::report
