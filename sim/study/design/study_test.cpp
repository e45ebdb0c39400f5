// Study files: what they expand to, and what is said of wrong ones.
#include "sim/study/design/study.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "sim/config/overrides.hpp"
#include "sim/config/section.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/scratch_folder.hpp"
#include "sim/run/result/run_content.hpp"
#include "sim/run/run.hpp"
#include "sim/study/design/scenarios.hpp"

namespace mhp::study::study_test {
namespace {

const std::string kScenario =
    "scenario = \"" MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml\"\n";

/// A study file that goes with the test.
class StudyTest : public testing::Test {
 protected:
  Result<Study> load(const std::string& text, const std::vector<std::string>& settings = {}) const {
    std::ofstream(folder_ + "/s.toml") << text;
    return load_study(folder_ + "/s.toml", settings);
  }

  Study good(const std::string& text) const {
    auto study = load(text);
    if (!study) throw std::runtime_error(study.error().front().text());
    return std::move(*study);
  }

  /// All messages without the folder.
  std::vector<std::string> errors(const std::string& text) const {
    std::vector<std::string> out;
    if (const auto study = load(text); !study)
      for (const Diagnostic& d : study.error()) out.push_back(d.text().substr(folder_.size() + 1));
    return out;
  }

  static std::vector<std::string> labels(const Study& study) {
    const Plan plan(study);
    std::vector<std::string> out;
    for (std::uint64_t p = 0; p < plan.points(); ++p)
      if (!plan.excluded(plan.at(p))) out.push_back(plan.label(plan.at(p)));
    return out;
  }

  static std::set<std::uint64_t> ids(const Study& study) {
    const Plan plan(study);
    const Scenarios scenarios(plan);
    std::set<std::uint64_t> out;
    for (std::uint64_t p = 0; p < plan.points(); ++p)
      for (std::uint64_t r = 0; r < static_cast<std::uint64_t>(study.max_replicates()); ++r)
        out.insert(run::run_id(scenarios.hash(plan.at(p)), r));
    return out;
  }

  ScratchFolder scratch_;
  const std::string folder_ = scratch_.path();
};

const std::string kSize = "[[axis]]\nkey = 'hotplug.0.size'\n";
const std::string kPlacement =
    "[[axis]]\nkey = 'kernel.memmap_placement'\nvalues = ['boot_memory', 'hotplugged_range']\n";

TEST_F(StudyTest, axes_are_crossed_and_the_last_runs_fastest) {
  EXPECT_EQ(labels(good("name = 'x'\n" + kScenario + kSize + "values = ['1GiB', '1536MiB']\n" +
                        kPlacement)),
            (std::vector<std::string>{"size=1GiB,memmap_placement=boot_memory",
                                      "size=1GiB,memmap_placement=hotplugged_range",
                                      "size=1.5GiB,memmap_placement=boot_memory",
                                      "size=1.5GiB,memmap_placement=hotplugged_range"}));
}

TEST_F(StudyTest, zipped_axes_move_together_and_are_crossed_with_the_others) {
  const auto all =
      labels(good("name = 'x'\n" + kScenario + kSize +
                  "values = ['1GiB', '2GiB']\ndesign = 'zipped'\n"
                  "[[axis]]\nkey = 'hotplug.0.count'\nvalues = [4, 2]\ndesign = 'zipped'\n" +
                  kPlacement));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0], "size=1GiB,count=4,memmap_placement=boot_memory");
  EXPECT_EQ(all[3], "size=2GiB,count=2,memmap_placement=hotplugged_range");
}

TEST_F(StudyTest, zipped_axes_may_repeat_values_and_others_may_not) {
  const std::string axis = "values = ['1GiB', '1GiB']\n";
  EXPECT_EQ(labels(good("name = 'x'\n" + kScenario + kSize + "design = 'zipped'\n" + axis +
                        "[[axis]]\nkey = 'hotplug.0.count'\nvalues = [1, 2]\n"
                        "design = 'zipped'\n")),
            (std::vector<std::string>{"size=1GiB,count=1", "size=1GiB,count=2"}));
  EXPECT_EQ(errors("name = 'x'\n" + kScenario + kSize + axis).size(), 1u);
}

// A star sets the parameter of every table; the identity is that of the scenario where each is set.
TEST_F(StudyTest, an_axis_may_set_every_element_of_an_array) {
  const std::string head =
      "name = 'x'\nscenario = '" MHP_SOURCE_DIR "/configs/scenarios/quickstart.toml'\n";
  const std::string one = "values = ['2GiB']\n";
  const Study star = good(head + "[[axis]]\nkey = 'hotplug.*.size'\n" + one);
  EXPECT_EQ(labels(star), (std::vector<std::string>{"size=2GiB"}));
  const Plan plan(star);
  const Scenarios scenarios(plan);
  ScenarioCursor cursor(scenarios);
  for (const auto& h : (*cursor.at(plan.at(0)))->scenario().hotplug)
    EXPECT_EQ(h.params.size, Bytes{2 * kGiB});
  EXPECT_EQ(ids(star), ids(good(head + "[set]\nhotplug.1.size = '2GiB'\n" + kSize + one)));
  EXPECT_EQ(errors(head + "[[axis]]\nkey = 'hotplug.*.size'\n" + one + kSize + one).size(), 1u);
}

TEST_F(StudyTest, ranges_are_stepped_or_divided) {
  EXPECT_EQ(labels(good("name = 'x'\n" + kScenario + kSize +
                        "from = '1GiB'\nto = '4GiB'\nstep = '1GiB'\n"))
                .size(),
            4u);
  EXPECT_EQ(
      labels(good("name = 'x'\n" + kScenario + kSize +
                  "from = '1GiB'\nto = '16GiB'\nscale = 'log'\nstep = 2\n")),
      (std::vector<std::string>{"size=1GiB", "size=2GiB", "size=4GiB", "size=8GiB", "size=16GiB"}));
  EXPECT_EQ(labels(good("name = 'x'\n" + kScenario +
                        "[[axis]]\nkey = 'hotplug.0.count'\nfrom = 1\nto = 9\ncount = 3\n")),
            (std::vector<std::string>{"count=1", "count=5", "count=9"}));
}

TEST_F(StudyTest, a_sample_is_crossed_with_a_cartesian_axis) {
  for (const char* design : {"latin_hypercube", "sobol"}) {
    const auto all = labels(good(
        "name = 'x'\nsamples = 50\ndesign = '" + std::string(design) + "'\n" + kScenario + kSize +
        "from = '1GiB'\nto = '50GiB'\nmultiple_of = '1GiB'\n"
        "[[axis]]\nkey = 'costs.rcu_grace_period'\nfrom = '1ms'\nto = '100ms'\n"
        "scale = 'log'\n" +
        kPlacement + "design = 'cartesian'\n"));
    ASSERT_EQ(all.size(), 100u);
    // Both placements see the same 50 points.
    std::set<std::string> sizes;
    for (std::size_t i = 0; i < 100; i += 2) {
      const std::string point = all[i].substr(0, all[i].rfind(','));
      EXPECT_EQ(all[i + 1].substr(0, all[i + 1].rfind(',')), point);
      sizes.insert(point.substr(0, point.find(',')));
    }
    if (std::string(design) == "latin_hypercube") {
      EXPECT_EQ(sizes.size(), 50u) << "50 places for 50 points: each once";
    }
  }
}

TEST_F(StudyTest, constraints_take_points_out) {
  const Study study =
      good("name = 'x'\nconstraints = ['size * hotplug.0.count <= 4GiB', 'count != 3']\n" +
           kScenario + kSize +
           "values = ['1GiB', '2GiB', '4GiB']\n[[axis]]\nkey = 'hotplug.0.count'\n"
           "from = 1\nto = 4\nstep = 1\n");
  EXPECT_EQ(labels(study), (std::vector<std::string>{"size=1GiB,count=1", "size=1GiB,count=2",
                                                     "size=1GiB,count=4", "size=2GiB,count=1",
                                                     "size=2GiB,count=2", "size=4GiB,count=1"}));
}

// A parameter that no axis sets is one of the part that the point has, if that has it at all.
TEST_F(StudyTest, constraints_see_the_parts_that_axes_exchange) {
  const std::string machines =
      "[[axis]]\nkey = 'machine'\nvalues = ['" MHP_SOURCE_DIR
      "/configs/machines/guest-256m.toml', '" MHP_SOURCE_DIR
      "/configs/machines/guest-2g.toml', '" MHP_SOURCE_DIR
      "/configs/machines/two-socket-server.toml']\nlabels = ['small', 'large', 'server']\n";
  const auto kept = [&](const std::string& condition) {
    return labels(good("name = 'x'\nconstraints = ['" + condition + "']\n" + kScenario +
                       "[set]\n'hotplug.0.size' = '16GiB'\n" + machines));
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(kept("machine.node.0.memory >= 2GiB"), (Lines{"machine=large", "machine=server"}));
  EXPECT_EQ(kept("machine.node.1.cpus < 1"), (Lines{"machine=small", "machine=large"}));
  EXPECT_EQ(kept("machine.node.1.cpus * 2 != 0"),
            (Lines{"machine=small", "machine=large", "machine=server"}));
}

/// Other values of a parameter: twice its number, or the other words that it may be.
std::vector<Value> others(const ParamValue& p) {
  const Location where{"test", 1, 1};
  if (p.number) return {number_value(*p.number > 0 ? *p.number * 2 : 1, p.unit, where)};
  if (p.value == "true" || p.value == "false") return {{p.value == "false", where}};
  const auto word = [](const std::string& path) { return path.substr(path.rfind('.') + 1); };
  std::vector<ParamInfo> all;
  config::section_of(p.name).describe(all);
  std::vector<Value> out;
  for (const ParamInfo& info : all)
    for (const Choice& choice : info.choices)
      if (word(info.path) == word(p.name) && choice.name != p.value)
        out.push_back({choice.name, where});
  return out;
}

// A sweep reads anew the one parameter that changed: the scenario must be the one that is read
// whole.
TEST_F(StudyTest, a_parameter_read_alone_is_the_one_that_is_read_with_all_others) {
  int changed = 0, refused = 0;
  std::set<std::string> sections;
  using Settings = std::vector<std::string>;
  for (const Settings& settings :
       {Settings{},
        {"until=500ms", "hotplug.0.size=1GiB", "udev.children_max=2", "workload.kind=steady",
         R"(cgroup=[{name="tenant", memory_max="64MiB"}])"}}) {
    auto tree = *config::load_toml(MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml");
    for (const std::string& setting : settings)
      ASSERT_TRUE(config::apply_override(tree, setting, 1));
    const auto base = config::ScenarioBase::make(tree);
    ASSERT_TRUE(base);
    const auto unchanged = run::simulate(base->scenario(), {}).fingerprint;
    const auto used = base->scenario().used;
    for (const ParamValue& p : used) {
      if (config::is_part(p.name)) continue;
      const auto parameter = base->find(p.name, {"test", 1, 1});
      ASSERT_TRUE(parameter) << p.name;
      for (const Value& value : others(p)) {
        sections.insert(config::section_of(p.name).name);
        config::ScenarioBase other = *base;
        const auto set = other.set(std::vector<config::Change>{{&*parameter, value}});
        const auto whole = other.recorded();
        ASSERT_EQ(set.has_value(), whole.has_value()) << p.name;
        if (!whole) {
          EXPECT_EQ(set.error().front().text(), whole.error().front().text());
          ++refused;
          continue;
        }
        const run::RunResult alone = run::simulate(other.scenario(), {.explain = false});
        EXPECT_EQ(alone.fingerprint, run::simulate(*whole, {}).fingerprint) << p.name;
        EXPECT_TRUE(alone.times.metrics.empty());
        changed += alone.fingerprint != unchanged ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(sections.size(), config::sections().size()) << "a section whose values nobody varied";
  EXPECT_GT(changed, 30);
  EXPECT_GT(refused, 0);
}

// The identity computed from the axes alone is that of the fully resolved scenario, which a run of
// the same scenario by --set has too.
TEST_F(StudyTest, a_run_of_a_study_has_the_identity_of_the_same_run_alone) {
  const Study study =
      good("name = 'x'\nreplicates = 2\n" + kScenario + "[set]\n'hotplug.0.count' = 2\n" + kSize +
           "values = ['1GiB', '3072MiB']\n" +
           "[[axis]]\nkey = 'costs.block_device.cpu'\nfrom = '10us'\nto = '1ms'\ncount = 3\nscale "
           "= 'log'\n" +
           kPlacement);
  const Plan plan(study);
  const Scenarios scenarios(plan);
  for (std::uint64_t p = 0; p < plan.points(); ++p) {
    const Position position = plan.at(p);
    const auto alone = config::load_scenario(
        MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml",
        {"hotplug.0.count=2", "hotplug.0.size=" + plan.text(0, position[0]) + "B",
         "costs.block_device.cpu=" + plan.text(1, position[1]) + "ps",
         "kernel.memmap_placement=" + plan.text(2, position[2])});
    ASSERT_TRUE(alone);
    run::RunResult r;
    r.placement = alone->kernel.memmap_placement;
    r.seed = 1;
    for (r.replicate = 0; r.replicate < 2; ++r.replicate)
      EXPECT_EQ(run::hex_text(run::run_id(scenarios.hash(position), r.replicate)),
                run::run_id(*alone, r));
  }
}

// The same whatever makes the point: parts that were exchanged, samples, every element of an array.
// And the text that a run file has of its scenario is the same scenario once more.
TEST_F(StudyTest, the_identity_of_a_point_is_that_of_its_scenario_read_whole) {
  const Study study = good("name = 'x'\nsamples = 3\n" + kScenario +
                           "[[axis]]\nkey = 'machine'\nvalues = ['" MHP_SOURCE_DIR
                           "/configs/machines/guest-256m.toml', '" MHP_SOURCE_DIR
                           "/configs/machines/guest-2g.toml']\n"
                           "[[axis]]\nkey = 'hotplug.*.size'\ndesign = 'sobol'\nfrom = '1GiB'\n"
                           "to = '3GiB'\nmultiple_of = '128MiB'\n"
                           "[[axis]]\nkey = 'costs.block_device.cpu'\ndesign = 'sobol'\n"
                           "from = '10us'\nto = '1ms'\n" +
                           kPlacement);
  const Plan plan(study);
  ASSERT_EQ(plan.points(), 12u);
  const Scenarios scenarios(plan);
  ScenarioCursor cursor(scenarios);
  for (std::uint64_t p = 0; p < plan.points(); ++p) {
    const Position position = plan.at(p);
    const auto scenario = (*cursor.at(position))->recorded();
    ASSERT_TRUE(scenario);
    run::RunResult r;
    r.placement = scenario->kernel.memmap_placement;
    r.seed = static_cast<std::uint64_t>(scenario->run.seed);
    r.replicate = p;
    EXPECT_EQ(run::hex_text(run::run_id(scenarios.hash(position), p)), run::run_id(*scenario, r));
    const auto again = config::read_whole(*config::parse_toml(scenario->resolved_text, "again"));
    ASSERT_TRUE(again);
    EXPECT_EQ(run::run_id(*again, r), run::run_id(*scenario, r));
  }
}

TEST_F(StudyTest, more_values_replicates_or_another_name_keep_the_identities_of_old_runs) {
  const auto few = ids(good("name = 'x'\nreplicates = 2\n" + kScenario + kSize +
                            "values = ['1GiB', '2GiB']\n" + kPlacement));
  const auto more =
      ids(good("name = 'other'\ndoc = 'd'\nreplicates = 3\nmetrics = ['time*']\n" + kScenario +
               kPlacement + kSize + "from = '1GiB'\nto = '3GiB'\nstep = '1GiB'\n"));
  EXPECT_EQ(few.size(), 8u);
  EXPECT_EQ(more.size(), 18u);
  for (const std::uint64_t id : few) EXPECT_TRUE(more.count(id) == 1);
}

TEST_F(StudyTest, a_machine_is_an_axis_too) {
  const std::string machines =
      "[[axis]]\nkey = 'machine'\nvalues = ['" MHP_SOURCE_DIR
      "/configs/machines/guest-256m.toml', '" MHP_SOURCE_DIR "/configs/machines/guest-2g.toml']\n";
  const Study study =
      good("name = 'x'\n" + kScenario + machines + kSize + "values = ['1GiB', '2GiB']\n");
  EXPECT_EQ(labels(study)[2], "machine=guest-2g,size=1GiB");
  EXPECT_EQ(ids(study).size(), 4u);
  const Plan plan(study);
  const Scenarios scenarios(plan);
  ScenarioCursor cursor(scenarios);
  EXPECT_EQ((*cursor.at(plan.at(0)))->scenario().machine.nodes[0].memory, Bytes{256 * kMiB});
  EXPECT_EQ((*cursor.at(plan.at(3)))->scenario().machine.nodes[0].memory, Bytes{2 * kGiB});
  EXPECT_EQ((*cursor.at(plan.at(3)))->scenario().hotplug[0].params.size, Bytes{2 * kGiB});
}

TEST_F(StudyTest, the_text_of_a_study_needs_no_other_file_and_is_the_same_study) {
  const std::string machines =
      "[[axis]]\nkey = 'machine'\nvalues = ['" MHP_SOURCE_DIR
      "/configs/machines/guest-256m.toml', '" MHP_SOURCE_DIR "/configs/machines/guest-2g.toml']\n";
  const Study study =
      good("name = 'x'\nbaseline = 'machine=guest-2g'\n" + kScenario +
           "[set]\nhotplug.0.count = 3\n" + machines + kSize + "values = ['1GiB', '2GiB']\n");
  EXPECT_EQ(study.text.find(".toml\""), std::string::npos) << study.text;
  const Study again = good(study.text);
  EXPECT_EQ(ids(again), ids(study));
  EXPECT_EQ(labels(again), labels(study));
  EXPECT_EQ(again.text, study.text);
}

TEST(shipped_studies, load_and_have_runs) {
  int studies = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MHP_SOURCE_DIR "/configs/studies")) {
    const auto study = load_study(entry.path().string(), {});
    ASSERT_TRUE(study) << study.error().front().text();
    EXPECT_GT(Plan(*study).runs(), 1u) << entry.path();
    EXPECT_EQ(study->params.name, entry.path().stem().string());
    ++studies;
  }
  EXPECT_GE(studies, 2);
}

TEST_F(StudyTest, all_errors_come_at_once_each_with_its_place_and_a_remedy) {
  const auto found = errors(
      "name = 'x'\n"       // 1
      "replicates = 0\n"   // 2
      "basline = 'a'\n" +  // 3
      kScenario +          // 4
      "[[axis]]\n"         // 5
      "key = 'hotplug.0.sice'\n"
      "values = ['1GiB']\n"
      "[[axis]]\n"  // 8
      "key = 'hotplug.0.count'\n"
      "values = [1, 'two']\n"  // 10
      "[[axis]]\n"
      "key = 'settle'\n"  // 12
      "from = '1s'\n"
      "to = '2 parsecs'\n");  // 14
  ASSERT_EQ(found.size(), 5u) << found.front();
  EXPECT_EQ(found[0].substr(0, 35), "s.toml:3:1: unknown key basline; di");
  EXPECT_EQ(found[1].substr(0, 11), "s.toml:2:14");
  EXPECT_NE(
      found[2].find(
          "s.toml:6:7: the scenario has no parameter hotplug.0.sice; did you mean hotplug.0.size"),
      std::string::npos)
      << found[2];
  EXPECT_EQ(found[3].substr(0, 12), "s.toml:10:14") << found[3];
  EXPECT_EQ(found[4].substr(0, 11), "s.toml:14:6") << found[4];
}

TEST_F(StudyTest, what_does_not_go_together_is_refused) {
  const auto only = [&](const std::string& text) {
    const auto found = errors("name = 'x'\n" + text);
    return found.size() == 1 ? found[0] : "not one error";
  };
  EXPECT_NE(only(kSize + "values = ['1GiB']\n").find("no 'scenario'"), std::string::npos);
  EXPECT_NE(
      only(kScenario + kSize + "from = '1GiB'\nto = '2GiB'\n").find("neither 'step' nor 'count'"),
      std::string::npos);
  EXPECT_NE(only("design = 'sobol'\n" + kScenario + kSize + "from = '1GiB'\nto = '2GiB'\n")
                .find("no 'samples'"),
            std::string::npos);
  EXPECT_NE(only(kScenario + kSize + "values = ['1GiB', '1024MiB']\n").find("twice"),
            std::string::npos);
  for (const std::string name : {"status", "run_id", "outcome", "fingerprint", "time_to_add"})
    EXPECT_NE(only(kScenario + kSize + "values = ['1GiB']\nname = '" + name + "'\n")
                  .find("names something else in results"),
              std::string::npos)
        << name;
  EXPECT_NE(only(kScenario + "[[axis]]\nkey = 'seed'\nfrom = -9223372036854775808\nto = 1\n"
                             "step = 1\n")
                .find("out of range"),
            std::string::npos);
  EXPECT_NE(only(kScenario + "[[axis]]\nkey = 'seed'\nfrom = 0\nto = 9223372036854775807\n"
                             "step = 1\n")
                .find("more than 1000000 values"),
            std::string::npos);
  EXPECT_NE(only(kScenario + kSize + "values = ['1GiB']\n" + kSize + "values = ['2GiB']\n")
                .find("two axes have the key"),
            std::string::npos);
  EXPECT_NE(only("baseline = 'memmap_placement=boot_memori'\n" + kScenario + kPlacement)
                .find("did you mean boot_memory"),
            std::string::npos);
  EXPECT_NE(only("replicates = 3\n" + kScenario + kPlacement +
                 "[stop]\nmetric = 'time_to_add'\nrelative_half_width = 0.1\n")
                .find("both 'replicates' and 'stop'"),
            std::string::npos);
  EXPECT_NE(
      only(kScenario + kPlacement + "[stop]\nmetric = 'time_to_add'\nrelative_half_width = 2\n")
          .find("between 0 and 1"),
      std::string::npos);
  EXPECT_NE(only(kScenario).find("[[axis]]"), std::string::npos);
  // 100 MiB are no whole memory block: found when the points are tried.
  EXPECT_NE(only(kScenario + kSize + "values = ['1GiB', '100MiB']\n")
                .find("not a whole number of memory blocks"),
            std::string::npos);
}

}  // namespace
}  // namespace mhp::study::study_test
