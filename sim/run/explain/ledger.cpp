#include "sim/run/explain/ledger.hpp"

#include <algorithm>

namespace mhp::run {

void Meanwhile::note(const Activity& activity, SimTime from, SimTime to) {
  if (from == to) return;
  if (!stretches_.empty() && stretches_.back().activity == activity &&
      stretches_.back().to == from) {
    stretches_.back().to = to;
  } else {
    stretches_.push_back({activity, from, to});
  }
}

void Ledger::begin(Phase phase, SimTime now, Meanwhile& meanwhile) {
  overlap_ = active_ > 0;
  ++active_;
  if (overlap_) return meanwhile.stretches_.clear();
  phase_ = phase;
  const auto waited_for_others = [&](SimTime until) {
    if (until > cursor_) pass(until, {{phase, Spent::other}, 1});
  };
  for (const Meanwhile::Stretch& s : meanwhile.stretches_) {
    if (s.to <= cursor_) continue;
    waited_for_others(s.from);
    Activity activity = s.activity;
    if (activity.spent != Spent::stage) activity.phase = phase;
    pass(s.to, {activity, 1});
  }
  meanwhile.stretches_.clear();
  waited_for_others(now);
}

void Ledger::work(SimTime now, kernel::Primitive primitive, std::int64_t count,
                  const cost::Price& price, NodeId cpu) {
  const auto what = static_cast<std::uint16_t>(primitive);
  step(now, {{phase_, Spent::work, what, -1, price.memory.value, cpu.value},
             count,
             price.time - price.stall,
             price.stall});
}

void Ledger::wait(SimTime now, Spent what) { step(now, {{phase_, what}, 1}); }

void Ledger::end(SimTime now) {
  close(now);
  if (overlap_ && cursor_ < now) pass(now, {{phase_, Spent::other}, 1});
  --active_;
  mark(Mark::last_operation, now);
}

void Ledger::step(SimTime now, const Entry& next) {
  if (active_ == 0) return;
  close(now);
  open_ = next;
}

void Ledger::close(SimTime now) {
  if (!open_) return;
  if (observer_ != nullptr) observer_->passed(open_->activity, open_->units, cursor_, now);
  pass(now, *open_);
  open_.reset();
}

/// All that passes until then is this entry's; marks on the way are taken.
void Ledger::pass(SimTime until, Entry entry) {
  const std::size_t row = row_of(entry.activity);
  while (!pending_.empty() && pending_.front().at <= until) {
    book(row, pending_.front().at, entry);
    take(pending_.front());
    pending_.erase(pending_.begin());
  }
  book(row, until, entry);
  amounts_[row].units += entry.units;
}

/// Work passes as CPU time first, then as stalls; what goes beyond its price is contention.
void Ledger::book(std::size_t row, SimTime until, Entry& entry) {
  SimTime left = until - cursor_;
  Amounts& a = amounts_[row];
  const auto part = [&left](SimTime& planned, SimTime& booked) {
    const SimTime now = std::min(planned, left);
    booked += now;
    planned -= now;
    left -= now;
  };
  if (entry.activity.spent == Spent::work) {
    part(entry.own, a.own);
    part(entry.stall, a.stall);
    a.contention += left;
  } else {
    a.own += left;
  }
  cursor_ = until;
}

std::size_t Ledger::row_of(const Activity& activity) {
  const std::size_t place = 8U * activity.what + static_cast<std::size_t>(activity.spent) +
                            5U * static_cast<std::size_t>(activity.memory) +
                            3U * static_cast<std::size_t>(activity.phase);
  std::optional<Recent>& recent = recent_[place % recent_.size()];
  if (recent && recent->activity == activity) return recent->row;
  const auto [it, added] = index_.try_emplace(activity, amounts_.size());
  if (added) amounts_.emplace_back();
  recent = {activity, it->second};
  return it->second;
}

void Ledger::mark(Mark mark, SimTime at) {
  if (at <= cursor_) return take({mark, at});
  const auto later =
      std::find_if(pending_.begin(), pending_.end(), [at](const Pending& p) { return p.at > at; });
  pending_.insert(later, {mark, at});
}

void Ledger::take(const Pending& p) {
  marks_[static_cast<std::size_t>(p.mark)] = Snapshot{p.at, amounts_};
}

std::vector<Activity> Ledger::rows() const {
  std::vector<Activity> out(amounts_.size());
  for (const auto& [activity, row] : index_) out[row] = activity;
  return out;
}

std::optional<std::vector<Amounts>> Ledger::between(Mark from, Mark to) const {
  const auto& a = marks_[static_cast<std::size_t>(from)];
  const auto& b = marks_[static_cast<std::size_t>(to)];
  if (!a || !b) return std::nullopt;
  std::vector<Amounts> out(amounts_.size());
  if (a->at >= b->at) return out;
  std::copy(b->amounts.begin(), b->amounts.end(), out.begin());
  for (std::size_t i = 0; i < a->amounts.size(); ++i) {
    const Amounts& before = a->amounts[i];
    out[i] = {out[i].units - before.units, out[i].own - before.own, out[i].stall - before.stall,
              out[i].contention - before.contention};
  }
  return out;
}

}  // namespace mhp::run
