#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mhp::validation {

/// How exactly a recorded quantity can be expected to repeat (captures/README.md).
enum class CheckClass : std::uint8_t {
  exact,  ///< the same in every run of the real kernel
  noise,  ///< moves by some hundred pages from run to run; compared as a change, within a bound
};

/// One recorded quantity that the model does not reproduce.
struct Mismatch {
  std::string capture;
  std::size_t step = 0;
  std::string label;
  CheckClass check_class = CheckClass::exact;
  std::string quantity;  ///< a path, for example zone/0/Normal/managed
  std::string expected;  ///< what the kernel reported
  std::string got;       ///< what the model says
};

/// Checks of one class.
struct ClassCount {
  std::int64_t checks = 0;
  std::int64_t passed = 0;
  std::int64_t worst = 0;  ///< noise: largest deviation seen, in pages
};

/// What replaying one capture gave.
struct CaptureReport {
  std::string name;
  ClassCount exact;
  ClassCount noise;
  std::vector<Mismatch> mismatches;
  std::map<std::string, std::int64_t>
      unmodelled;  ///< quantities and operations that the model does not have

  std::int64_t checks() const { return exact.checks + noise.checks; }
  bool all_passed() const { return mismatches.empty(); }
};

/// Pages by which a zone's free memory may deviate between two snapshots (captures/README.md, "How
/// exact").
inline constexpr std::int64_t kNoiseBound = 1024;

}  // namespace mhp::validation
