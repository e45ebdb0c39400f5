#include "sim/tests/fuzz/mutation.hpp"

#include <algorithm>

namespace mhp::fuzz {

std::size_t Draw::below(std::size_t n) {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return n == 0 ? 0 : static_cast<std::size_t>(state_ % n);
}

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
        text.insert(at, other.substr(draw.below(other.size() + 1), 200));
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

}  // namespace mhp::fuzz
