#include "sim/study/sweep/journal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/core/scratch_folder.hpp"
#include "sim/run/result/metric/record.hpp"
#include "sim/study/sweep/journal_index.hpp"

namespace mhp::study::journal_test {
namespace {

namespace fs = std::filesystem;

const auto kShort = std::make_shared<const MetricSet>(
    MetricSet{{"time_to_add", Unit::ns, Better::lower, run::MetricPhase::add},
              {"usable_bytes", Unit::byte, Better::higher, run::MetricPhase::run}});
const auto kLong = std::make_shared<const MetricSet>(
    MetricSet{{"time_to_add", Unit::ns, Better::lower, run::MetricPhase::add},
              {"free_pages_min", Unit::page, Better::higher, run::MetricPhase::run},
              {"workload_failures", Unit::one, Better::lower, run::MetricPhase::run}});

RunRecord record(std::uint64_t id) {
  RunRecord r{.id = id, .outcome = static_cast<run::Outcome>(id % 4), .fingerprint = id * 77};
  r.metrics = id % 3 == 0 ? kLong : kShort;
  r.reason = std::string(id % 50, 'x');
  for (std::size_t i = 0; i < r.metrics->size(); ++i)
    r.values.push_back(id % 5 == i ? std::nullopt : std::optional<std::int64_t>(id * 10 + i));
  return r;
}

void expect_same(const RunRecord& a, const RunRecord& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.outcome, b.outcome);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.fingerprint, b.fingerprint);
  EXPECT_EQ(*a.metrics, *b.metrics);
  EXPECT_EQ(a.values, b.values);
}

class JournalTest : public testing::Test {
 protected:
  std::string path(const std::string& name = "a.journal") const { return folder_ + '/' + name; }

  JournalIndex index() const {
    auto read = JournalIndex::read(folder_);
    if (!read) throw std::runtime_error(read.error().front().text());
    return std::move(*read);
  }

  /// Opens the journal as a sweep does.
  std::unique_ptr<JournalWriter> writer(record::FileSink& sink) const {
    const JournalIndex before = index();
    const auto* file = before.file(path());
    return std::make_unique<JournalWriter>(
        path(), file != nullptr ? file->length : 0,
        file != nullptr ? file->sets : std::vector<std::shared_ptr<const MetricSet>>{}, sink);
  }

  void write(std::uint64_t from, std::uint64_t to) {
    const auto w = writer(files_);
    for (std::uint64_t id = from; id < to; ++id) ASSERT_TRUE(w->append(record(id)));
  }

  std::string bytes() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  ScratchFolder scratch_;
  const std::string folder_ = scratch_.path();
  record::SystemFileSink files_;
};

TEST_F(JournalTest, what_is_appended_is_found) {
  write(0, 200);
  write(200, 300);
  const JournalIndex all = index();
  EXPECT_EQ(all.records(), 300u);
  for (std::uint64_t id = 0; id < 300; ++id) {
    ASSERT_TRUE(all.find(id)) << id;
    expect_same(*all.find(id), record(id));
    EXPECT_EQ(all.count(id), 1u);
  }
  EXPECT_FALSE(all.find(300));
  EXPECT_FALSE(all.status(300));
}

// Records whose metrics this program has no words for are as good as not there.
TEST_F(JournalTest, metrics_that_nobody_understands_are_lost_with_their_runs) {
  write(0, 1);
  std::string other = metric_set_body(1, *kShort);
  other.replace(other.find("higher"), 6, "dearer");
  std::ofstream(path(), std::ios::binary | std::ios::app)
      << framed(other) << framed(run_body(record(1), 1));
  write(2, 3);
  const JournalIndex after = index();
  EXPECT_EQ(after.files().front().sets.at(1), nullptr);
  EXPECT_TRUE(after.find(0) && after.find(2));
  EXPECT_FALSE(after.find(1));
}

// Whoever changes a journal on purpose makes the checksums anew.
TEST_F(JournalTest, a_number_of_metrics_is_not_given_twice) {
  write(0, 2);
  std::string other = metric_set_body(0, *kShort);
  std::string unreadable = other;
  unreadable.replace(unreadable.find("higher"), 6, "dearer");
  std::ofstream(path(), std::ios::binary | std::ios::app)
      << framed(unreadable) << framed(other) << framed(run_body(record(3), 0));
  const JournalIndex after = index();
  for (const std::uint64_t id : {0U, 1U, 3U}) {
    const auto r = after.find(id);
    ASSERT_TRUE(r);
    EXPECT_EQ(r->values, record(id).values);
    EXPECT_EQ(r->metrics->size(), record(id).metrics->size());
  }
}

TEST_F(JournalTest, a_journal_that_changes_while_it_is_read_costs_records_alone) {
  write(0, 2);
  const JournalIndex before = index();
  std::string changed = bytes();
  const auto rewrite = [&] {
    std::fstream(path(), std::ios::binary | std::ios::in | std::ios::out) << changed;
  };
  changed.back() = static_cast<char>(changed.back() ^ 1);
  rewrite();
  EXPECT_TRUE(before.find(0));
  EXPECT_FALSE(before.find(1));
  for (const char byte : {'\0', '\1', '\377'}) {
    std::string body = framed(std::string(23, byte));
    for (std::size_t at = 0; at + body.size() < changed.size(); at += body.size())
      changed.replace(at, body.size(), body);
    rewrite();
    for (std::uint64_t id = 0; id < 2; ++id) EXPECT_FALSE(before.find(id)) << id;
  }
}

// A journal has names only; what they mean comes with them from then on.
TEST_F(JournalTest, the_definition_of_a_metric_is_there_with_its_name) {
  write(0, 3);
  const JournalIndex all = index();
  const MetricSet& set = *all.find(1)->metrics;
  EXPECT_EQ(set[0].name, "time_to_add");
  EXPECT_EQ(set[0].definition, run::definition_of("time_to_add", run::MetricPhase::add));
  EXPECT_FALSE(set[0].definition.empty());
}

TEST(metric_name, is_meant_with_its_phase_or_without) {
  const MetricName m{"free", Unit::page, Better::higher, run::MetricPhase::add};
  EXPECT_TRUE(m.is("free") && m.is("free:add"));
  EXPECT_FALSE(m.is("free:run") || m.is("fre") || m.is("free:") || m.is("freed:add"));
}

// Not the order of the enumerators: names of one metric keep that of their words in files.
TEST(metric_name, is_ordered_by_words) {
  using run::MetricPhase;
  const MetricName boot{"a", Unit::ns, Better::lower, MetricPhase::boot};
  const MetricName add{"a", Unit::ns, Better::lower, MetricPhase::add};
  const MetricName page{"a", Unit::page, Better::lower, MetricPhase::add};
  EXPECT_LT(add, boot);
  EXPECT_LT(boot, page);
  EXPECT_EQ(add, add);
  EXPECT_NE(add, boot);
}

TEST_F(JournalTest, an_invalid_run_is_known_as_such) {
  RunRecord r;
  r.id = 5;
  r.status = RunRecord::Status::invalid;
  r.reason = "s.toml:3:1: no";
  ASSERT_TRUE(writer(files_)->append(r));
  EXPECT_EQ(index().status(5), RunRecord::Status::invalid);
  EXPECT_EQ(index().find(5)->reason, "s.toml:3:1: no");
}

// A kill leaves the file at any length: the records that fit are there, and the next writer goes on
// behind the last of them.
TEST_F(JournalTest, cut_at_any_byte_it_keeps_every_whole_record) {
  write(0, 6);
  const std::string whole = bytes();
  std::size_t last = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::ofstream(path(), std::ios::binary) << whole.substr(0, size);
    const std::size_t kept = index().records();
    EXPECT_GE(kept, last);
    EXPECT_LE(kept, last + 1);
    last = kept;
    ASSERT_TRUE(writer(files_)->append(record(50)));
    const JournalIndex after = index();
    EXPECT_EQ(after.records(), kept + 1);
    EXPECT_EQ(after.files().front().tail, 0u);
    for (std::uint64_t id = 0; id < kept; ++id) expect_same(*after.find(id), record(id));
    expect_same(*after.find(50), record(50));
  }
  EXPECT_EQ(last, 6u);
}

// Damage costs the record that it hits, or those of a metric set if it hits that.
RC_GTEST_FIXTURE_PROP(JournalTest, a_flipped_bit_never_gives_a_wrong_record, ()) {
  fs::remove(path());
  write(0, 20);
  std::string damaged = bytes();
  const auto at = *rc::gen::inRange<std::size_t>(0, damaged.size());
  damaged[at] = static_cast<char>(damaged[at] ^ (1 << *rc::gen::inRange(0, 8)));
  std::ofstream(path(), std::ios::binary) << damaged;
  const JournalIndex after = index();
  std::size_t found = 0;
  for (std::uint64_t id = 0; id < 20; ++id) {
    const auto r = after.find(id);
    if (!r) continue;
    ++found;
    RC_ASSERT(r->values == record(id).values);
    RC_ASSERT(r->reason == record(id).reason);
  }
  RC_ASSERT(after.records() == found);
  RC_ASSERT(found >= 6u);
}

TEST_F(JournalTest, journals_of_a_folder_are_one) {
  write(0, 10);
  JournalWriter other(path("b.journal"), 0, {}, files_);
  ASSERT_TRUE(other.append(record(100)));
  ASSERT_TRUE(other.append(record(3)));
  std::ofstream(folder_ + "/notes.txt") << "MHPJ";
  const JournalIndex all = index();
  EXPECT_EQ(all.records(), 12u);
  EXPECT_EQ(all.count(3), 2u);
  expect_same(*all.find(100), record(100));
}

/// The n-th write takes only some of the bytes, or none.
class FullDisk : public record::SystemFileSink {
 public:
  FullDisk(int n, std::size_t taken) : left_(n), taken_(taken) {}
  std::int64_t write(int fd, std::span<const std::byte> b) override {
    if (left_-- > 0) return SystemFileSink::write(fd, b);
    if (taken_ == 0) return -ENOSPC;
    return SystemFileSink::write(fd, b.first(std::min(taken_, b.size())));
  }

 private:
  int left_;
  std::size_t taken_;
};

TEST_F(JournalTest, a_write_that_fails_is_said_and_leaves_whole_records) {
  for (const std::size_t taken : {std::size_t{0}, std::size_t{7}, std::size_t{40}})
    for (int n = 0; n < 5; ++n) {
      fs::remove(path());
      FullDisk disk(n, taken);
      {
        const auto w = writer(disk);
        for (int id = 0; id < n; ++id)
          ASSERT_TRUE(w->append(record(static_cast<std::uint64_t>(id))));
        EXPECT_FALSE(w->append(record(60)));
        EXPECT_FALSE(w->append(record(61))) << "the failure sticks";
        ASSERT_TRUE(w->problem());
        EXPECT_NE(w->problem()->text().find("a.journal: cannot be written on"), std::string::npos);
      }
      EXPECT_EQ(index().records(), static_cast<std::size_t>(n));
      EXPECT_EQ(index().files().front().tail, 0u);
      write(60, 62);
      EXPECT_EQ(index().records(), static_cast<std::size_t>(n) + 2);
    }
}

TEST_F(JournalTest, a_run_that_is_there_twice_must_be_the_same) {
  write(0, 5);
  JournalWriter other(path("b.journal"), 0, {}, files_);
  ASSERT_TRUE(other.append(record(3)));
  EXPECT_TRUE(index().check_repeats());
  RunRecord changed = record(4);
  changed.fingerprint += 1;
  ASSERT_TRUE(other.append(changed));
  const auto found = index().check_repeats();
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().front().text().find("b.journal: run 0000000000000004"),
            std::string::npos);
}

TEST_F(JournalTest, a_folder_that_is_not_there_is_an_error) {
  EXPECT_FALSE(JournalIndex::read(folder_ + "/none"));
}

}  // namespace
}  // namespace mhp::study::journal_test
