#include "sim/run/recording/recorder.hpp"

#include <algorithm>
#include <utility>

namespace mhp::run {

namespace {

std::size_t columns_of(const std::vector<SeriesSource>& sources) {
  std::size_t n = 0;
  for (const SeriesSource& s : sources) n += s.places;
  return n;
}

/// The first column of a quantity among its like.
std::size_t column_of(const std::vector<SeriesSource>& sources, const std::string& name) {
  std::size_t at = 0;
  for (const SeriesSource& s : sources) {
    if (s.quantity.name == name) break;
    at += s.places;
  }
  return at;
}

std::vector<std::string> names_of(const System& system) {
  std::vector<std::string> names;
  for (const config::Workload& w : system.scenario.workloads) names.push_back(w.prefix);
  return names;
}

}  // namespace

Recorder::Recorder(System& system, const Workloads& workloads)
    : system_(system),
      workloads_(workloads),
      watched_(watched_sources(system)),
      read_(read_sources(system, workloads)),
      watched_columns_(columns_of(watched_)),
      values_(watched_columns_ + columns_of(read_)),
      locks_at_(column_of(watched_, "lock_waiters")),
      resources_at_(column_of(watched_, "bandwidth")),
      stalled_at_(column_of(watched_, "psi_stalled")),
      busy_(system.memory.resources(), {system.engine.now(), {}}),
      began_(system.engine.now()),
      buckets_(
          std::make_unique<Buckets>(values_.size(), watched_columns_, kFirstLength, kMost - 2)) {
  system_.locks.kernel_traffic.emplace(system.topology.nodes() * system.topology.nodes());
  waits_.fill({began_, {}});
  look_at_all();
  const auto now = values_at(began_);
  first_.assign(now.begin(), now.end());
}

// What the last event has left lasts until this one.
void Recorder::on_event(const engine::EventView& event) {
  while (event.time - began_ > buckets_->end())
    buckets_->close(values_at(began_ + buckets_->end()));
}

void Recorder::on_event_done(const engine::EventView& event) {
  follow_locks_and_resources(event.time);
}

void Recorder::look_at_all() {
  double* at = values_.data();
  for (const SeriesSource& s : watched_) {
    s.read(began_, at);
    at += s.places;
  }
  buckets_->look({values_.data(), watched_columns_});
}

void Recorder::set(std::size_t column, double value) {
  values_[column] = value;
  buckets_->look(column, value);
}

// Free pages of zones are the first columns, by zone_index.
void Recorder::zones_changed(std::span<const std::size_t> zones, SimTime) {
  for (const std::size_t zone : zones)
    set(zone, static_cast<double>(system_.mm.zone(zone).free_by_use().value));
}

void Recorder::follow_locks_and_resources(SimTime now) {
  const auto stalled = static_cast<double>(system_.locks.pressure.stalled());
  if (values_[stalled_at_] != stalled) set(stalled_at_, stalled);
  const auto waiting = lock_waiters(system_.locks);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (values_[locks_at_ + i] == static_cast<double>(waiting[i])) continue;
    waits_[i] = {now, waited(i, now)};
    set(locks_at_ + i, static_cast<double>(waiting[i]));
  }
  system_.memory.take_changed([&](std::size_t r) {
    Lasting& busy = busy_[r];
    if (values_[resources_at_ + r] > 0) busy.sum += now - busy.since;
    busy.since = now;
    set(resources_at_ + r, bytes_per_second(system_.memory.load(r)));
  });
}

SimTime Recorder::waited(std::size_t lock, SimTime until) const {
  const Lasting& w = waits_[lock];
  return w.sum + (until - w.since) * static_cast<std::int64_t>(values_[locks_at_ + lock]);
}

std::span<const double> Recorder::values_at(SimTime time) {
  double* at = values_.data() + watched_columns_;
  for (const SeriesSource& s : read_) {
    if (s.read)
      s.read(time, at);
    else  // lock_wait
      for (std::size_t i = 0; i < waits_.size(); ++i)
        at[i] = static_cast<double>(waited(i, time).value);
    at += s.places;
  }
  return values_;
}

SeriesRecord Recorder::series() {
  SeriesRecord out;
  out.time.push_back(began_);
  for (const SimTime end : buckets_->ends()) out.time.push_back(began_ + end);
  out.locks = lock_names();
  for (const TrafficRecord& t : traffic_of(system_)) out.resources.push_back(t.name);
  out.workloads = names_of(system_);
  std::size_t column = 0;
  for (auto* sources : {&watched_, &read_})
    for (SeriesSource& source : *sources) {
      SeriesQuantity q = source.quantity;
      const auto take = [&](std::vector<double>& into, auto of_bucket) {
        for (std::size_t p = 0; p < source.places; ++p) into.push_back(first_[column + p]);
        for (std::size_t b = 0; b < buckets_->size(); ++b)
          for (std::size_t p = 0; p < source.places; ++p) into.push_back(of_bucket(b, column + p));
      };
      take(q.values, [&](std::size_t b, std::size_t c) { return buckets_->last(b, c); });
      if (sources == &watched_) {
        take(q.least, [&](std::size_t b, std::size_t c) { return buckets_->least(b, c); });
        take(q.most, [&](std::size_t b, std::size_t c) { return buckets_->most(b, c); });
      }
      column += source.places;
      out.quantities.push_back(std::move(q));
    }
  fill_rates(out);
  return out;
}

// A mean lies between the extremes but for rounding.
void Recorder::fill_rates(SeriesRecord& series) {
  const auto named = [&](const char* name) {
    return std::find_if(series.quantities.begin(), series.quantities.end(),
                        [&](const SeriesQuantity& q) { return q.name == name; });
  };
  SeriesQuantity& rate = *named("bandwidth");
  const SeriesQuantity& moved = *named("moved");
  const std::size_t places = busy_.size();
  for (std::size_t i = places; i < rate.values.size(); ++i) {
    const std::size_t t = i / places;
    const auto ns = static_cast<double>((series.time[t] - series.time[t - 1]).value);
    const double mean = (moved.values[i] - moved.values[i - places]) / ns * 1e9;
    rate.values[i] = std::clamp(mean, rate.least[i], rate.most[i]);
  }
}

Recording Recorder::conclude() {
  const SimTime now = system_.engine.now();
  on_event({now, 0, nullptr, nullptr});
  follow_locks_and_resources(now);
  const auto values = values_at(now);
  if (now > began_)
    buckets_->close_at(now - began_, values);
  else
    first_.assign(values.begin(), values.end());
  Recording out;
  out.series = series();
  out.latency = latencies(workloads_, out.series.workloads);
  out.sections = section_runs(system_);
  out.traffic = traffic_of(system_);
  for (std::size_t r = 0; r < busy_.size(); ++r) {
    const bool busy = values_[resources_at_ + r] > 0;
    out.traffic[r].busy = busy_[r].sum + (busy ? now - busy_[r].since : SimTime{});
  }
  return out;
}

}  // namespace mhp::run
