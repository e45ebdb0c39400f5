// Snapshot files: what is read, is written and read again as the same; what is left out of them for
// privacy is left out of any text.
#include "sim/observed/observed.hpp"
#include "sim/observed/redact.hpp"
#include "sim/observed/snapshot.hpp"
#include "sim/observed/snapshot_file.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace snapshots_target {
namespace {

void read(const std::string& text) {
  observed::Observed machine;
  checked(observed::read_snapshot(text, {"f", 1, 0}, machine));
  int left_out = 0;
  observed::redacted_version(text);
  observed::redacted_cmdline(text, left_out);
  observed::redacted_swaps(text);
  observed::redacted_iomem(text);
  observed::first_processor(text);
  const auto file = observed::parse_snapshot(text, "f");
  if (!checked(file)) return;
  const std::string written = observed::write_snapshot(*file);
  const auto again = observed::parse_snapshot(written, "f");
  MHP_INVARIANT(again.has_value(), "what was written: {}", again.error().front().text());
  MHP_INVARIANT(observed::write_snapshot(*again) == written, "read and written it changes");
}

}  // namespace
}  // namespace snapshots_target

void register_fuzz_target_snapshots(TargetRegistry& registry) {
  registry.add({"snapshots", "files of mhpsim snapshot",
                [] { return files_at("configs/snapshots", ".snapshot"); }, snapshots_target::read});
}

}  // namespace mhp::fuzz
