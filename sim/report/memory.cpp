#include <algorithm>

#include "sim/report/group_view.hpp"
#include "sim/report/run_parts.hpp"
#include "sim/report/thin.hpp"

namespace mhp::report {

namespace {

constexpr std::size_t kFewestSamples = 24;  // samples of a zone, however many zones there are
constexpr std::size_t kMostSamples = 1200;  // of a zone

/// One zone of one node along the time.
Ints column(const Ints& values, std::size_t zones, std::size_t zone) {
  Ints out;
  for (std::size_t i = zone; i < values.size(); i += zones) out.push_back(values[i]);
  return out;
}

}  // namespace

ordered_json memory_of(const record::FileContent& file, std::size_t most) {
  const GroupView g(file, "zones");
  const std::vector<std::string> dims{"time", "node", "zone"};
  const Ints* time = g.axis("time");
  const Ints* node = g.axis("node");
  const Texts* zone = g.words("zone");
  const Ints* managed = g.ints("managed_pages", dims);
  const Ints* free = g.ints("nr_free_pages", dims);
  const Ints* min = g.ints("min", dims);
  const Ints* low = g.ints("low", dims);
  const Ints* high = g.ints("high", dims);
  if (!time || !node || !zone || !managed || !free || !min || !low || !high) return nullptr;
  const std::size_t zones = node->size() * zone->size();
  std::vector<std::size_t> shown;
  for (std::size_t z = 0; z < zones; ++z)
    if (const Ints pages = column(*managed, zones, z);
        std::any_of(pages.begin(), pages.end(), [](std::int64_t n) { return n > 0; }))
      shown.push_back(z);
  ordered_json out = ordered_json::array();
  for (const std::size_t z : shown) {
    const Ints pages = column(*free, zones, z);
    const auto kept = thinned({&pages}, time->size(),
                              std::clamp(most / shown.size(), kFewestSamples, kMostSamples));
    const auto of = [&](const Ints& values) { return at(column(values, zones, z), kept); };
    out.push_back({{"node", (*node)[z / zone->size()]},
                   {"zone", (*zone)[z % zone->size()]},
                   {"time", at(*time, kept)},
                   {"free", at(pages, kept)},
                   {"min", of(*min)},
                   {"low", of(*low)},
                   {"high", of(*high)},
                   {"managed", of(*managed)}});
  }
  return out;
}

}  // namespace mhp::report
