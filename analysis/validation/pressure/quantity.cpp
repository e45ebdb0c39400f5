#include "analysis/validation/pressure/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/validation/pressure/counters.hpp"

namespace mhp::pressure {

namespace {

// Pages move between free memory and per-CPU lists by batches (pcp->batch, zone_batchsize).
constexpr double kBatch = 63;
// The memmap of a section is had as a whole or page by page.
constexpr double kSectionPages = 512;
// Fewer pages than this that anybody reclaimed have no share worth a name.
constexpr std::int64_t kFewPages = 1024;
constexpr std::int64_t kOne = 1;
// Half of what modules, file system and init leave in the page cache (390 pages where nothing else
// was done: q-612-512M-grow-swap, first snapshot after boot).
constexpr double kSetUpFilePages = 200;
// One class each, however they are counted: by list, by file or by process.
constexpr const char* kFilePages = "file pages";
constexpr const char* kAnonPages = "anonymous pages";

class Quantities {
 public:
  Quantities(const Recording& recording, const Story& story, bool all)
      : recording_(recording),
        story_(story),
        all_(all),
        pages_(kBatch * static_cast<double>(recording.cpus)),
        pool_(std::any_of(recording.script().begin(), recording.script().end(),
                          [](const Step& s) { return s.sets_pool(); })) {}

  std::vector<Quantity> all() {
    put("panicked", "panicked", Kind::outcome, std::int64_t{story_.panicked}, 0);
    for (std::size_t i = 0; i < recording_.script().size(); ++i) step(i);
    return std::move(out_);
  }

 private:
  void put(std::string name, std::string class_name, Kind kind, double value, double floor) {
    out_.push_back({std::move(name), std::move(class_name), kind, value, floor});
  }
  void put(std::string name, std::string class_name, Kind kind, std::int64_t value, double floor) {
    put(std::move(name), std::move(class_name), kind, static_cast<double>(value), floor);
  }

  void step(std::size_t i) {
    const Step& s = recording_.script()[i];
    if (const auto it = story_.added.find(i); it != story_.added.end())
      put(s.name + " added", "added", Kind::outcome, std::int64_t{it->second}, 0);
    if (s.op == Op::add) traced_ += (traced_.empty() ? "" : "+") + s.name;
    if (s.op == Op::trace) trace(i);
    if (const auto it = story_.offline.find(i); it != story_.offline.end()) {
      put(s.name + " blocks offline", "blocks offline", Kind::outcome, it->second, 0);
      offlined_ = true;
    }
    if (const auto it = story_.resident.find(i); it != story_.resident.end())
      put(fmt::format("{} cached ({})", s.name, ++looks_[s.name]), kFilePages, Kind::amount,
          it->second, pages_);
    if (const auto it = story_.kids.find(i); it != story_.kids.end()) kids(it->second);
    if (const auto it = story_.points.find(i); it != story_.points.end()) point(s, it->second);
  }

  /// Of what was added since the trace began, if anything was.
  void trace(std::size_t i) {
    const auto it = story_.pieces.find(i);
    if (it != story_.pieces.end() && !traced_.empty()) {
      put(traced_ + " memmap leaves", "memmap leaves", Kind::pieces, it->second.order9, 1);
      put(traced_ + " memmap base pages", "memmap base pages", Kind::amount, it->second.base_pages,
          kSectionPages / 2);
    }
    traced_.clear();
  }

  void kids(const std::vector<Kid>& list) {
    ++kid_looks_;
    for (const Kid& kid : list) {
      const auto name = [&](const char* what) {
        return fmt::format("process {} {} ({})", kid.number, what, kid_looks_);
      };
      put(name("alive"), "alive", Kind::outcome, std::int64_t{kid.alive}, 0);
      if (!kid.alive)
        put(name("taken, MiB"), "taken", Kind::amount, kid.done, 1);
      else if (kid.rss)
        put(name("resident"), kAnonPages, Kind::amount, *kid.rss, pages_);
    }
  }

  void point(const Step& s, const Point& p) {
    if (last_ != nullptr) {
      levels(s.name, p);
      // Up to the first snapshot after boot the script sets its scene.
      if (intervals_++ > 0) interval(s.name, p);
    } else {
      boot_ = &p;
    }
    last_ = &p;
    offlined_ = false;
  }

  void interval(const std::string& label, const Point& p) {
    const auto rise = [&](const auto& of) { return of(p.events) - of(last_->events); };
    for (const Rise& r : rises()) {
      const char* moved = offlined_ ? "pages moved by offlining" : "pages moved by compaction";
      put(label + " " + r.name, is_moved(r) ? moved : r.name, r.kind, rise(r.sum),
          r.pages                  ? pages_
          : r.kind == Kind::amount ? 1
                                   : 0);
    }
    const std::int64_t direct = rise([](const kernel::VmEvents& e) { return e.pgsteal_direct; });
    const std::int64_t steal = rise([](const kernel::VmEvents& e) { return e.pgsteal(); });
    if (all_ || steal >= kFewPages)
      put(label + " direct share, %", "direct share", Kind::amount,
          100.0 * static_cast<double>(direct) / static_cast<double>(std::max(steal, kOne)), 1);
    if (pool_) put(label + " huge pages", "huge pages", Kind::pieces, p.huge_pages, 1);
  }

  void levels(const std::string& label, const Point& p) {
    for (const std::string& name : compared_levels()) {
      const auto it = p.levels.find(name);
      if (it == p.levels.end()) continue;
      put_level(label + " " + name, name, it->second);
    }
  }

  /// Lists hold what is nobody's in the script: anonymous pages of init, on either list or gone,
  /// and pages of files that set-up has read.
  void put_level(std::string called, const std::string& name, std::int64_t value) {
    const bool file = name.ends_with("_file");
    const bool anon = name.ends_with("_anon");
    double floor = file ? kSetUpFilePages : pages_;
    if (anon)
      for (const auto& [list, pages] : boot_->levels)
        if (list.ends_with("_anon")) floor = std::max(floor, static_cast<double>(pages));
    const char* of = file ? kFilePages : anon ? kAnonPages : name.c_str();
    put(std::move(called), of, Kind::amount, value, floor);
  }

  const Recording& recording_;
  const Story& story_;
  const bool all_;
  const double pages_;  ///< floor of what is counted in pages
  const bool pool_;     ///< the script asks for huge pages
  std::vector<Quantity> out_;
  const Point* boot_ = nullptr;
  const Point* last_ = nullptr;
  std::int64_t intervals_ = 0;
  bool offlined_ = false;
  std::string traced_;  ///< DIMMs added since the trace began
  std::map<std::string, int> looks_;
  int kid_looks_ = 0;
};

}  // namespace

std::vector<Quantity> quantities_of(const Recording& recording, const Story& story, bool all) {
  return Quantities(recording, story, all).all();
}

}  // namespace mhp::pressure
