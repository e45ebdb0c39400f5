#include "sim/kernel/mm/reclaim/memcg.hpp"

#include <algorithm>

#include "sim/core/invariant.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

MemcgTask::MemcgTask(Memcgs& all, MemcgId memcg, NodeId node)
    : all_(all), memcg_(memcg), node_(node) {
  all_.tasks_.push_back(this);
}

MemcgTask::~MemcgTask() {
  all_.drain_stock(*this);
  std::erase(all_.tasks_, this);
}

Memcgs::Memcgs(Mm& mm, Reclaim& reclaim) : mm_(mm), reclaim_(reclaim), all_(1), iters_(mm.nodes()) {
  all_.front().cost.resize(mm.nodes());
}

MemcgId Memcgs::create(const MemcgConfig& config) {
  const auto limit = [&](Bytes b) {
    return b.value > 0 ? PageCount{b.value / mm_.geometry().page_size()} : Memcg::kUnlimited;
  };
  Memcg memcg;
  memcg.name = config.name;
  memcg.max = limit(config.memory_max);
  memcg.high = limit(config.memory_high);
  memcg.low = PageCount{config.memory_low.value / mm_.geometry().page_size()};
  memcg.swap_max = limit(config.memory_swap_max);
  memcg.cost.resize(mm_.nodes());
  all_.push_back(std::move(memcg));
  reclaim_.lru().add_memcg();
  reclaim_.multi_gen_lru().add_memcg();
  return MemcgId{static_cast<std::uint16_t>(all_.size() - 1)};
}

std::optional<MemcgId> Memcgs::find(std::string_view name) const {
  for (std::size_t m = 1; m < all_.size(); ++m)
    if (all_[m].name == name) return MemcgId{static_cast<std::uint16_t>(m)};
  return std::nullopt;
}

void Memcgs::uncharge(MemcgId id, PageCount pages) {
  if (id.is_root()) return;
  Memcg& memcg = (*this)[id];
  MHP_INVARIANT(pages <= memcg.usage, "cgroup {} gives {} pages back and has {}", memcg.name,
                pages.value, memcg.usage.value);
  memcg.usage -= pages;
}

void Memcgs::reclaimed(MemcgId id, PageCount pages) {
  if (id.is_root()) return;
  (*this)[id].events.reclaimed += pages;
  uncharge(id, pages);
}

bool Memcgs::charge_swap(MemcgId id, PageCount pages) {
  if (id.is_root()) return true;
  if (swap_margin(id) < pages) return false;
  (*this)[id].swap += pages;
  return true;
}

void Memcgs::uncharge_swap(MemcgId id, PageCount pages) {
  if (!id.is_root()) (*this)[id].swap -= pages;
}

PageCount Memcgs::swap_margin(MemcgId id) const {
  const Memcg& memcg = (*this)[id];
  return memcg.swap_max > memcg.swap ? memcg.swap_max - memcg.swap : PageCount{0};
}

PageCount Memcgs::protection(MemcgId target, MemcgId id) const {
  return id.is_root() || id == target ? PageCount{0} : (*this)[id].low;
}

bool Memcgs::below_low(MemcgId target, MemcgId id) const {
  if (id.is_root() || id == target) return false;
  return (*this)[id].low >= (*this)[id].usage;
}

std::optional<MemcgId> Memcgs::after(std::optional<MemcgId> last) const {
  const std::size_t next = last ? last->index() + 1 : 0;
  if (next == all_.size()) return std::nullopt;
  return MemcgId{static_cast<std::uint16_t>(next)};
}

// A partial walk joins the round that is under way on the node, and ends with it; who comes at its
// very end begins the next one, so that it sees at least one memory cgroup.
std::optional<MemcgId> Memcgs::next(MemcgWalk& walk) {
  if (!walk.target.is_root()) {
    if (walk.last) return std::nullopt;
    return walk.last = walk.target;
  }
  if (!walk.partial) {
    const auto next = after(walk.last);
    if (next) walk.last = next;
    return next;
  }
  Iter& iter = iters_[walk.node.index()];
  if (walk.last && walk.generation != iter.generation) return std::nullopt;
  iter.position = after(iter.position);
  if (!iter.position) {
    ++iter.generation;
    if (walk.last) return std::nullopt;
    iter.position = after(std::nullopt);
  }
  walk.generation = iter.generation;
  return walk.last = iter.position;
}

void Memcgs::drain_stock(MemcgTask& task) {
  uncharge(task.memcg_, task.stock_);
  task.stock_ = {};
}

void Memcgs::drain_all_stock(MemcgId id) {
  for (MemcgTask* task : tasks_)
    if (task->memcg_ == id) drain_stock(*task);
}

void Memcgs::validate() const {
  const Lru& lru = reclaim_.lru();
  for (std::size_t m = 1; m < all_.size(); ++m) {
    const Memcg& memcg = all_[m];
    PageCount listed;
    for (std::size_t n = 0; n < mm_.nodes(); ++n)
      for (std::size_t l = 0; l < kLruLists; ++l)
        listed += lru.size(
            LruVec{NodeId{static_cast<std::int32_t>(n)}, MemcgId{static_cast<std::uint16_t>(m)}},
            static_cast<LruList>(l));
    for (const MemcgTask* task : tasks_)
      if (task->memcg_.index() == m) listed += task->stock_;
    MHP_INVARIANT(listed <= memcg.usage && memcg.usage <= memcg.max,
                  "cgroup {}: {} pages charged, of at most {}; {} are on the lists or in stock",
                  memcg.name, memcg.usage.value, memcg.max.value, listed.value);
  }
}

}  // namespace mhp::kernel
