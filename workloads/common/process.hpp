#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "sim/kernel/mm/mempolicy.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/kernel/mm/reclaim/oom.hpp"
#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "workloads/common/tally.hpp"

namespace mhp::workloads {

/// A process of a workload as the OOM killer sees it. If it is chosen, its memory goes at once, as
/// the OOM reaper takes it; what its threads then still do, they find out from lives().
class Process final : public kernel::OomTask {
 public:
  /// `pages`: what its end would free; `reap`: frees it.
  Process(kernel::Mm& mm, Tally& tally, std::function<PageCount()> pages,
          std::function<void(kernel::Receipt&)> reap, kernel::MemcgId memcg = {},
          kernel::MemPolicy policy = {})
      : mm_(mm),
        tally_(tally),
        pages_(std::move(pages)),
        reap_(std::move(reap)),
        memcg_(memcg),
        policy_(std::move(policy)) {
    mm_.reclaim().oom_killer().add(*this);
  }
  ~Process() override { mm_.reclaim().oom_killer().remove(*this); }

  /// How often it has been killed: changes if its memory is gone.
  std::int64_t lives() const { return lives_; }

  PageCount oom_pages() const override { return pages_(); }
  kernel::MemcgId memcg() const override { return memcg_; }
  const kernel::NodeMask* bound_nodes() const override { return policy_.bound_nodes(); }
  void oom_kill(kernel::Receipt& receipt) override {
    ++lives_;
    tally_.kill();
    reap_(receipt);
  }
  bool oom_dying() const override { return false; }

 private:
  kernel::Mm& mm_;
  Tally& tally_;
  std::function<PageCount()> pages_;
  std::function<void(kernel::Receipt&)> reap_;
  const kernel::MemcgId memcg_;
  const kernel::MemPolicy policy_;
  std::int64_t lives_ = 0;
};

}  // namespace mhp::workloads
