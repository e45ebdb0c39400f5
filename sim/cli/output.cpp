#include "sim/cli/output.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

#include "sim/cli/cli.hpp"
#include "sim/record/publication.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhp::cli {

namespace fs = std::filesystem;

namespace {

bool refuse(const std::string& path, const std::string& problem, const std::string& remedy) {
  print_errors({Diagnostic{{path, 0, 0}, problem, remedy}});
  return false;
}

/// The name in its folder, whatever way leads there: two paths that are the same write one file.
fs::path settled(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  const fs::path folder = fs::weakly_canonical(whole.parent_path(), error);
  return error ? whole.lexically_normal() : folder / whole.filename();
}

}  // namespace

bool are_different_files(const std::vector<std::pair<std::string, std::string>>& named) {
  for (auto a = named.begin(); a != named.end(); ++a)
    for (auto b = std::next(a); b != named.end(); ++b)
      if (!a->second.empty() && !b->second.empty() && settled(a->second) == settled(b->second))
        return refuse(b->second, fmt::format("{} and {} write the same file", a->first, b->first),
                      "give each a name of its own");
  return true;
}

bool replaces_none_of(const std::vector<std::string>& inputs, const std::string& option,
                      const std::string& output) {
  if (output.empty()) return true;
  for (const std::string& input : inputs) {
    std::error_code none;  // what is not there is no file that could be replaced
    if (!input.empty() &&
        (settled(input) == settled(output) || fs::equivalent(input, output, none)))
      return refuse(output, fmt::format("{} would replace what is read from {}", option, input),
                    "choose another name");
  }
  return true;
}

bool may_write_file(const std::string& path, bool force) {
  std::error_code ignored;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty() && !fs::is_directory(parent, ignored))
    return refuse(path, "the folder does not exist", "make it first");
  const fs::file_status target = fs::status(path, ignored);
  if (force && fs::exists(target) && !fs::is_regular_file(target))
    return refuse(path, "is not a regular file", "choose another name");
  if (!force && fs::exists(fs::symlink_status(path, ignored)))
    return refuse(path, "the file exists", "choose another name or give --force");
  return true;
}

bool prepare_directory(const std::string& path, bool force) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    return refuse(path, "this is not a folder", "choose another name");
  if (!force && fs::exists(path, error) && !fs::is_empty(path, error))
    return refuse(path, "the folder is not empty", "choose another name or give --force");
  fs::create_directories(path, error);
  if (error)
    return refuse(path, fmt::format("the folder cannot be made: {}", error.message()),
                  "choose a place you may write to");
  return true;
}

bool write_run(const config::Scenario& scenario, const run::RunResult& result,
               const std::string& path, bool force) {
  const auto written = record::write_file(run::run_content(scenario, result), path, force);
  if (!written) print_errors(written.error().diagnostics);
  return written.has_value();
}

int put_timeline(const std::vector<run::TracedRun>& runs, const std::string& path, bool force) {
  const auto text = run::trace_json(runs);
  if (!text) return print_errors(text.error()), kBadInput;
  for (const run::TracedRun& r : runs)
    if (const std::string missing = run::left_out(r.file); !missing.empty())
      fmt::print(stderr, "note: {}: {}\n", r.path, missing);
  if (path.empty()) return fmt::print("{}", *text), kOk;
  return write_text(*text, path, force) ? kOk : kNotWritten;
}

bool write_text(const std::string& text, const std::string& path, bool force) {
  record::SystemFileSink files;
  record::Publication publication(path, files);
  publication.write(std::as_bytes(std::span<const char>(text.data(), text.size())));
  publication.publish(force);
  const auto written = std::move(publication).outcome();
  if (!written) print_errors(written.error().diagnostics);
  return written.has_value();
}

}  // namespace mhp::cli
