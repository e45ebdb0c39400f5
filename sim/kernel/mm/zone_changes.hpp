#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mhp::kernel {

/// Which zones have other free pages, managed pages or watermarks than when somebody looked last: a
/// bit for each, so that whoever follows zones after every event looks at few. Before the first
/// look all have.
class ZoneChanges {
 public:
  /// The bit of one zone. One that belongs to nobody tells nobody.
  class Mark {
   public:
    Mark() = default;
    void set() const {
      if (word_ != nullptr) *word_ |= bit_;
    }

   private:
    friend class ZoneChanges;
    Mark(std::uint64_t* word, std::uint64_t bit) : word_(word), bit_(bit) {}
    std::uint64_t* word_ = nullptr;
    std::uint64_t bit_ = 0;
  };

  explicit ZoneChanges(std::size_t zones) : words_((zones + kBits - 1) / kBits) {
    for (std::size_t z = 0; z < zones; ++z) mark(z).set();
  }
  ZoneChanges(const ZoneChanges&) = delete;
  ZoneChanges& operator=(const ZoneChanges&) = delete;

  Mark mark(std::size_t zone) {
    return {&words_[zone / kBits], std::uint64_t{1} << (zone % kBits)};
  }

  /// Calls `seen(zone)` for every zone that has changed, by number; none has from then on.
  template <class Seen>
  void take(Seen&& seen) {
    for (std::size_t w = 0; w < words_.size(); ++w)
      for (; words_[w] != 0; words_[w] &= words_[w] - 1)
        seen(w * kBits + static_cast<std::size_t>(std::countr_zero(words_[w])));
  }

 private:
  static constexpr std::size_t kBits = 64;
  std::vector<std::uint64_t> words_;
};

}  // namespace mhp::kernel
