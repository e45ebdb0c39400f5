#include "analysis/validation/pressure/story.hpp"

#include "analysis/validation/pressure/counters.hpp"

namespace mhp::pressure {

namespace {

constexpr const char* kLists[] = {"inactive_anon", "active_anon", "inactive_file", "active_file"};

Point point_of(const Snapshot& s) {
  Point p;
  for (const Counter& c : counters()) p.events.*c.member = s.counter(c.name);
  // By the zones of the request; the model counts them together.
  for (const auto& [name, value] : s.vmstat)
    if (name.starts_with("allocstall_")) p.events.allocstall += value;
  for (const Snapshot::Zone& z : s.zones) {
    p.levels["free"] += z.free.value;
    p.levels["pcp"] += z.pcp.value;
  }
  for (const char* list : kLists) p.levels[list] = s.counter(std::string("nr_") + list);
  p.huge_pages = s.huge_pages;
  return p;
}

}  // namespace

const std::vector<std::string>& compared_levels() {
  static const std::vector<std::string> all{"free",        "pcp",           "inactive_anon",
                                            "active_anon", "inactive_file", "active_file"};
  return all;
}

Story story_of(const Run& run) {
  Story story;
  story.panicked = run.panicked;
  std::int64_t locked = 0;
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const Step& s = run.steps[i];
    if (s.snapshot) {
      story.points[i] = point_of(*s.snapshot);
      if (i == 0) locked = s.snapshot->counter("nr_mlock");
    }
    if (s.op == Op::add) story.added[i] = !run.add_failed(s);
    if (s.pieces) story.pieces[i] = *s.pieces;
    if (s.op == Op::offline || s.op == Op::offline_watch)
      if (s.blocks_ok) story.offline[i] = *s.blocks_ok;
    if (s.pages) story.resident[i] = *s.pages;
    for (Kid kid : s.kids) {
      if (kid.rss) kid.rss = *kid.rss - locked;
      story.kids[i].push_back(kid);
    }
  }
  return story;
}

}  // namespace mhp::pressure
