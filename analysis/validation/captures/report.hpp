#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
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
  drift,       ///< change of a zone's free pages since the first snapshot
  boot,        ///< watermarks and reserves of the boot snapshot, which are stale
};
inline constexpr std::size_t kNoiseKinds = 4;

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

/// An outcome that hangs on chance.
struct ChanceOutcome {
  std::string capture;
  std::size_t step = 0;
  std::string label;
  std::string quantity;
  std::string expected;  ///< what the kernel did
  std::string got;       ///< what the model does
  std::string reason;    ///< what in the recording, or in the model, it hangs on
};

/// A step of a capture: what could not be read there, or was not replayed or compared.
struct Fault {
  std::size_t step = 0;
  std::string label;
  std::string what;
};

/// What became of a capture.
enum class Verdict : std::uint8_t {
  exact,   ///< every step was replayed, every snapshot compared, and nothing differs
  partly,  ///< nothing differs, and something was not replayed or not compared
  missed,  ///< something differs
  broken,  ///< it is not as captures are: nothing it says is taken for a result
};

/// Checks of one class.
struct ClassCount {
  std::int64_t checks = 0;
  std::int64_t passed = 0;
};

/// What replaying one capture gave.
struct CaptureReport {
  std::string name;
  std::string kernel;   ///< of the recording
  std::string profile;  ///< of the kernel model, for who has chosen it
  ClassCount exact;
  ClassCount noise;
  ClassCount chance;  ///< passed: those in which model and recording happen to agree
  std::array<std::int64_t, kNoiseKinds> worst{};  ///< largest deviation seen, in pages
  std::vector<Mismatch> mismatches;
  std::vector<ChanceOutcome> chances;              ///< every outcome that hangs on chance
  std::vector<Fault> gaps;                         ///< what was not replayed, or not compared
  std::optional<Fault> fault;                      ///< why nothing of it counts
  std::map<std::string, std::int64_t> inputs;      ///< taken from the recording, not predicted
  std::map<std::string, std::int64_t> unmodelled;  ///< quantities that the model does not have

  std::int64_t checks() const { return exact.checks + noise.checks; }
  Verdict verdict() const {
    if (fault) return Verdict::broken;
    if (!mismatches.empty()) return Verdict::missed;
    return gaps.empty() ? Verdict::exact : Verdict::partly;
  }
  bool all_passed() const { return verdict() == Verdict::exact; }
};

/// Pages by which a zone's free memory may deviate between two snapshots (captures/README.md, "How
/// exact").
inline constexpr std::int64_t kNoiseBound = 1024;
/// Pages by which it may deviate over the whole capture.
inline constexpr std::int64_t kDriftBound = 1024;
/// Pages, or KiB, by which watermarks and reserves at boot may lie outside what follows from memory
/// with and without that which the kernel gave back later.
inline constexpr std::int64_t kBootBound = 64;
/// Pages by which the slab of an operation may deviate: these (a cache of order 3 without room is
/// eight of them), and 1.5 % of the model's figure.
inline constexpr std::int64_t kSlabBound = 22;
inline constexpr std::int64_t kSlabBoundPermille = 15;

}  // namespace mhp::validation
