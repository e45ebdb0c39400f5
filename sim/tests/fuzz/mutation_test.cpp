// What libFuzzer does for hours (./dev fuzz), as a test of seconds: the fixtures, with bytes
// changed, cut out, doubled and exchanged between them, the same ones every time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sim/observed/fuzz/one_input.hpp"

namespace mhp::observed::mutation_test {
namespace {

std::vector<std::string> fixtures() {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(MHP_SOURCE_DIR "/sim/observed/fixtures"))
    if (entry.path().extension() == ".txt" || entry.path().extension() == ".bin")
      paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const std::string& path : paths) {
    std::ifstream in(path, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return texts;
}

/// A small generator of its own: which numbers it draws does not matter, that they are the same
/// does.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}
  std::size_t below(std::size_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return n == 0 ? 0 : static_cast<std::size_t>(state_ % n);
  }

 private:
  std::uint64_t state_;
};

std::string mutated(std::string text, const std::vector<std::string>& all, Draw& draw) {
  const std::size_t times = 1 + draw.below(4);
  for (std::size_t i = 0; i < times; ++i) {
    const std::size_t at = draw.below(text.size() + 1);
    const std::size_t length = draw.below(std::min<std::size_t>(200, text.size() - at) + 1);
    const std::string& other = all[draw.below(all.size())];
    switch (draw.below(6)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(draw.below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(at, length));
        break;
      case 3:
        text.insert(at, other.substr(draw.below(other.size()), 200));
        break;
      case 4:
        text.insert(at, std::string(1 + draw.below(30), static_cast<char>('0' + draw.below(10))));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

TEST(Mutations, of_texts_are_read_or_refused_in_one_line) {
  const std::vector<std::string> all = fixtures();
  ASSERT_GE(all.size(), 10u);
  constexpr std::uint64_t kEach = 300;
  for (std::size_t i = 0; i < all.size(); ++i) {
    read_one_input(all[i]);
    Draw draw(i + 1);
    for (std::uint64_t n = 0; n < kEach; ++n) read_one_input(mutated(all[i], all, draw));
  }
}

}  // namespace
}  // namespace mhp::observed::mutation_test
