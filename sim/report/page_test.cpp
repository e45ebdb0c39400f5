#include "sim/report/page.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/core/scratch_folder.hpp"
#include "sim/report/document.hpp"

namespace mhp::report {
namespace {

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

TEST(Page, every_marker_of_the_frame_is_there_once_and_nowhere_else) {
  for (const PageFile& f : page_files())
    for (const char* marker : {"{{title}}", "{{style}}", "{{data}}", "{{vega}}", "{{script}}"})
      EXPECT_EQ(count(f.text, marker), f.name == "page.html" ? 1u : 0u) << f.name << marker;
}

TEST(Page, style_sheets_do_not_end_their_element) {
  for (const PageFile& f : page_files())
    EXPECT_EQ(f.name.ends_with(".css") ? count(f.text, "</") : 0u, 0u) << f.name;
}

TEST(Page, names_cannot_break_out) {
  const std::string name = "</script><script>alert(1)</script><!--&\"'\xe2\x80\xa8\xe2\x80\xa9";
  const nlohmann::ordered_json document{{"schema", kSchema}, {"title", name}};
  const std::string plain = page_of("plain", "{}", "var vega;");
  const std::string text = text_of(document);
  const std::string hostile = page_of(name, text, "var vega = '</SCRIPT><!--';");
  for (const char* tag : {"<script", "</script", "<!--", "</title"})
    EXPECT_EQ(count(lower(hostile), tag), count(lower(plain), tag)) << tag;
  EXPECT_EQ(inert_json(text).find_first_of("<>&"), std::string::npos);
  EXPECT_EQ(nlohmann::ordered_json::parse(inert_json(text)), document) << "and nothing is lost";
}

TEST(Page, separators_of_lines_are_escaped) {
  EXPECT_EQ(inert_json("\"\xe2\x80\xa8\xe2\x80\xa9<\""), "\"\\u2028\\u2029\\u003c\"");
  EXPECT_EQ(inert_json("\"\xe2\x80\xa6\""), "\"\xe2\x80\xa6\"");
}

TEST(Page, bytes_that_are_no_text_do_not_stop_it) {
  EXPECT_EQ(text_of(nlohmann::ordered_json{{"title", "\xff"}}), "{\"title\":\"\\ufffd\"}");
}

TEST(Page, a_missing_library_names_its_package) {
  const ScratchFolder folder;
  const auto text = read_vega(folder.path());
  ASSERT_FALSE(text.has_value());
  ASSERT_EQ(text.error().size(), 1u);
  EXPECT_NE(text.error()[0].text().find("libjs-vega"), std::string::npos);
}

}  // namespace
}  // namespace mhp::report
