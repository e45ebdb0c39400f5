#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "sim/core/product.hpp"
#include "sim/report/group_view.hpp"
#include "sim/report/run_parts.hpp"

namespace mhp::report {

namespace {

/// The columns of the group hotplug.
struct Operations {
  const record::Flags* kind;
  const record::Flags* result;
  const Ints* device;
  const Ints* block;
  const Ints* node;
  const Ints* submitted;
  const Ints* started;
  const Ints* finished;
  const Texts* reason;

  explicit Operations(const GroupView& g)
      : kind(g.flags("kind", {"op"})),
        result(g.flags("result", {"op"})),
        device(g.ints("device", {"op"})),
        block(g.ints("block", {"op"})),
        node(g.ints("node", {"op"})),
        submitted(g.ints("submitted", {"op"})),
        started(g.ints("started", {"op"})),
        finished(g.ints("finished", {"op"})),
        reason(g.texts("failure_reason", {"op"})) {}

  bool complete() const {
    if (!kind || !result || !device || !block || !node || !submitted || !started || !finished ||
        !reason)
      return false;
    for (std::size_t i = 0; i < started->size(); ++i)
      if (took(i) < 0) return false;
    return true;
  }
  std::int64_t took(std::size_t i) const { return (*finished)[i] - (*started)[i]; }
};

/// One entry for the operations at these places, which follow each other.
ordered_json entry(const Operations& ops, const std::vector<std::size_t>& places) {
  const std::size_t first = places.front();
  std::size_t longest = first;
  std::int64_t busy = 0, submitted = (*ops.submitted)[first], finished = (*ops.finished)[first];
  std::int64_t low = (*ops.block)[first], high = low;
  bool one_device = true;
  for (const std::size_t i : places) {
    busy = sum_up_to(busy, ops.took(i));
    if (ops.took(i) > ops.took(longest)) longest = i;
    submitted = std::min(submitted, (*ops.submitted)[i]);
    finished = std::max(finished, (*ops.finished)[i]);
    low = std::min(low, (*ops.block)[i]);
    high = std::max(high, (*ops.block)[i]);
    one_device = one_device && (*ops.device)[i] == (*ops.device)[first];
  }
  ordered_json out{{"kind", meaning(*ops.kind, first)},
                   {"node", (*ops.node)[first]},
                   {"result", meaning(*ops.result, first)}};
  if (!(*ops.reason)[first].empty()) out["reason"] = (*ops.reason)[first];
  out["count"] = places.size();
  if (one_device) out["device"] = (*ops.device)[first];
  if (low >= 0) out["block"] = low;
  if (low >= 0 && high > low) out["last_block"] = high;
  out["submitted"] = submitted;
  out["started"] = (*ops.started)[first];
  out["finished"] = finished;
  out["busy"] = busy;
  out["longest"] = {(*ops.started)[longest], (*ops.finished)[longest]};
  return out;
}

}  // namespace

ordered_json operations_of(const record::FileContent& file, std::size_t most) {
  const Operations ops(GroupView(file, "hotplug"));
  if (!ops.complete()) return nullptr;
  std::vector<std::size_t> order(ops.kind->values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return (*ops.started)[a] < (*ops.started)[b];
  });
  // Lanes of operations that may be taken together.
  std::map<std::tuple<int, std::int64_t, int>, std::vector<std::size_t>> lanes;
  for (const std::size_t i : order)
    lanes[{ops.kind->values[i], (*ops.node)[i], ops.result->values[i]}].push_back(i);
  std::vector<std::pair<std::int64_t, ordered_json>> entries;
  for (const auto& [key, places] : lanes) {
    // A lane has its part of the entries, by what it holds.
    const std::size_t share = order.size() <= most
                                  ? places.size()
                                  : std::max<std::size_t>(1, places.size() * most / order.size());
    for (std::size_t s = 0; s < share; ++s) {
      const auto from = static_cast<std::ptrdiff_t>(s * places.size() / share);
      const auto to = static_cast<std::ptrdiff_t>((s + 1) * places.size() / share);
      const std::vector<std::size_t> some(places.begin() + from, places.begin() + to);
      entries.emplace_back((*ops.started)[some.front()], entry(ops, some));
    }
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  ordered_json out = ordered_json::array();
  for (auto& [started, json] : entries) out.push_back(std::move(json));
  return out;
}

}  // namespace mhp::report
