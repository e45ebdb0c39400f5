#include <fmt/format.h>

#include <array>

#include "sim/kernel/primitives.hpp"
#include "sim/run/result/metric/record.hpp"

namespace mhp::run {

namespace {

using kernel::Memcg;

constexpr const char* kDoc = "model.md#memory-cgroups";

constexpr std::array kFigures{
    CgroupRecord{
        {"memory_current", Unit::page, Better::none,
         "pages charged to it at the end, those that its tasks have charged ahead included "
         "(`memory.current`)",
         "never", kDoc},
        [](const Memcg& m) { return m.usage.value; }},
    CgroupRecord{ranked({"memory_peak", Unit::page, Better::none,
                         "the most that was ever charged to it (`memory.peak`)"}),
                 [](const Memcg& m) { return m.peak.value; }},
    CgroupRecord{{"memory_swap_current", Unit::page, Better::none,
                  "its pages in swap at the end (`memory.swap.current`)"},
                 [](const Memcg& m) { return m.swap.value; }},
    CgroupRecord{{"events_low", Unit::one, Better::lower,
                  "times that reclaim for others took of it although it was within `memory_low` "
                  "(`memory.events`)"},
                 [](const Memcg& m) { return m.events.low; }},
    CgroupRecord{{"events_high", Unit::one, Better::lower,
                  "times that its tasks reclaimed because it was above `memory_high` "
                  "(`memory.events`)"},
                 [](const Memcg& m) { return m.events.high; }},
    CgroupRecord{{"events_max", Unit::one, Better::lower,
                  "times that its tasks reclaimed because a charge would have gone beyond "
                  "`memory_max` (`memory.events`)"},
                 [](const Memcg& m) { return m.events.max; }},
    CgroupRecord{{"events_oom", Unit::one, Better::lower,
                  "times that these reclaims found nothing (`memory.events`)"},
                 [](const Memcg& m) { return m.events.oom; }},
    CgroupRecord{
        {"events_oom_kill", Unit::one, Better::lower,
         "of its tasks, how many the OOM killer ended, for its own limit or for all memory "
         "(`memory.events`)"},
        [](const Memcg& m) { return m.events.oom_kill; }},
    CgroupRecord{{"reclaimed", Unit::page, Better::lower,
                  "pages of it that reclaim has taken, for whomever"},
                 [](const Memcg& m) { return m.events.reclaimed.value; }},
    CgroupRecord{{"high_delay", Unit::ns, Better::lower,
                  "sum of the times that its tasks were made to sleep because it was above "
                  "`memory_high`"},
                 [](const Memcg& m) { return m.events.high_delay * kSecond.value / kernel::kHz; }}};

}  // namespace

std::span<const CgroupRecord> cgroup_figures() { return kFigures; }

std::vector<Metric> cgroup_metrics(const kernel::Memcgs& memcgs) {
  std::vector<Metric> out;
  for (std::size_t m = 1; m < memcgs.size(); ++m) {
    const Memcg& memcg = memcgs[kernel::MemcgId{static_cast<std::uint16_t>(m)}];
    for (const CgroupRecord& f : kFigures)
      out.push_back({fmt::format("cgroup_{}_{}", memcg.name, f.name), f.unit, f.better,
                     MetricPhase::run, f.value(memcg), f.definition});
  }
  return out;
}

}  // namespace mhp::run
