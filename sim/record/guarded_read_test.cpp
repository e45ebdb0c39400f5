#include "sim/record/guarded_read.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "sim/core/random.hpp"
#include "sim/core/sanitized.hpp"
#include "sim/core/scratch_folder.hpp"
#include "sim/record/image.hpp"
#include "sim/record/plain_content.hpp"
#include "sim/record/run_file.hpp"
#include "sim/record/seal.hpp"
#include "sim/record/tests/miniature.hpp"

namespace mhp::record {
namespace {

using Bytes = std::vector<std::byte>;
using std::chrono::seconds;

constexpr ReadLimits kSmall{std::size_t{128} << 20, seconds(1)};

std::string said(const Result<FileContent>& read) {
  return read ? "read" : read.error().front().text();
}

std::string said_of(const std::function<Result<FileContent>()>& read) {
  return said(read_apart(read, kSmall, "f.h5"));
}

TEST(guarded_read, what_is_read_comes_back_whole) {
  for (const FileContent& content : {miniature(), without_operations(), FileContent{}}) {
    const auto back = read_apart([&] { return content; }, kSmall, "f.h5");
    ASSERT_TRUE(back) << said(back);
    EXPECT_EQ(first_difference(content, *back), "");
  }
  const Bytes image = encode(miniature(), "f.h5").value();
  const auto read = guarded_decode(image, "f.h5");
  ASSERT_TRUE(read) << said(read);
  EXPECT_EQ(first_difference(miniature(), *read), "");
}

TEST(guarded_read, what_is_wrong_comes_back_with_its_place) {
  const auto back = read_apart(
      [] {
        return Result<FileContent>(tl::unexpected<Diagnostics>(
            {{{"a", 3, 4}, "one", "do this"}, {{"b", 0, 0}, "caf\xc3\xa9", ""}}));
      },
      kSmall, "f.h5");
  ASSERT_FALSE(back);
  ASSERT_EQ(back.error().size(), 2u);
  EXPECT_EQ(back.error()[0].text(), "a:3:4: one; do this");
  EXPECT_EQ(back.error()[1].text(), "b: caf\xc3\xa9");
}

// What the library may do with a file that was made to mislead.
TEST(guarded_read, a_reader_that_dies_loops_or_eats_is_one_message) {
  const std::string remedy = "; copy it again from where it is whole, or make it again";
  EXPECT_EQ(said_of([]() -> Result<FileContent> {
              std::raise(SIGKILL);
              return FileContent{};
            }),
            "f.h5: is damaged: the process that reads it dies of signal 9 (Killed)" + remedy);
  EXPECT_NE(said_of([]() -> Result<FileContent> {
              std::raise(SIGSEGV);
              return FileContent{};
            }).find("f.h5: is damaged: the process that reads it "),
            std::string::npos);
  EXPECT_EQ(said_of([]() -> Result<FileContent> { throw std::runtime_error("oh"); }),
            "f.h5: is damaged: reading it failed: oh" + remedy);
}

TEST(guarded_read, a_reader_that_does_not_end_is_ended) {
  const std::string loops = said_of([]() -> Result<FileContent> {
    std::atomic<bool> done = false;
    while (!done) {
    }
    return FileContent{};
  });
  EXPECT_EQ(loops,
            "f.h5: is damaged: reading it does not end within 1 s; copy it again from where it is "
            "whole, or make it again");
}

TEST(guarded_read, a_reader_that_takes_all_memory_is_refused_it) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer has terabytes mapped: there is no such limit";
  const auto eating = []() -> Result<FileContent> {
    FileContent content;
    for (int i = 0; i < 100'000; ++i)
      content.group("g").coordinate("a", std::vector<double>(std::size_t{1} << 20, 1.0), "1", "a");
    return content;
  };
  EXPECT_EQ(said(read_apart(eating, {kSmall.content, seconds(30)}, "f.h5")),
            "f.h5: is damaged: reading it takes more than 256 MiB of memory; copy it again from "
            "where it is whole, or make it again");
}

TEST(guarded_read, threads_read_at_the_same_time) {
  constexpr int kTimes = kSanitized ? 3 : 20;
  const Bytes image = encode(miniature(), "f.h5").value();
  std::vector<std::string> wrong(8);
  std::vector<std::thread> threads;
  for (std::string& mine : wrong)
    threads.emplace_back([&image, &mine] {
      for (int i = 0; i < kTimes && mine.empty(); ++i) {
        const auto read = guarded_decode(image, "f.h5");
        mine = read ? first_difference(miniature(), *read) : said(read);
        if (const auto own = decode(image, "f.h5"); !own) mine = said(own);
      }
    });
  for (std::thread& t : threads) t.join();
  for (const std::string& mine : wrong) EXPECT_EQ(mine, "");
}

// In a program with threads the other process is the program once more.
TEST(guarded_read, a_program_with_threads_says_what_is_wrong_as_one_without_does) {
  Bytes image = encode(miniature(), "f.h5").value();
  image.resize(image.size() / 2);
  std::string alone = said(read_apart([&] { return decode(image, "a b.h5"); }, kSmall, "a b.h5"));
  std::string with_threads;
  std::thread([&] { with_threads = said(guarded_decode(image, "a b.h5")); }).join();
  EXPECT_EQ(with_threads, alone);
  EXPECT_EQ(with_threads.find("a b.h5: "), 0u);
}

/// The plain bytes of a content.
Bytes plain(const Result<FileContent>& content) {
  Bytes out;
  put_plain(content, [&](std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
    return true;
  });
  return out;
}

bool taken(const Bytes& bytes, std::size_t most) {
  std::size_t at = 0;
  Result<FileContent> into;
  return get_plain(
      [&](std::span<std::byte> wanted) {
        if (wanted.size() > bytes.size() - at) return false;
        std::memcpy(wanted.data(), bytes.data() + at, wanted.size());
        at += wanted.size();
        return true;
      },
      most, into);
}

TEST(plain_content, no_byte_that_is_wrong_makes_more_room_than_allowed) {
  const Bytes whole = plain(miniature());
  ASSERT_TRUE(taken(whole, 1'000'000));
  EXPECT_FALSE(taken(whole, 1'000));
  for (std::size_t size = 0; size < whole.size(); size += 7)
    EXPECT_FALSE(
        taken(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), 1'000'000));
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      Bytes damaged = whole;
      damaged[i] ^= static_cast<std::byte>(flip);
      taken(damaged, 1'000'000);  // either way, and never more memory: the sanitizers look on
    }
}

/// Reads a damaged image, with whatever the library does with it.
std::string outcome_of(const Bytes& image) {
  const auto read = read_apart([&] { return decode(image, "f.h5"); }, kSmall, "f.h5");
  if (read) return "read";
  return read.error().front().problem.starts_with("is damaged: ") ? "died" : "refused";
}

std::vector<std::size_t> places_of(const Bytes& image, std::string_view mark) {
  std::vector<std::size_t> out;
  const auto same = [](std::byte b, char c) { return b == static_cast<std::byte>(c); };
  for (auto at = image.begin();; ++at) {
    at = std::search(at, image.end(), mark.begin(), mark.end(), same);
    if (at == image.end()) return out;
    out.push_back(static_cast<std::size_t>(at - image.begin()));
  }
}

// Lengths and numbers of objects in the heaps of strings, of which the library believes any: it
// reads beyond them, or goes round in them for ever. At least one of these must have needed the
// other process, else this shows nothing.
TEST(guarded_read, damaged_heaps_of_strings_are_refused_or_read) {
  const Bytes image = encode(miniature(), "f.h5").value();
  const auto heaps = places_of(image, "GCOL");
  ASSERT_FALSE(heaps.empty());
  std::map<std::string, int> outcomes;
  for (const std::size_t heap : {heaps.front(), heaps.back()})
    for (const std::size_t at : {8U, 9U, 11U, 15U, 16U, 18U, 24U, 25U, 27U, 31U})
      for (const unsigned value : {0U, 0x40U, 0xffU}) {
        Bytes damaged = image;
        damaged[heap + at] = static_cast<std::byte>(value);
        ++outcomes[outcome_of(damaged)];
      }
  EXPECT_GT(outcomes["died"], 0);
  EXPECT_GT(outcomes["refused"], 0);
}

// Any bytes, one to four at a time, as who makes the seal anew may change them.
TEST(guarded_read, a_damaged_file_with_a_new_seal_is_refused_or_read) {
  const ScratchFolder folder;
  const std::string path = folder.path("a.h5");
  const Bytes image = encode(miniature(), path).value();
  Stream draws(13, 0, "damage");
  constexpr int kTimes = 300;
  for (int i = 0; i < kTimes; ++i) {
    Bytes damaged = image;
    for (std::int64_t n = draws.uniform(1, 4); n > 0; --n)
      damaged[static_cast<std::size_t>(
          draws.uniform(0, static_cast<std::int64_t>(image.size()) - 1))] =
          static_cast<std::byte>(draws.uniform(0, 255));
    outcome_of(damaged);
    if (i % 50 != 0) continue;
    seal(damaged);  // the whole way once in a while
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(damaged.data()),
               static_cast<std::streamsize>(damaged.size()));
    const auto read = read_file(path);
    EXPECT_TRUE(read || read.error().front().where.file == path);
  }
}

}  // namespace
}  // namespace mhp::record
