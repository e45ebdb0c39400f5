#include "sim/run/timeline/recorder.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>

namespace mhp::run {

namespace {
constexpr std::uint16_t kNames = 256;
}  // namespace

bool LongestSpans::Entry::operator>(const Entry& o) const {
  return std::tuple(span.length(), -int{span.depth}, -order) >
         std::tuple(o.span.length(), -int{o.span.depth}, -o.order);
}

void LongestSpans::add(const Span& span) {
  Entry entry{span, given_++};
  if (heap_.size() < most_) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
    return;
  }
  ++kept_.dropped;
  if (most_ > 0 && entry > heap_.front()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    std::swap(heap_.back(), entry);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
  kept_.dropped_time += entry.span.length();
}

SpansKept LongestSpans::kept() const {
  SpansKept out = kept_;
  out.kept = static_cast<std::int64_t>(heap_.size());
  return out;
}

std::vector<Span> LongestSpans::take() {
  std::vector<Span> out;
  out.reserve(heap_.size());
  for (const Entry& e : heap_) out.push_back(e.span);
  *this = LongestSpans(most_);
  return out;
}

TimelineRecorder::TimelineRecorder(std::size_t most) : spans_(kTrackKinds, LongestSpans(most)) {}

std::uint32_t TimelineRecorder::track(Track track) {
  tracks_.push_back(std::move(track));
  return static_cast<std::uint32_t>(tracks_.size() - 1);
}

// A file tells names apart by a byte; the last stands for all further ones.
std::uint16_t TimelineRecorder::name(std::string_view word) {
  if (const auto it = numbers_.find(word); it != numbers_.end()) return it->second;
  if (names_.size() == kNames) return kNames - 1;
  const auto number = static_cast<std::uint16_t>(names_.size());
  numbers_.emplace(word, number);
  names_.emplace_back(word);
  std::replace(names_.back().begin(), names_.back().end(), ' ', '_');
  return number;
}

void TimelineRecorder::add(const Span& span) {
  spans_[static_cast<std::size_t>(tracks_[span.track].kind)].add(span);
}

Timeline TimelineRecorder::take() {
  Timeline out;
  for (std::size_t k = 0; k < kTrackKinds; ++k) {
    out.kinds[k] = spans_[k].kept();
    const auto spans = spans_[k].take();
    out.spans.insert(out.spans.end(), spans.begin(), spans.end());
  }
  // Only what is used, tracks by their kind.
  constexpr auto kUnused = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> track_number(tracks_.size(), kUnused);
  std::vector<bool> used(tracks_.size());
  for (const Span& s : out.spans) {
    used[s.track] = true;
    if (s.by >= 0) used[static_cast<std::size_t>(s.by)] = true;
  }
  std::vector<std::uint32_t> order;
  for (std::uint32_t t = 0; t < tracks_.size(); ++t)
    if (used[t]) order.push_back(t);
  std::stable_sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::tie(tracks_[a].kind, tracks_[a].device) <
           std::tie(tracks_[b].kind, tracks_[b].device);
  });
  for (const std::uint32_t t : order) {
    track_number[t] = static_cast<std::uint32_t>(out.tracks.size());
    out.tracks.push_back(std::move(tracks_[t]));
  }
  for (Span& s : out.spans) {
    s.track = track_number[s.track];
    if (s.by >= 0) s.by = track_number[static_cast<std::size_t>(s.by)];
  }
  // A moment comes before what begins then.
  std::sort(out.spans.begin(), out.spans.end(), [](const Span& a, const Span& b) {
    return std::tuple(a.track, a.begin, a.begin < a.end, b.end, a.depth, a.name, a.block) <
           std::tuple(b.track, b.begin, b.begin < b.end, a.end, b.depth, b.name, b.block);
  });
  std::vector<std::uint16_t> name_number(names_.size(), 0);
  std::vector<bool> named(names_.size());
  for (const Span& s : out.spans) named[s.name] = true;
  for (std::size_t n = 0; n < names_.size(); ++n) {
    if (!named[n]) continue;
    name_number[n] = static_cast<std::uint16_t>(out.names.size());
    out.names.push_back(names_[n]);
  }
  for (Span& s : out.spans) s.name = name_number[s.name];
  tracks_.clear();
  names_.clear();
  numbers_.clear();
  return out;
}

void Neighbours::add(const Span& span) {
  if (span.begin == span.end) return;
  const auto tells = [](const Span& s) {
    return std::tuple(s.track, s.name, s.kind, s.depth, s.result, s.device, s.block, s.by);
  };
  if (any_ && last_.end == span.begin && tells(last_) == tells(span)) {
    last_.end = span.end;
    last_.units += span.units;
    return;
  }
  flush();
  last_ = span;
  any_ = true;
}

void Neighbours::flush() {
  if (std::exchange(any_, false)) recorder_->add(last_);
}

void Lanes::add(Span span) {
  if (span.begin == span.end) return;
  Row& row = rows_[free_row(span.begin)];
  span.track = row.track;
  row.free_from = span.end;
  row.spans.add(span);
}

std::size_t Lanes::open(SimTime now) {
  const std::size_t row = free_row(now);
  rows_[row].open = true;
  return row;
}

void Lanes::close(std::size_t index, Span span) {
  Row& row = rows_[index];
  span.track = row.track;
  row.open = false;
  row.free_from = span.end;
  row.spans.flush();
  recorder_.add(span);
}

std::uint32_t Lanes::main_track() {
  if (rows_.empty()) free_row(SimTime{});
  return rows_.front().track;
}

void Lanes::flush() {
  for (Row& row : rows_) row.spans.flush();
}

std::size_t Lanes::free_row(SimTime from) {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (!rows_[i].open && rows_[i].free_from <= from) return i;
  Track track = first_;
  track.lane = static_cast<std::int32_t>(rows_.size());
  rows_.push_back({recorder_.track(std::move(track)), SimTime{}, false, Neighbours(recorder_)});
  return rows_.size() - 1;
}

}  // namespace mhp::run
