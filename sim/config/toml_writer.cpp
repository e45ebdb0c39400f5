#include "sim/config/toml_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "sim/core/utf8.hpp"

namespace mhp::config {

namespace {

std::string quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Utf8Char c = first_character(text);
    switch (c.code) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (c.wrong == nullptr && is_control(c.code))
          out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c.code));
        else
          out += text.substr(0, c.bytes);
    }
    text.remove_prefix(c.bytes);
  }
  return out + '"';
}

std::string key_text(const std::string& key) {
  const auto bare = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !key.empty() && std::all_of(key.begin(), key.end(), bare) ? key : quote(key);
}

bool is_table_array(const Value& v) {
  const auto* a = v.array();
  return a != nullptr && !a->empty() &&
         std::all_of(a->begin(), a->end(), [](const Value& e) { return e.table() != nullptr; });
}

std::string inline_text(const Value& v) {
  if (const auto* s = v.string()) return quote(*s);
  if (const auto* i = std::get_if<std::int64_t>(&v.data)) return fmt::to_string(*i);
  if (const auto* a = v.amount()) return quote(a->text());
  if (const auto* b = std::get_if<bool>(&v.data)) return *b ? "true" : "false";
  if (const auto* d = std::get_if<double>(&v.data)) {
    std::string text = fmt::format("{}", *d);
    return text.find_first_of(".einf") == std::string::npos ? text + ".0" : text;
  }
  std::string out;
  if (const auto* a = v.array()) {
    for (const Value& e : *a)
      out += (out.empty() ? std::string() : std::string(", ")) + inline_text(e);
    return "[" + out + "]";
  }
  for (const auto& m : *v.table())
    out += (out.empty() ? std::string() : std::string(", ")) + key_text(m.key) + " = " +
           inline_text(m.value);
  return "{" + out + "}";
}

void write_table(const Value::Table& table, const std::string& path, std::string& out) {
  for (const auto& m : table)
    if (m.value.table() == nullptr && !is_table_array(m.value))
      out += fmt::format("{} = {}\n", key_text(m.key), inline_text(m.value));
  for (const auto& m : table) {
    const Value& v = m.value;
    const std::string below = path.empty() ? key_text(m.key) : path + '.' + key_text(m.key);
    if (v.table() != nullptr) {
      out += fmt::format("\n[{}]\n", below);
      write_table(*v.table(), below, out);
    } else if (is_table_array(v)) {
      for (const Value& element : *v.array()) {
        out += fmt::format("\n[[{}]]\n", below);
        write_table(*element.table(), below, out);
      }
    }
  }
}

}  // namespace

std::string to_toml(const Value& root) {
  std::string out;
  if (root.table() != nullptr) write_table(*root.table(), "", out);
  return out;
}

}  // namespace mhp::config
