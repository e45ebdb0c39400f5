#pragma once

#include <string>

#include "sim/core/diagnostic.hpp"
#include "sim/study/sweep/sweep.hpp"

namespace mhp::study {

/// The folder of a sweep, held for one shard against every other writer of the same runs until it
/// goes. It has study.toml, and for each shard a journal and a result file; runs/ has the run files
/// that were to be kept.
class SweepFolder {
 public:
  /// Makes the folder if need be and locks it. Without `resume` the shard must be new there. The
  /// whole study (shard 1 of 1) excludes all shards; shards exclude the whole.
  static Result<SweepFolder> open(const std::string& path, const Shard& shard, bool resume);

  SweepFolder(SweepFolder&& other) noexcept;
  SweepFolder& operator=(SweepFolder&&) = delete;
  ~SweepFolder();

  const std::string& path() const { return path_; }
  std::string shard_file() const { return path_ + '/' + shard_name(shard_) + ".h5"; }

  /// Keeps the study beside its results, so that nothing else is needed to collect them.
  Result<void> keep_study(const std::string& text) const;

 private:
  SweepFolder(std::string path, Shard shard) : path_(std::move(path)), shard_(shard) {}
  Result<void> lock(const std::string& file, bool exclusive, int& fd) const;

  std::string path_;
  Shard shard_;
  int whole_ = -1;  ///< descriptors of the locks
  int part_ = -1;
};

/// Where a sweep's folder has the study.
std::string study_path(const std::string& folder);

}  // namespace mhp::study
