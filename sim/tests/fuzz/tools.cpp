#include "sim/tests/fuzz/tools.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/core/utf8.hpp"
#include "sim/tests/fuzz/target.hpp"

namespace mhp::fuzz {

void register_all_fuzz_targets(TargetRegistry& registry);

const TargetRegistry& targets() {
  static const TargetRegistry all = [] {
    TargetRegistry made;
    register_all_fuzz_targets(made);
    return made;
  }();
  return all;
}

std::vector<std::string> files_at(const std::string& path, std::string_view ending,
                                  std::size_t most) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(MHP_SOURCE_DIR) / path;
  std::vector<fs::path> paths;
  if (fs::is_directory(root)) {
    for (const auto& entry : fs::directory_iterator(root))
      if (entry.is_regular_file() && entry.path().string().ends_with(ending) &&
          entry.file_size() <= most)
        paths.push_back(entry.path());
  } else {
    paths.push_back(root);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const fs::path& p : paths) {
    std::ifstream in(p, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return texts;
}

std::vector<std::string> joined(std::vector<std::vector<std::string>> parts) {
  std::vector<std::string> all;
  for (auto& part : parts) std::move(part.begin(), part.end(), std::back_inserter(all));
  return all;
}

std::string as_file(const std::string& bytes) {
  static const int fd = ::memfd_create("input", MFD_CLOEXEC);
  MHP_INVARIANT(fd >= 0, "no file in memory");
  const auto size = static_cast<off_t>(bytes.size());
  const bool written = ::ftruncate(fd, 0) == 0 &&
                       ::pwrite(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(size);
  MHP_INVARIANT(written, "the file in memory takes no {} bytes", bytes.size());
  return fmt::format("/proc/self/fd/{}", fd);
}

void check(const Diagnostics& errors) {
  MHP_INVARIANT(!errors.empty(), "refused without a word");
  for (const Diagnostic& d : errors) {
    const std::string line = d.text();
    MHP_INVARIANT(!d.where.file.empty() && !d.problem.empty(), "no place or no words: '{}'", line);
    MHP_INVARIANT(line == visible(line, /*lines=*/true), "'{}' is not printable", visible(line));
  }
}

}  // namespace mhp::fuzz
