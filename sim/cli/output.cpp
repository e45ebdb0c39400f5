#include "sim/cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "sim/cli/cli.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhp::cli {

namespace fs = std::filesystem;

namespace {

bool refuse(const std::string& path, const std::string& problem, const std::string& remedy) {
  print_errors({Diagnostic{{path, 0, 0}, problem, remedy}});
  return false;
}

}  // namespace

bool may_write_file(const std::string& path, bool force) {
  std::error_code ignored;
  const fs::path parent = fs::path(path).parent_path();
  if (!parent.empty() && !fs::is_directory(parent, ignored))
    return refuse(path, "the folder does not exist", "make it first");
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

bool write_text(const std::string& text, const std::string& path) {
  const std::string partial = path + ".partial";
  std::FILE* file = std::fopen(partial.c_str(), "wb");
  bool ok = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  ok = ok && std::fflush(file) == 0 && fsync(fileno(file)) == 0;
  const int why = errno;
  if (file != nullptr) ok = std::fclose(file) == 0 && ok;
  ok = ok && std::rename(partial.c_str(), path.c_str()) == 0;
  if (ok) return true;
  std::remove(partial.c_str());
  return refuse(path,
                fmt::format("{} bytes could not be written: {}", text.size(), std::strerror(why)),
                "free space or choose another place");
}

}  // namespace mhp::cli
