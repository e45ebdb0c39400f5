#include "sim/study/sweep/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

#include "sim/record/file_sink.hpp"
#include "sim/record/publication.hpp"

namespace mhp::study {

namespace {

namespace fs = std::filesystem;

std::string message(int error) { return std::generic_category().message(error); }

/// "host NAME, process PID" of this process.
std::string this_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("host {}, process {}", host.data(), ::getpid());
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::string study_path(const std::string& folder) { return folder + "/study.toml"; }

Result<SweepFolder> SweepFolder::open(const std::string& path, const Shard& shard, bool resume) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    return fail({path, 0, 0}, "this is not a folder", "choose another name");
  fs::create_directories(path + "/runs", error);
  if (error)
    return fail({path, 0, 0}, fmt::format("the folder cannot be made: {}", error.message()),
                "choose a place you may write to");
  SweepFolder folder(path, shard);
  const bool whole = shard.count == 1;
  if (auto locked = folder.lock("sweep.lock", whole, folder.whole_); !locked)
    return tl::unexpected<Diagnostics>(locked.error());
  if (!whole)
    if (auto locked = folder.lock(shard_name(shard) + ".lock", true, folder.part_); !locked)
      return tl::unexpected<Diagnostics>(locked.error());
  const std::string journal = path + '/' + shard_name(shard) + ".journal";
  bool new_here = !fs::exists(journal, error);
  if (whole)
    for (const auto& entry : fs::directory_iterator(path, error))
      new_here = new_here && entry.path().extension() != ".journal";
  if (!new_here && !resume)
    return fail({path, 0, 0}, "the folder holds runs already",
                "give --resume to go on with them, or choose another folder");
  return folder;
}

SweepFolder::SweepFolder(SweepFolder&& other) noexcept
    : path_(std::move(other.path_)),
      shard_(other.shard_),
      whole_(std::exchange(other.whole_, -1)),
      part_(std::exchange(other.part_, -1)) {}

SweepFolder::~SweepFolder() {
  for (const int fd : {part_, whole_})
    if (fd >= 0) ::close(fd);  // which unlocks
}

Result<void> SweepFolder::lock(const std::string& file, bool exclusive, int& fd) const {
  const std::string path = path_ + '/' + file;
  if (const int error = record::open_own(path, O_RDWR, fd); error != 0)
    return fail({path, 0, 0}, fmt::format("cannot be made: {}", message(error)),
                error == ELOOP || error == EMLINK ? "it is a link: remove it" : "");
  if (::flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    const int why = errno;
    if (why != EWOULDBLOCK)
      return fail({path, 0, 0}, fmt::format("cannot be locked: {}", message(why)),
                  "choose a folder on a file system with locks");
    const std::string holder = text_of(path);
    return fail({path_, 0, 0},
                fmt::format("another sweep is at work there: {}",
                            holder.empty() ? "holder unknown" : holder),
                "wait for it, or end it");
  }
  // Only for the message above: who cannot write it still has the lock.
  const std::string me = this_process();
  if (::ftruncate(fd, 0) == 0) (void)!::pwrite(fd, me.data(), me.size(), 0);
  return {};
}

Result<void> SweepFolder::keep_study(const std::string& text) const {
  if (text_of(study_path(path_)) == text) return {};
  // Shards that begin together write the same, and whoever ends last gives it its name.
  record::SystemFileSink files;
  record::Publication publication(study_path(path_), files);
  publication.write(std::as_bytes(std::span<const char>(text.data(), text.size())));
  publication.publish(/*replace=*/true);
  if (auto done = std::move(publication).outcome(); !done)
    return tl::unexpected<Diagnostics>(done.error().diagnostics);
  return {};
}

}  // namespace mhp::study
