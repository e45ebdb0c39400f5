#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

// What the drivers of all simulators share. No part of the project, so that each is compiled as
// its simulator wants it.
namespace peers {

constexpr double kMean = 1e9;        ///< of an increment, in ns
constexpr double kPatience = 1.5e9;  ///< ns that one waits for an answer

/// Increments in whole ns, at the cost of a multiplication: between 1,024 quantiles of a
/// distribution of mean kMean.
class Increments {
 public:
  /// "exp", or "mix": 90 % of a millionth of the mean of the others.
  explicit Increments(const std::string& distribution) {
    for (int i = 0; i <= kSteps; ++i) {
      const double u = std::min(static_cast<double>(i) / kSteps, 1.0 - 1.0 / 8192);
      table_[i] = static_cast<std::int64_t>(distribution == "mix" ? mix(u) : exponential(u)) + 1;
    }
  }
  std::int64_t operator()() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    const std::uint64_t i = state_ >> 54;
    const auto part = static_cast<std::int64_t>(state_ >> 30 & 0xffffff);
    return table_[i] + ((table_[i + 1] - table_[i]) * part >> 24);
  }

 private:
  static constexpr int kSteps = 1024;
  static double exponential(double u) { return -kMean * std::log1p(-u); }
  static double mix(double u) {
    return u < 0.9 ? 1e-6 * exponential(std::min(u / 0.9, 0.9999))
                   : 10 * exponential(std::min((u - 0.9) / 0.1, 0.9999));
  }

  std::uint64_t state_ = 12345;
  std::int64_t table_[kSteps + 1];
};

/// Time of this process's processors in seconds: what others do on the machine counts less.
inline double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Counts what a model does and measures what lies between the end of warming up and the end.
class Meter {
 public:
  /// Arguments: model, distribution, how many at once, how many are measured.
  Meter(int argc, char** argv) {
    if (argc != 5) {
      std::fprintf(stderr, "usage: %s MODEL exp|mix AT_ONCE MEASURED\n", argv[0]);
      std::exit(2);
    }
    model = argv[1];
    distribution = argv[2];
    at_once = std::strtoll(argv[3], nullptr, 10);
    measured_ = std::strtoll(argv[4], nullptr, 10);
    warm_ = std::max(2 * at_once, measured_ / 4);
  }

  /// One more at `time`, of number `id`. True if it was the last.
  bool count(std::int64_t time, std::int64_t id) {
    check_ = (check_ ^ static_cast<std::uint64_t>(time ^ id)) * 0x9E3779B97F4A7C15U;
    ++done_;
    now_ = time;
    if (done_ == warm_) from_ = cpu_seconds();
    return done_ == warm_ + measured_;
  }
  /// What was measured, as a line of JSON. `order`: times were exact, so that the check says
  /// whether everything came in the same order at the same time as elsewhere.
  void report(bool order) const {
    std::printf("{\"ns\": %.3f, \"end\": %lld, \"check\": \"%016llx\"}\n",
                (cpu_seconds() - from_) * 1e9 / static_cast<double>(measured_),
                static_cast<long long>(now_), static_cast<unsigned long long>(order ? check_ : 0));
    std::fflush(stdout);
  }

  std::string model;
  std::string distribution;
  std::int64_t at_once = 0;

 private:
  std::int64_t measured_ = 0;
  std::int64_t warm_ = 0;
  std::int64_t done_ = 0;
  std::uint64_t check_ = 0;
  std::int64_t now_ = 0;
  double from_ = 0;
};

/// What is added in the model "hot_add", and to what: blocks to each of two nodes at once. Per
/// block: the lock of hot-plug, then within it the memmap is initialised by a processor that writes
/// it to the node at a pace of its own, beside workloads that write all the time; then it is
/// onlined, under the same lock.
struct HotAdd {
  static constexpr int kNodes = 2;
  static constexpr int kBlocks = 512;               ///< of 128 MiB: 64 GiB
  static constexpr double kMemmap = 2 << 20;        ///< bytes of a block's memmap
  static constexpr double kController = 100;        ///< bytes a ns of a node's memory
  static constexpr double kPace = 4;                ///< bytes a ns of the processor
  static constexpr int kWriters = 64;               ///< a node
  static constexpr double kWrite = 1 << 20;         ///< bytes at a time
  static constexpr double kWriterPace = 2;          ///< bytes a ns
  static constexpr std::int64_t kOnline = 200'000;  ///< ns
};

}  // namespace peers
