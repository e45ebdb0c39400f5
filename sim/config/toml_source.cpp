#include "sim/config/toml_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/config/toml_guard.hpp"
#include "sim/core/read_file.hpp"

// toml++ 3.3.0 as headers, never the shared library, so that these settings hold. Some malformed
// input (an opening bracket at the end of a line) fails its internal assertions although the parser
// goes on to report it properly. With NDEBUG the assertions become assumptions, which is undefined
// behaviour for such input, so they are made to do nothing. Bytes outside ASCII reach code that is
// marked unreachable: guard_toml() refuses them first.
#undef NDEBUG
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

namespace mhp::config {
namespace {

Location location(const toml::source_region& region, const std::string& file) {
  return {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

/// Turns toml++'s tree into ours. Decides which TOML types a configuration may use.
class Converter {
 public:
  Converter(const std::string& file, Diagnostics& errors) : file_(file), errors_(errors) {}

  Value convert(const toml::node& node, int depth) {
    Value value{{}, location(node.source(), file_)};
    if (depth > 2 * kMaxTomlDepth) {
      errors_.push_back(
          {value.where, fmt::format("nested more than {} levels deep", 2 * kMaxTomlDepth), {}});
    } else if (const toml::table* table = node.as_table()) {
      value.data = convert_table(*table, depth);
    } else if (const toml::array* array = node.as_array()) {
      Value::Array elements;
      for (const toml::node& element : *array) elements.push_back(convert(element, depth + 1));
      value.data = std::move(elements);
    } else if (const auto* text = node.as_string()) {
      value.data = text->get();
    } else if (const auto* integer = node.as_integer()) {
      value.data = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
      value.data = number->get();
    } else if (const auto* flag = node.as_boolean()) {
      value.data = flag->get();
    } else {
      errors_.push_back({value.where, "dates and times of day have no meaning here",
                         "put it in quotes if it is a text"});
    }
    return value;
  }

 private:
  Value::Table convert_table(const toml::table& table, int depth) {
    Value::Table members;
    for (const auto& [key, node] : table)
      members.push_back(
          {std::string(key.str()), convert(node, depth + 1), location(key.source(), file_)});
    // toml++ sorts by name; the order of the file is the order of the keys' places.
    std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
      return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
    return members;
  }

  const std::string& file_;
  Diagnostics& errors_;
};

/// toml++ says "Error while parsing X: reason": one sentence in our style of it.
std::string reworded(std::string_view description) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  if (description.substr(0, kPrefix.size()) == kPrefix) description.remove_prefix(kPrefix.size());
  std::string text = "not valid TOML: ";
  for (const char c : description) text += c == '\n' || c == '\r' ? ' ' : c;
  return text;
}

/// The usual reason for what toml++ found: an amount such as 64GiB without quotes.
std::string remedy_for(std::string_view description) {
  const bool after_digits = description.find("expected digit") != std::string_view::npos ||
                            description.find("expected a comment") != std::string_view::npos;
  return after_digits ? "texts and amounts with a unit stand in quotes, as in \"64GiB\"" : "";
}

}  // namespace

Result<Value> parse_toml(std::string_view text, const std::string& file) {
  if (std::optional<Diagnostic> problem = guard_toml(text, file))
    return tl::unexpected<Diagnostics>(Diagnostics{std::move(*problem)});
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed)
    return fail(location(parsed.error().source(), file), reworded(parsed.error().description()),
                remedy_for(parsed.error().description()));
  Diagnostics errors;
  Value root = Converter(file, errors).convert(parsed.table(), 0);
  root.where = {file, 0, 0};
  if (!errors.empty()) return tl::unexpected<Diagnostics>(std::move(errors));
  return root;
}

// One byte more than allowed is enough to be refused as too large.
Result<std::string> read_text(const std::string& path) {
  return read_file_text(path, kMaxTomlBytes);
}

Result<Value> load_toml(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return tl::unexpected<Diagnostics>(text.error());
  return parse_toml(*text, path);
}

}  // namespace mhp::config
