#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/random.hpp"
#include "sim/tests/random/draft.hpp"

namespace mhp::random {

/// Draws from one stream.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t number) : stream_(seed, number, "random scenario") {}

  std::int64_t number(std::int64_t lo, std::int64_t hi) { return stream_.uniform(lo, hi); }
  bool chance(std::int64_t percent) { return number(0, 99) < percent; }
  std::string of(const std::vector<std::string>& words) {
    return words[static_cast<std::size_t>(number(0, std::ssize(words) - 1))];
  }
  std::string quoted(const std::vector<std::string>& words) { return '"' + of(words) + '"'; }
  std::string integer(std::int64_t lo, std::int64_t hi) {
    return fmt::format("{}", number(lo, hi));
  }
  /// "5GiB" between two numbers of that unit, quoted.
  std::string amount(std::int64_t lo, std::int64_t hi, const char* unit) {
    return fmt::format("\"{}{}\"", number(lo, hi), unit);
  }
  std::string truth() { return chance(50) ? "true" : "false"; }

 private:
  Stream stream_;
};

/// Adds lines to a table of a draft.
class Writer {
 public:
  Writer(Dice& dice, DraftTable& table) : dice_(dice), table_(table) {}

  Writer& line(const char* key, std::string value) {
    table_.lines.emplace_back(key, std::move(value));
    return *this;
  }
  /// In so many percent of all scenarios.
  template <class F>
  Writer& maybe(std::int64_t percent, const char* key, F&& value) {
    return dice_.chance(percent) ? line(key, value()) : *this;
  }

 private:
  Dice& dice_;
  DraftTable& table_;
};

/// A [[workload]] table with a name of its own.
DraftTable draw_workload(Dice& dice, std::int64_t nodes, std::int64_t number, bool cgroup);

}  // namespace mhp::random
