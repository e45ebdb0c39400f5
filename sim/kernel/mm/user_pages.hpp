#pragma once

#include <cstdint>
#include <vector>

#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

/// Single movable pages that one process holds, as anonymous memory is. Takes no time.
class UserPages final : public PageOwner {
 public:
  explicit UserPages(Mm& mm) : mm_(mm) { mm_.add_owner(*this); }
  ~UserPages() override { mm_.remove_owner(*this); }
  UserPages(const UserPages&) = delete;
  UserPages& operator=(const UserPages&) = delete;

  /// Takes pages, `node` preferred; returns how many there were.
  PageCount take(PageCount wanted, NodeId node);
  void free_all();
  PageCount held() const { return PageCount{static_cast<std::int64_t>(pages_.size())}; }

  PageCount pages_in(PfnRange range) const override;
  void migrate(PfnRange range, const Move& move) override;

 private:
  Mm& mm_;
  std::vector<Pfn> pages_;
};

}  // namespace mhp::kernel
