#include "sim/observed/snapshot_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mhp::observed {

namespace {

constexpr std::string_view kBefore = "==> ";
constexpr std::string_view kAfter = " <==";

/// The next line of a text, without its end; what is left follows.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

const SnapshotSection* SnapshotFile::find(std::string_view path) const {
  const auto it = std::find_if(sections.begin(), sections.end(),
                               [&](const SnapshotSection& s) { return s.path == path; });
  return it == sections.end() ? nullptr : &*it;
}

bool is_snapshot(std::string_view text) { return text.starts_with("mhpsim snapshot"); }

Result<SnapshotFile> parse_snapshot(std::string_view text, const std::string& name) {
  SnapshotFile file;
  file.name = name;
  if (take_line(text) != kSnapshotTitle)
    return fail({name, 1, 1}, "this is no snapshot that can be read",
                fmt::format("its first line is '{}'", kSnapshotTitle));
  for (int line = 2; !text.empty(); ++line) {
    const std::string_view at = take_line(text);
    if (at.find('\0') != std::string_view::npos)
      return fail({name, line, static_cast<int>(at.find('\0')) + 1},
                  "there is a byte 0 in the text", "a snapshot is plain text");
    if (at.starts_with("==>")) {
      const bool whole = at.starts_with(kBefore) && at.ends_with(kAfter) &&
                         at.size() > kBefore.size() + kAfter.size();
      if (!whole)
        return fail({name, line, 1}, "this is no head of a section", "'==> /proc/zoneinfo <=='");
      std::string path(at.substr(kBefore.size(), at.size() - kBefore.size() - kAfter.size()));
      if (file.find(path) != nullptr)
        return fail({name, line, 1}, fmt::format("{} is there twice", path), "keep one of them");
      file.sections.push_back({std::move(path), "", line + 1});
    } else if (file.sections.empty()) {
      if (at.starts_with("# "))
        file.notes.emplace_back(at.substr(2));
      else if (!at.empty() && at != "#")
        return fail({name, line, 1}, "this line stands before all sections",
                    "what is for people begins with '# '");
    } else {
      file.sections.back().text += at;
      file.sections.back().text += '\n';
    }
  }
  // An empty line stands between sections.
  for (SnapshotSection& s : file.sections)
    while (s.text.ends_with("\n\n")) s.text.pop_back();
  for (SnapshotSection& s : file.sections)
    if (s.text == "\n") s.text.clear();
  if (file.sections.empty())
    return fail({name, 0, 0}, "the snapshot has no section", "take it again: mhpsim snapshot");
  return file;
}

std::string write_snapshot(const SnapshotFile& file) {
  std::string out(kSnapshotTitle);
  out += '\n';
  for (const std::string& note : file.notes) out += "# " + note + "\n";
  for (const SnapshotSection& s : file.sections) {
    out += fmt::format("\n{}{}{}\n{}", kBefore, s.path, kAfter, s.text);
    if (!s.text.empty() && !s.text.ends_with('\n')) out += '\n';
  }
  return out;
}

}  // namespace mhp::observed
