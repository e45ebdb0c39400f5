#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mhp::validation {

/// How exactly a recorded quantity can be expected to repeat (captures/README.md).
enum class CheckClass : std::uint8_t {
  exact,   ///< the same in every run of the real kernel
  noise,   ///< moves by some hundred pages from run to run; compared as a change, within a bound
  chance,  ///< hangs on where a stray allocation of the recorded kernel fell; never scored
};

/// What is compared within a bound.
enum class NoiseKind : std::uint8_t {
  free_pages,  ///< change of a zone's free pages between two snapshots
  slab,        ///< slab pages of an operation
};
inline constexpr std::size_t kNoiseKinds = 2;

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
};

/// What replaying one capture gave.
struct CaptureReport {
  std::string name;
  ClassCount exact;
  ClassCount noise;
  ClassCount chance;  ///< passed: those in which model and recording happen to agree
  std::array<std::int64_t, kNoiseKinds> worst{};  ///< largest deviation seen, in pages
  std::vector<Mismatch> mismatches;
  std::vector<Mismatch> chances;  ///< every outcome that hangs on chance
  std::map<std::string, std::int64_t>
      unmodelled;  ///< quantities and operations that the model does not have

  std::int64_t checks() const { return exact.checks + noise.checks; }
  bool all_passed() const { return mismatches.empty(); }
};

/// Pages by which a zone's free memory may deviate between two snapshots (captures/README.md, "How
/// exact").
inline constexpr std::int64_t kNoiseBound = 1024;
/// Pages by which the slab of an operation may deviate: these, and 1.5 % of the model's figure.
inline constexpr std::int64_t kSlabBound = 14;
inline constexpr std::int64_t kSlabBoundPermille = 15;

}  // namespace mhp::validation
