#pragma once

#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "sim/kernel/counting_host.hpp"
#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel {

/// For tests: sees what is free in a zone at each lock and release.
struct FreeAtLocks : CountingHost {
  explicit FreeAtLocks(Zone& zone) : zone_(zone) {}
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    if (step.kind == Step::Kind::acquire) at_lock.push_back(zone_.buddy.free_pages());
    if (step.kind == Step::Kind::release) at_release.push_back(zone_.buddy.free_pages());
    return CountingHost::perform(step, resume);
  }
  std::vector<PageCount> at_lock, at_release;

 private:
  Zone& zone_;
};

/// For tests: grants everything and sees whether free lists change while their zone's lock is not
/// held.
class LockWatch : public CountingHost {
 public:
  explicit LockWatch(Mm& mm) : mm_(mm) { free_ = look(); }

  /// Called between steps, after so many of them: what somebody else does meanwhile.
  void meanwhile(std::int64_t steps, std::function<void()> what) {
    meanwhile_ = std::move(what);
    left_ = steps;
  }
  bool perform(const Step& step, std::coroutine_handle<> resume) override {
    compare();
    const bool zone_lock = step.what == static_cast<std::uint16_t>(Lock::zone_lock);
    if (zone_lock && step.kind == Step::Kind::acquire) held_.insert(step.where);
    if (zone_lock && step.kind == Step::Kind::release) held_.erase(step.where);
    if (meanwhile_ && held_.empty() && left_-- <= 0) {
      std::exchange(meanwhile_, nullptr)();
      free_ = look();
    }
    return CountingHost::perform(step, resume);
  }

  /// Whether what was to happen meanwhile has not: the operation had fewer steps.
  bool over() const { return static_cast<bool>(meanwhile_); }
  /// Changes that were seen so far, with the lock and without.
  std::int64_t locked() {
    compare();
    return locked_;
  }
  std::int64_t unlocked() {
    compare();
    return unlocked_;
  }

 private:
  std::vector<PageCount> look() const {
    std::vector<PageCount> free;
    for (std::size_t n = 0; n < mm_.nodes(); ++n)
      for (const Zone& z : mm_.node(NodeId{static_cast<std::int32_t>(n)}).zones)
        free.push_back(z.buddy.free_pages());
    return free;
  }
  void compare() {
    const std::vector<PageCount> now = look();
    for (std::size_t z = 0; z < now.size(); ++z)
      if (now[z] != free_[z])
        ++(held_.contains(static_cast<std::int32_t>(z)) ? locked_ : unlocked_);
    free_ = now;
  }

  Mm& mm_;
  std::vector<PageCount> free_;  // by zone_index()
  std::set<std::int32_t> held_;
  std::int64_t locked_ = 0;
  std::int64_t unlocked_ = 0;
  std::function<void()> meanwhile_;
  std::int64_t left_ = 0;
};

}  // namespace mhp::kernel
