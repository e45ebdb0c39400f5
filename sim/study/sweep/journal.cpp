#include "sim/study/sweep/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <system_error>
#include <tuple>

#include "sim/core/crc32.hpp"

namespace mhp::study {

namespace {

static_assert(std::endian::native == std::endian::little,
              "journals are written as they lie in memory");

/// Stands for a value that the run did not reach.
constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();

template <class T>
void put(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

std::string remedy(int error) {
  if (error == ENOSPC || error == EDQUOT) return "free space there; then --resume goes on";
  if (error == EFBIG) return "raise the file size limit (ulimit -f); then --resume goes on";
  return "then --resume goes on";
}

}  // namespace

bool MetricName::is(std::string_view text) const {
  if (text == name) return true;
  const std::size_t colon = text.find(':');
  return colon != text.npos && text.substr(0, colon) == name &&
         text.substr(colon + 1) == word(phase);
}

std::strong_ordering MetricName::operator<=>(const MetricName& other) const {
  const auto words = [](const MetricName& m) {
    return std::tuple(std::string_view(m.name), word(m.unit), word(m.better), word(m.phase));
  };
  return words(*this) <=> words(other);
}

RunRecord record_of(std::uint64_t id, const run::RunResult& result,
                    std::shared_ptr<const MetricSet>& set) {
  const auto same = [](const MetricName& n, const run::Metric& m) {
    return n.name == m.name && n.phase == m.phase && n.unit == m.unit && n.better == m.better;
  };
  if (!set ||
      !std::equal(set->begin(), set->end(), result.metrics.begin(), result.metrics.end(), same)) {
    MetricSet names;
    for (const run::Metric& m : result.metrics)
      names.push_back({m.name, m.unit, m.better, m.phase, m.definition});
    set = std::make_shared<const MetricSet>(std::move(names));
  }
  RunRecord r{.id = id,
              .outcome = result.outcome,
              .reason = result.reason,
              .fingerprint = result.fingerprint,
              .metrics = set};
  r.values.reserve(result.metrics.size());
  for (const run::Metric& m : result.metrics) r.values.push_back(m.value);
  return r;
}

std::string metric_set_body(std::uint32_t number, const MetricSet& set) {
  std::string body = "M";
  put(body, number);
  for (const MetricName& m : set)
    body += fmt::format("{}\t{}\t{}\t{}\n", m.name, word(m.unit), word(m.better), word(m.phase));
  return body;
}

std::string run_body(const RunRecord& r, std::uint32_t set_number) {
  std::string body = "R";
  body.reserve(32 + 8 * r.values.size() + r.reason.size());
  put(body, set_number);
  put(body, r.id);
  put(body, r.fingerprint);
  put(body, static_cast<std::uint8_t>(r.status));
  put(body, static_cast<std::uint8_t>(r.outcome));
  for (const auto& value : r.values) put(body, value.value_or(kNone));
  return body + r.reason;
}

std::string framed(const std::string& body) {
  Crc32 crc;
  crc.add(std::as_bytes(std::span<const char>(body.data(), body.size())));
  std::string out = "MHPJ";
  out.reserve(12 + body.size());
  put(out, static_cast<std::uint32_t>(body.size()));
  put(out, crc.value());
  return out + body;
}

JournalWriter::JournalWriter(std::string path, std::uint64_t length,
                             std::vector<std::shared_ptr<const MetricSet>> sets,
                             record::FileSink& sink)
    : path_(std::move(path)), sink_(sink), sets_(std::move(sets)), length_(length) {
  if (const int error = record::open_own(path_, O_WRONLY | O_APPEND, fd_); error != 0)
    fail_with(error, "be opened");
  else if (::ftruncate(fd_, static_cast<off_t>(length_)) != 0)
    fail_with(errno, "be cut to its records");
}

JournalWriter::~JournalWriter() {
  if (fd_ >= 0) sink_.close(fd_);
}

bool JournalWriter::append(const RunRecord& record) {
  const std::scoped_lock lock(mutex_);
  if (problem_) return false;
  std::string bytes;
  const auto known = std::find_if(sets_.begin(), sets_.end(), [&](const auto& set) {
    return set == record.metrics || (set && *set == *record.metrics);
  });
  const auto number = static_cast<std::uint32_t>(known - sets_.begin());
  if (known == sets_.end()) {
    bytes = framed(metric_set_body(number, *record.metrics));
    sets_.push_back(record.metrics);
  }
  bytes += framed(run_body(record, number));
  const std::int64_t taken =
      sink_.write(fd_, std::as_bytes(std::span<const char>(bytes.data(), bytes.size())));
  // Whoever removes the folder of a sweep ends it: what would follow could not be found again.
  struct stat status = {};
  if (::fstat(fd_, &status) == 0 && status.st_nlink == 0) {
    fail_with(ENOENT, "be written on, it was removed");
    return false;
  }
  if (taken == static_cast<std::int64_t>(bytes.size())) {
    length_ += bytes.size();
    dirty_ = true;
    return true;
  }
  fail_with(taken < 0 ? static_cast<int>(-taken) : ENOSPC,
            fmt::format("be written on after {} bytes", length_));
  // Half a record is none; if it cannot be cut off here, the next writer does it.
  if (::ftruncate(fd_, static_cast<off_t>(length_)) != 0) dirty_ = true;
  return false;
}

void JournalWriter::sync() {
  {
    const std::scoped_lock lock(mutex_);
    if (!dirty_ || fd_ < 0) return;
    dirty_ = false;
  }
  // Nobody waits for the disk: what is appended meanwhile is for the next time.
  const int error = sink_.sync(fd_);
  const std::scoped_lock lock(mutex_);
  if (error != 0) fail_with(error, "be synced");
}

std::optional<Diagnostic> JournalWriter::problem() const {
  const std::scoped_lock lock(mutex_);
  return problem_;
}

void JournalWriter::fail_with(int error, const std::string& what) {
  if (problem_) return;
  problem_ = {{path_, 0, 0},
              fmt::format("cannot {}: {}", what, std::generic_category().message(error)),
              remedy(error)};
}

}  // namespace mhp::study
