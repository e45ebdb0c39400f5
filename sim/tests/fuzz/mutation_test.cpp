// What libFuzzer does for hours (./dev fuzz), as a test of seconds: of every target the inputs that
// it begins with, and so many changed ones, the same every time.
#include "sim/tests/fuzz/mutation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/core/sanitized.hpp"
#include "sim/tests/fuzz/target.hpp"

namespace mhp::fuzz {
namespace {

/// MHP_READERS_SEED=N draws other changes, and ten times as many: for the night.
int other_seed() {
  const char* seed = std::getenv("MHP_READERS_SEED");
  return seed == nullptr ? 0 : std::atoi(seed);
}

class Readers : public testing::TestWithParam<std::string> {};

TEST_P(Readers, take_or_refuse_what_is_changed) {
  const Target& target = *targets().find(GetParam());
  const std::vector<std::string> seeds = target.seeds();
  ASSERT_FALSE(seeds.empty());
  for (const std::string& first : seeds) {
    ASSERT_FALSE(first.empty()) << "a seed is missing";
    target.read(first);
  }
  const int seed = other_seed();
  const int usual =
      kSanitized ? target.cases / 4 : target.cases;  // where all takes ten times as long
  const int cases = seed == 0 ? usual : 10 * usual;
  Draw draw(target.name.size() + 1000 * static_cast<std::size_t>(seed));
  for (int i = 0; i < cases; ++i)
    target.read(mutated(seeds[static_cast<std::size_t>(i) % seeds.size()], seeds, draw));
}

INSTANTIATE_TEST_SUITE_P(fuzz, Readers, testing::ValuesIn(targets().names()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace mhp::fuzz
