#include "sim/kernel/mm/buddy_oracle.hpp"

#include <algorithm>

#include "sim/kernel/mm/buddy.hpp"

namespace mhp::kernel {

namespace {
constexpr std::int64_t pages(int order) { return std::int64_t{1} << order; }
}  // namespace

void BuddyOracle::append(std::int64_t start, std::int64_t end) {
  for (std::int64_t p = start; p < end; p += pages(max_order_)) list(max_order_, 1).push_back(p);
}

std::optional<std::int64_t> BuddyOracle::allocate(int order, int type, bool& stealing) {
  if (!stealing || largest_) {
    if (const auto p = smallest(order, type)) return p;
    const auto p = largest_ ? from_largest(order, type) : claimed(order, type);
    if (p || largest_) return p;
  }
  for (int o = order; o <= max_order_; ++o)
    if (const int other = other_type(o, type); other >= 0) {
      stealing = true;
      return split(take_head(o, other), o, order, other);
    }
  return std::nullopt;
}

void BuddyOracle::free(std::int64_t p, int order, int type) {
  for (; order < max_order_ && drop(p ^ pages(order), order); ++order) {
    if (strict_) claim_whole(p ^ pages(order), order, type);
    p &= ~pages(order);
  }
  const std::int64_t up = p & ~pages(order);
  const bool tail = order < max_order_ - 1 && has(up ^ pages(order + 1), order + 1);
  tail ? list(order, type).push_back(p) : list(order, type).push_front(p);
}

int BuddyOracle::type_of(std::int64_t p) const {
  const auto type = types_.find(p / pageblock_pages());
  return type == types_.end() ? 1 : type->second;
}

std::optional<std::int64_t> BuddyOracle::smallest(int order, int type) {
  for (int o = order; o <= max_order_; ++o)
    if (!list(o, type).empty()) return split(take_head(o, type), o, order, type);
  return std::nullopt;
}

int BuddyOracle::other_type(int order, int type) {
  static constexpr int kFallback[3][2] = {{2, 1}, {2, 0}, {0, 1}};
  for (const int other : kFallback[type])
    if (!list(order, other).empty()) return other;
  return -1;
}

void BuddyOracle::claim_whole(std::int64_t p, int order, int type) {
  for (std::int64_t b = p; b < p + pages(order); b += pageblock_pages())
    types_[b / pageblock_pages()] = type;
}

std::optional<std::int64_t> BuddyOracle::claimed(int order, int type) {
  for (int o = max_order_; o >= order; --o) {
    const int other = other_type(o, type);
    if (other < 0 || !may_claim(o, type)) continue;
    const std::int64_t p = list(o, other).front();
    if (o >= pageblock_order_) {
      claim_whole(p, o, type);
      return split(take_head(o, other), o, order, type);
    }
    if (!mostly_alike(p, type)) continue;
    move_inside(p, type);
    types_[p / pageblock_pages()] = type;
    return smallest(order, type);
  }
  return std::nullopt;
}

std::optional<std::int64_t> BuddyOracle::from_largest(int order, int type) {
  int o = max_order_;
  while (o >= order && other_type(o, type) < 0) --o;
  if (o < order) return std::nullopt;
  if (!may_claim(o, type))
    for (o = order; other_type(o, type) < 0;) ++o;
  const int other = other_type(o, type);
  const std::int64_t p = list(o, other).front();
  const bool whole = o >= pageblock_order_;
  const bool claim = whole || (may_claim(o, type) && mostly_alike(p, type));
  if (strict_ && !claim) return split(take_head(o, other), o, order, other);
  if (!whole && may_claim(o, type)) {
    move_inside(p, type);
  } else {
    list(o, type).push_back(take_head(o, other));
  }
  if (claim)
    claim_whole(p / pageblock_pages() * pageblock_pages(), std::max(o, pageblock_order_), type);
  return smallest(order, type);
}

std::int64_t BuddyOracle::take_head(int order, int type) {
  const std::int64_t p = list(order, type).front();
  list(order, type).pop_front();
  return p;
}

std::int64_t BuddyOracle::split(std::int64_t p, int from, int to, int type) {
  while (from-- > to) list(from, type).push_front(p + pages(from));
  return p;
}

bool BuddyOracle::has(std::int64_t p, int order) {
  for (int t = 0; t < 3; ++t)
    if (std::find(list(order, t).begin(), list(order, t).end(), p) != list(order, t).end())
      return true;
  return false;
}

bool BuddyOracle::drop(std::int64_t p, int order) {
  for (int t = 0; t < 3; ++t) {
    const auto it = std::find(list(order, t).begin(), list(order, t).end(), p);
    if (it != list(order, t).end()) return list(order, t).erase(it), true;
  }
  return false;
}

std::vector<std::pair<std::int64_t, int>> BuddyOracle::inside(std::int64_t p) {
  const std::int64_t start = p / pageblock_pages() * pageblock_pages();
  std::vector<std::pair<std::int64_t, int>> found;
  for (int o = 0; o < pageblock_order_; ++o)
    for (int t = 0; t < 3; ++t)
      for (const std::int64_t q : list(o, t))
        if (q >= start && q < start + pageblock_pages()) found.emplace_back(q, o);
  std::sort(found.begin(), found.end());
  return found;
}

bool BuddyOracle::mostly_alike(std::int64_t p, int type) {
  const std::int64_t start = p / pageblock_pages() * pageblock_pages();
  std::set<std::int64_t> free;
  for (const auto& [q, o] : inside(p))
    for (std::int64_t page = q; page < q + pages(o); ++page) free.insert(page);
  std::int64_t good = 0;
  for (std::int64_t page = start; page < start + pageblock_pages(); ++page) {
    const bool can_move = movable_ && movable_->contains(page);
    const bool alike = movable_ && (type == 1 ? can_move : type_of(p) == 1 && !can_move);
    good += free.contains(page) || alike ? 1 : 0;
  }
  return good >= pageblock_pages() / 2;
}

void BuddyOracle::move_inside(std::int64_t p, int type) {
  const auto found = inside(p);
  for (const auto& [q, o] : found) drop(q, o);
  for (const auto& [q, o] : found) list(o, type).push_back(q);
}

}  // namespace mhp::kernel
