// Every figure is said once, and whole.
#include "sim/run/result/metric/record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/run/result/metric/summary.hpp"
#include "workloads/model.hpp"

namespace mhp::run::record_test {
namespace {

TEST(metric_records, name_and_phase_are_a_key_and_every_record_is_whole) {
  std::set<std::pair<std::string_view, MetricPhase>> keys;
  for (const MetricRecord& m : metric_records()) {
    EXPECT_TRUE(keys.insert({m.name, m.phase}).second) << m.name;
    EXPECT_FALSE(m.definition.empty() || m.null_when.empty()) << m.name;
    EXPECT_FALSE(m.definition.ends_with('.')) << m.name;
    EXPECT_NE(m.value, nullptr) << m.name;
    EXPECT_TRUE(!m.window || m.unit == Unit::ns) << m.name;
    EXPECT_EQ(definition_of(m.name, m.phase), m.definition);
  }
}

TEST(metric_records, the_headline_is_explained) {
  const auto names = explained_metrics();
  EXPECT_NE(std::find(names.begin(), names.end(), headline_metric()), names.end());
}

// So that the definition of a metric can be found by its name, whatever the workload is called.
TEST(metric_records, a_figure_means_the_same_in_all_workloads) {
  std::map<std::string_view, FigureRecord> seen;
  for (const auto& [kind, model] : workloads::workloads().entries())
    for (const FigureRecord& f : model.figures()) {
      const auto& first = seen.emplace(f.name, f).first->second;
      EXPECT_EQ(first.definition, f.definition) << kind << ' ' << f.name;
      EXPECT_EQ(first.unit, f.unit) << kind << ' ' << f.name;
      EXPECT_EQ(definition_of("my_" + std::string(f.name), MetricPhase::run), f.definition)
          << f.name;
    }
  for (const CgroupRecord& f : cgroup_figures())
    EXPECT_EQ(definition_of("cgroup_web_" + std::string(f.name), MetricPhase::run), f.definition)
        << f.name;
  EXPECT_EQ(definition_of("no_such_metric", MetricPhase::run), "");
}

// What its definition calls the most, the least or a position among the sorted is an order
// statistic, and nothing else is, whatever it is called: memory.events counts how often a limit
// named max was met.
TEST(metric_records, order_statistics_are_those_that_are_defined_so) {
  std::vector<FigureRecord> all(metric_records().begin(), metric_records().end());
  for (const CgroupRecord& f : cgroup_figures()) all.push_back(f);
  for (const auto& [kind, model] : workloads::workloads().entries())
    for (const FigureRecord& f : model.figures()) all.push_back(f);
  for (const FigureRecord& f : all) {
    bool defined_so = false;
    for (const char* words : {"the most that", "the longest", "least sum", "sorted durations"})
      defined_so = defined_so || f.definition.find(words) != std::string_view::npos;
    defined_so = defined_so || f.definition.starts_with("the same for q");
    EXPECT_EQ(f.order_statistic, defined_so) << f.name << ": " << f.definition;
  }
}

TEST(metric_records, order_statistics_are_summed_up_by_their_median) {
  for (const char* name : {"psi_longest", "free_pages_min", "zone_lock_wait_max", "db_latency_p99",
                           "db_queue_max", "cgroup_web_memory_peak"})
    EXPECT_EQ(centre_of(name), analysis::Centre::median) << name;
  for (const char* name : {"time_to_add", "db_latency_mean", "db_operations", "zone_lock_wait",
                           "cgroup_web_events_max"})
    EXPECT_EQ(centre_of(name), analysis::Centre::mean) << name;
}

TEST(words, an_enumerator_has_its_word_and_the_word_its_enumerator) {
  EXPECT_EQ(word(Outcome::enomem), "enomem");
  EXPECT_EQ(named<Outcome>("oom"), Outcome::oom);
  EXPECT_EQ(named<Outcome>("fine"), std::nullopt);
  EXPECT_EQ(all_words<Better>(), (std::vector<std::string>{"lower", "higher", "none"}));
}

}  // namespace
}  // namespace mhp::run::record_test
