#include "sim/study/sweep/journal_index.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "sim/core/crc32.hpp"
#include "sim/run/result/metric/record.hpp"

namespace mhp::study {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "MHPJ";
constexpr std::size_t kHead = 12;
constexpr std::uint32_t kMaxSets = 1 << 16;
/// Longer bodies are no records: a reason is a sentence, a metric set some dozen names.
constexpr std::uint32_t kMaxBody = 1 << 20;
constexpr std::size_t kBuffer = 1 << 20;
constexpr int kPlaceBits = 48;

template <class T>
T take(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

std::uint32_t checksum(const char* data, std::size_t size) {
  Crc32 crc;
  crc.add(std::as_bytes(std::span<const char>(data, size)));
  return crc.value();
}

/// The metric of a line; nothing if it has words that this program does not know.
std::optional<MetricName> parse_metric(std::string_view line) {
  std::array<std::string_view, 4> words;
  for (std::string_view& word : words) {
    word = line.substr(0, line.find('\t'));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
  }
  const auto unit = named<Unit>(words[1]);
  const auto better = named<Better>(words[2]);
  const auto phase = named<run::MetricPhase>(words[3]);
  if (!unit || !better || !phase) return std::nullopt;
  return MetricName{std::string(words[0]), *unit, *better, *phase,
                    run::definition_of(words[0], *phase)};
}

/// Here words become what they mean, once for all runs that share them; null if one is not known.
std::shared_ptr<const MetricSet> parse_metric_set(std::string_view text) {
  MetricSet set;
  for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
    auto metric = parse_metric(text.substr(0, end));
    if (!metric) return nullptr;
    set.push_back(std::move(*metric));
  }
  return std::make_shared<const MetricSet>(std::move(set));
}

// Offsets in the body of a run.
constexpr std::size_t kSetAt = 1, kIdAt = 5, kFingerprintAt = 13, kStatusAt = 21, kOutcomeAt = 22,
                      kValuesAt = 23;

}  // namespace

JournalIndex::JournalIndex(JournalIndex&& other) noexcept
    : files_(std::move(other.files_)), entries_(std::move(other.entries_)) {
  other.files_.clear();
}

JournalIndex& JournalIndex::operator=(JournalIndex&& other) noexcept {
  std::swap(files_, other.files_);
  std::swap(entries_, other.entries_);
  return *this;
}

JournalIndex::~JournalIndex() {
  for (const File& f : files_)
    if (f.fd >= 0) ::close(f.fd);
}

Result<JournalIndex> JournalIndex::read(const std::string& folder) {
  JournalIndex index;
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".journal") paths.push_back(entry.path().string());
  if (error) return fail({folder, 0, 0}, fmt::format("cannot be read: {}", error.message()));
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths)
    if (auto added = index.add(path); !added) return tl::unexpected<Diagnostics>(added.error());
  std::sort(index.entries_.begin(), index.entries_.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.id, a.place) < std::pair(b.id, b.place);
  });
  return index;
}

Result<void> JournalIndex::add(const std::string& path) {
  const auto broken = [&](const std::string& what) {
    return fail({path, 0, 0}, "cannot be read: " + what);
  };
  File file{path};
  file.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.fd < 0) return broken(std::generic_category().message(errno));
  files_.push_back(std::move(file));  // owns the descriptor from here on
  std::string buffer;
  std::string piece(kBuffer, '\0');
  for (std::uint64_t base = 0;;) {
    const ssize_t got = ::read(files_.back().fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return broken(std::generic_category().message(errno));
    buffer.append(piece.data(), static_cast<std::size_t>(got));
    const std::size_t used = scan(buffer, base, got == 0);
    if (got == 0) break;
    buffer.erase(0, used);
    base += used;
  }
  File& f = files_.back();
  f.tail = static_cast<std::uint64_t>(::lseek(f.fd, 0, SEEK_END)) - f.length;
  return {};
}

// What is no record is passed over up to the next one: damage costs the records that it hits.
std::size_t JournalIndex::scan(std::string_view bytes, std::uint64_t base, bool last) {
  File& f = files_.back();
  const auto number = static_cast<std::uint64_t>(files_.size() - 1);
  std::size_t at = 0;
  for (;;) {
    const std::size_t found = bytes.find(kMagic, at);
    // The magic word may be cut at the end of what was read.
    if (found == bytes.npos)
      return std::max(at, bytes.size() - std::min<std::size_t>(3, bytes.size()));
    at = found;
    if (bytes.size() - at < kHead) return at;
    const auto size = take<std::uint32_t>(bytes.data() + at + 4);
    const char* body = bytes.data() + at + kHead;
    const bool there = bytes.size() - at - kHead >= size;
    if (size < kIdAt || size > kMaxBody || (!there && last) ||
        (there && checksum(body, size) != take<std::uint32_t>(bytes.data() + at + 8))) {
      at += 1;
      continue;
    }
    if (!there) return at;
    const auto set = take<std::uint32_t>(body + kSetAt);
    if (body[0] == 'M' && set < kMaxSets) {
      // What a number means stays: records that are there already were read by it.
      f.sets.resize(std::max<std::size_t>(f.sets.size(), set + 1));
      if (!f.sets[set]) f.sets[set] = parse_metric_set({body + kIdAt, size - kIdAt});
    } else if (body[0] == 'R' && size >= kValuesAt && set < f.sets.size() && f.sets[set]) {
      entries_.push_back(
          {take<std::uint64_t>(body + kIdAt), number << kPlaceBits | (base + at + kHead) << 1 |
                                                  (take<std::uint8_t>(body + kStatusAt) & 1)});
    }
    at += kHead + size;
    f.length = base + at;
  }
}

const JournalIndex::File* JournalIndex::file(const std::string& path) const {
  for (const File& f : files_)
    if (f.path == path) return &f;
  return nullptr;
}

std::vector<JournalIndex::Entry>::const_iterator JournalIndex::first(std::uint64_t id) const {
  return std::lower_bound(entries_.begin(), entries_.end(), id,
                          [](const Entry& e, std::uint64_t wanted) { return e.id < wanted; });
}

std::optional<RunRecord::Status> JournalIndex::status(std::uint64_t id) const {
  const auto it = first(id);
  if (it == entries_.end() || it->id != id) return std::nullopt;
  return static_cast<RunRecord::Status>(it->place & 1);
}

std::size_t JournalIndex::count(std::uint64_t id) const {
  std::size_t n = 0;
  for (auto it = first(id); it != entries_.end() && it->id == id; ++it) ++n;
  return n;
}

std::optional<RunRecord> JournalIndex::find(std::uint64_t id) const {
  const auto it = first(id);
  return it == entries_.end() || it->id != id ? std::nullopt : read_record(*it);
}

Result<void> JournalIndex::check_repeats() const {
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].id != entries_[i - 1].id) continue;
    const auto a = read_record(entries_[i - 1]);
    const auto b = read_record(entries_[i]);
    if (a && b && a->fingerprint == b->fingerprint && a->values == b->values) continue;
    return fail({files_[entries_[i].place >> kPlaceBits].path, 0, 0},
                fmt::format("run {:016x} is there twice with different results", entries_[i].id),
                "its programs differ: sweep again with one of them, in another folder");
  }
  return {};
}

std::optional<RunRecord> JournalIndex::read_record(const Entry& entry) const {
  const File& f = files_[entry.place >> kPlaceBits];
  const auto offset =
      static_cast<off_t>((entry.place & ((std::uint64_t{1} << kPlaceBits) - 1)) >> 1);
  // Head and body in one read, as bodies of one journal are alike; a longer one takes a second.
  std::string body(kHead + 512, '\0');
  ssize_t got = ::pread(f.fd, body.data(), body.size(), offset - static_cast<off_t>(kHead));
  if (got < static_cast<ssize_t>(kHead)) return std::nullopt;
  const auto size = take<std::uint32_t>(body.data() + 4);
  if (size > kMaxBody) return std::nullopt;
  body.resize(kHead + size);
  if (got < static_cast<ssize_t>(body.size()))
    got = ::pread(f.fd, body.data(), body.size(), offset - static_cast<off_t>(kHead));
  if (got < static_cast<ssize_t>(body.size())) return std::nullopt;
  const char* at = body.data() + kHead;
  // Somebody may have changed the file since.
  if (size < kValuesAt || checksum(at, size) != take<std::uint32_t>(body.data() + 8) ||
      take<std::uint64_t>(at + kIdAt) != entry.id)
    return std::nullopt;
  const auto number = take<std::uint32_t>(at + kSetAt);
  if (number >= f.sets.size() || !f.sets[number]) return std::nullopt;
  const std::shared_ptr<const MetricSet>& set = f.sets[number];
  const std::size_t count = set->size();
  if (size < kValuesAt + 8 * count) return std::nullopt;
  RunRecord r;
  r.id = entry.id;
  r.fingerprint = take<std::uint64_t>(at + kFingerprintAt);
  r.status = static_cast<RunRecord::Status>(take<std::uint8_t>(at + kStatusAt));
  const auto outcome = take<std::uint8_t>(at + kOutcomeAt);
  if (outcome < words_of(run::Outcome{}).size()) r.outcome = static_cast<run::Outcome>(outcome);
  r.metrics = set;
  r.values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = take<std::int64_t>(at + kValuesAt + 8 * i);
    r.values.push_back(value == std::numeric_limits<std::int64_t>::min() ? std::nullopt
                                                                         : std::optional(value));
  }
  r.reason.assign(at + kValuesAt + 8 * count, size - kValuesAt - 8 * count);
  return r;
}

}  // namespace mhp::study
