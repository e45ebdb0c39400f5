// Journals of sweeps: as they lie on the disk, and their records behind a right checksum.
#include <fstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/study/sweep/journal.hpp"
#include "sim/study/sweep/journal_index.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"

namespace mhp::fuzz {

namespace journals_target {
namespace {

void read(const std::string& bytes) {
  static const ScratchFolder folder;
  std::ofstream(folder.path("a.journal"), std::ios::binary | std::ios::trunc) << bytes;
  const auto index = study::JournalIndex::read(folder.path());
  if (!checked(index)) return;
  for (std::uint64_t id = 0; id < 8; ++id) {
    index->status(id);
    index->count(id);
    index->find(id);
  }
  checked(index->check_repeats());
  for (const auto& file : index->files())
    MHP_INVARIANT(file.length + file.tail == bytes.size(), "{} and {} of {} bytes", file.length,
                  file.tail, bytes.size());
}

study::RunRecord record(std::uint64_t id, const std::shared_ptr<const study::MetricSet>& metrics) {
  study::RunRecord r{.id = id, .fingerprint = id * 77, .metrics = metrics};
  r.reason = id % 2 == 0 ? "" : "no memory";
  for (std::size_t i = 0; i < metrics->size(); ++i)
    r.values.push_back(i == id ? std::nullopt : std::optional<std::int64_t>(id * 10 + i));
  return r;
}

std::vector<std::string> bodies() {
  const auto set = std::make_shared<const study::MetricSet>(
      study::MetricSet{{"time_to_add", Unit::ns, Better::lower, run::MetricPhase::add},
                       {"usable_bytes", Unit::byte, Better::higher, run::MetricPhase::run}});
  std::vector<std::string> all{study::metric_set_body(0, *set)};
  for (std::uint64_t id = 0; id < 4; ++id) all.push_back(study::run_body(record(id, set), 0));
  return all;
}

std::vector<std::string> journals() {
  std::string whole;
  for (const std::string& body : bodies()) whole += study::framed(body);
  return {whole, whole.substr(0, whole.size() - 9)};
}

/// Bodies behind two bytes of their length each, which get their frames here: whoever damages a
/// journal on purpose makes the checksums anew.
void read_bodies(const std::string& bytes) {
  std::string whole;
  for (std::size_t at = 0; at + 2 <= bytes.size();) {
    const auto low = static_cast<unsigned char>(bytes[at]);
    const auto high = static_cast<unsigned char>(bytes[at + 1]);
    const std::string body = bytes.substr(at + 2, low + 256U * high);
    whole += study::framed(body);
    at += 2 + body.size();
  }
  read(whole);
}

std::vector<std::string> seeds_of_bodies() {
  std::string all;
  for (const std::string& body : bodies()) {
    all.push_back(static_cast<char>(body.size() % 256));
    all.push_back(static_cast<char>(body.size() / 256));
    all += body;
  }
  return {all};
}

}  // namespace
}  // namespace journals_target

void register_fuzz_target_journals(TargetRegistry& registry) {
  registry.add({"journals", "journals of sweeps as they lie on the disk", journals_target::journals,
                journals_target::read, 2000});
  registry.add({"journal_records", "records of journals behind a right checksum",
                journals_target::seeds_of_bodies, journals_target::read_bodies, 2000});
}

}  // namespace mhp::fuzz
