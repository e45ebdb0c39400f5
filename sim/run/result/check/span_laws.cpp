#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "sim/run/result/check/view.hpp"

namespace mhp::run {

namespace {

/// Spans of a track, by depth, that the next may lie in.
void nesting(GroupView& spans, std::size_t tracks, FileCheck& check) {
  Law law(check, "spans of a track lie beside or in each other, as deep as they say");
  const auto& track = spans.ints("track");
  const auto& begin = spans.ints("begin");
  const auto& end = spans.ints("end");
  const auto& depth = spans.ints("depth");
  std::vector<std::size_t> around;
  for (std::size_t i = 0; i < track.size(); ++i) {
    const bool placed = track[i] >= 0 && static_cast<std::size_t>(track[i]) < tracks;
    law.holds(placed && begin[i] <= end[i], "spans: {} is on track {} from {} to {}", i, track[i],
              begin[i], end[i]);
    if (i > 0 && track[i] != track[i - 1]) around.clear();
    while (!around.empty() && (depth[around.back()] >= depth[i])) around.pop_back();
    const auto deep = static_cast<std::int64_t>(around.size());
    law.holds(depth[i] == deep, "spans: {} has depth {} in {} others", i, depth[i], deep);
    if (!around.empty())
      law.holds(begin[around.back()] <= begin[i] && end[i] <= end[around.back()],
                "spans: {} is not in {}", i, around.back());
    around.push_back(i);
  }
}

void kept(GroupView& tracks, std::size_t there, FileCheck& check) {
  Law law(check, "as many spans are there as are said to be");
  const auto& kept = tracks.ints("kept");
  law.holds(std::accumulate(kept.begin(), kept.end(), Wide{0}) == Wide{there},
            "spans: there are {}", there);
}

using LoggedOperation =
    std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

/// Of the operations of the log, as many as there are spans of: the longest.
void operations(const record::FileContent& file, GroupView& spans, FileCheck& check) {
  Law law(check, "operations of the timeline are those of the log");
  GroupView ops(file, "hotplug");
  const auto& log_kind = ops.flags("kind");
  const auto &device = ops.ints("device"), &block = ops.ints("block"),
             &started = ops.ints("started"), &finished = ops.ints("finished");
  const auto &kind = spans.flags("kind"), &name = spans.flags("name"),
             &result = spans.flags("result");
  const auto &of_device = spans.ints("device"), &of_block = spans.ints("block"),
             &begin = spans.ints("begin"), &end = spans.ints("end");
  if (!ops.whole()) return;
  std::map<LoggedOperation, int> log;
  for (std::size_t i = 0; i < device.size(); ++i)
    ++log[{log_kind.meanings.at(log_kind.values[i]), device[i], block[i], started[i], finished[i]}];
  for (std::size_t i = 0; i < kind.values.size(); ++i) {
    if (kind.meanings.at(kind.values[i]) != "operation") continue;
    if (result.meanings.at(result.values[i]) == "EINTR") continue;  // the run ended before it did
    const LoggedOperation op{name.meanings.at(name.values[i]), of_device[i], of_block[i], begin[i],
                             end[i]};
    law.holds(log[op]-- > 0, "spans: {} is no operation of the log", i);
  }
}

}  // namespace

void span_laws(const record::FileContent& file, FileCheck& check) {
  GroupView tracks(file, "tracks");
  GroupView spans(file, "spans");
  if (!tracks.there() || !spans.there()) return;
  const std::size_t there = spans.ints("begin").size();
  bool same = true;  // if not, the promises say so
  for (const char* name : {"track", "end", "depth", "device", "block"})
    same = same && spans.ints(name).size() == there;
  for (const char* name : {"kind", "name", "result"})
    same = same && spans.flags(name).values.size() == there;
  tracks.ints("kept");
  const std::size_t rows = tracks.ints("track").size();
  if (!tracks.whole() || !spans.whole() || !same) return;
  nesting(spans, rows, check);
  kept(tracks, there, check);
  operations(file, spans, check);
}

}  // namespace mhp::run
