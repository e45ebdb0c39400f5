#include "sim/run/result/check/view.hpp"
#include "sim/run/result/recorded_run.hpp"

namespace mhp::run {

namespace {

void moments(GroupView& h, FileCheck& check) {
  const auto& submitted = h.ints("submitted");
  const auto& started = h.ints("started");
  const auto& finished = h.ints("finished");
  if (!h.whole()) return;
  {
    Law law(check, "submitted <= started <= finished");
    for (std::size_t i = 0; i < submitted.size(); ++i)
      law.holds(submitted[i] <= started[i] && started[i] <= finished[i],
                "hotplug: operation {} was submitted at {} ns, started at {} ns, finished at {} ns",
                i, submitted[i], started[i], finished[i]);
  }
  Law law(check, "operations are in the order in which they ended");
  for (std::size_t i = 1; i < finished.size(); ++i)
    law.holds(finished[i - 1] <= finished[i],
              "hotplug: operation {} ended before the one before it", i);
}

void blocks(GroupView& m, FileCheck& check) {
  const auto& block = m.ints("block");
  const auto& start = m.ints("start_pfn");
  const auto& pages = m.ints("pages");
  const auto& memmap = m.ints("memmap_pages");
  const auto& unusable = m.ints("unusable_pages");
  const auto& from = m.ints("init_start");
  const auto& online = m.ints("online_at");
  if (!m.whole()) return;
  {
    Law law(check, "memory blocks do not overlap, and stand where their numbers say");
    for (std::size_t i = 0; i < block.size(); ++i) {
      law.holds(pages[i] > 0 && start[i] == Wide{block[i]} * pages[i],
                "memmap: block {} of {} pages begins at page frame {}", block[i], pages[i],
                start[i]);
      law.holds(i == 0 || Wide{start[i - 1]} + pages[i - 1] <= start[i],
                "memmap: blocks {} and {} overlap", block[i == 0 ? 0 : i - 1], block[i]);
    }
  }
  Law law(check,
          "of each block no more holds memmap than there is, and it is online after it began");
  for (std::size_t i = 0; i < block.size(); ++i)
    law.holds(memmap[i] >= 0 && unusable[i] >= 0 && unusable[i] <= pages[i] &&
                  (online[i] < 0) == (from[i] < 0) && from[i] <= online[i],
              "memmap: block {} has {} pages of memmap, {} unusable, from {} to {} ns", block[i],
              memmap[i], unusable[i], from[i], online[i]);
}

}  // namespace

bool is_hex16(const std::string& text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void hotplug_laws(const record::FileContent& file, FileCheck& check) {
  GroupView h(file, "hotplug"), m(file, "memmap");
  moments(h, check);
  blocks(m, check);
}

void ledger_laws(const record::FileContent& file, FileCheck& check) {
  GroupView l(file, "ledger");
  const auto& metrics = l.texts("metric");
  const auto& rows = l.ints("row");
  const auto& time = l.ints("time");
  const auto& own = l.ints("own");
  const auto& stall = l.ints("stall");
  const auto& contention = l.ints("contention");
  const auto recorded = recorded_metrics(file);
  if (!l.whole() || time.size() != metrics.size() * rows.size()) return;
  {
    Law law(check, "of each row of the ledger, own + stall + contention = time");
    for (std::size_t i = 0; i < time.size(); ++i)
      law.holds(Wide{own[i]} + stall[i] + contention[i] == time[i] && own[i] >= 0 &&
                    stall[i] >= 0 && contention[i] >= 0,
                "ledger: {}, row {}: {} + {} + {} ns are not {} ns", metrics[i / rows.size()],
                i % rows.size(), own[i], stall[i], contention[i], time[i]);
  }
  Law law(check, "the rows of the ledger add up to the metrics of time, to the nanosecond");
  for (std::size_t m = 0; m < metrics.size(); ++m)
    for (const RecordedMetric& metric : recorded) {
      if (metric.name != metrics[m]) continue;
      Wide sum = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) sum += time[m * rows.size() + i];
      law.holds(metric.value && *metric.value == static_cast<double>(sum),
                "ledger: the rows of {} add up to {} ns, the metric is {}", metric.name, sum,
                metric.value ? fmt::format("{:.0f} ns", *metric.value) : "not reached");
    }
}

}  // namespace mhp::run
