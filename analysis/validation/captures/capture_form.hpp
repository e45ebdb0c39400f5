#pragma once

#include <cstdint>
#include <optional>

#include "analysis/validation/captures/capture.hpp"
#include "analysis/validation/captures/field.hpp"
#include "analysis/validation/captures/report.hpp"

namespace mhp::validation {

/// Where a capture is not as captures are: a field that is missing, of another type or out of
/// range, an operation without its result, a snapshot that was not taken. Looked for before
/// anything is replayed, so that whoever reads a capture later finds what the format promises.
std::optional<Fault> check_form(const Capture& capture);

/// What the recorded machine has: the range in which numbers of nodes and blocks must lie.
struct MachineForm {
  std::int64_t nodes = 1;        ///< as the kernel numbers them
  std::int64_t proximities = 1;  ///< as the emulator does
  std::int64_t cpus = 1;
  std::int64_t end = 0;  ///< of all memory that there is or will be, in bytes
  std::int64_t block = 0;
  kernel::Geometry geometry;
  std::vector<std::string> zones;  ///< types of zone that the kernel has, in its order
  std::int64_t blocks() const { return block > 0 ? (end + block - 1) / block : 0; }
};

/// A snapshot (`snapshot`); `boot`: the first one of the capture, which has all that others have.
void check_snapshot_form(const Field& snapshot, const Field& boot, const MachineForm& machine);
/// A snapshot of an allocator sequence (`bsnapshot`).
void check_sequence_snapshot_form(const Field& snapshot, const MachineForm& machine);
/// An operation that only allocator sequences have; false if it is none of them.
bool check_sequence_step_form(const Capture::Step& step, const MachineForm& machine);

}  // namespace mhp::validation
