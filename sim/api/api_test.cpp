#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mhpsim/mhpsim.hpp>
#include <mhpsim/placement.hpp>
#include <sstream>

#include "sim/core/scratch_folder.hpp"

namespace mhpsim {
namespace {

/// The guest of 256 MiB gets 1 GiB: eight memory blocks of 128 MiB, 4096 pages of memmap.
const std::vector<std::string> kSmall{"hotplug.0.size=1GiB"};

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The message of an Error that `f` throws.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_FALSE(e.problems().empty());
    return e.what();
  }
  return "no error";
}

TEST(Api, a_scenario_that_ships_runs_by_its_name) {
  const Scenario guest = Scenario::from_file("small-guest", kSmall);
  EXPECT_EQ(guest.name(), "small guest");
  EXPECT_FALSE(guest.doc().empty());
  const auto done = run(guest, {.placement = "hotplugged_range"});
  EXPECT_EQ(done.outcome(), "ok");
  EXPECT_EQ(done.placement(), "hotplugged_range");
  EXPECT_EQ(done.metric("memmap_pages_range"), 8 * 512);
  EXPECT_EQ(done.metric("memmap_pages_boot"), 0);
  EXPECT_EQ(run(guest, {.placement = "boot_memory"}).metric("memmap_pages_boot"), 8 * 512);
}

TEST(Api, a_file_its_text_and_further_settings_are_the_same_scenario) {
  const std::string path = data_folder() + "/configs/scenarios/small-guest.toml";
  const Scenario file = Scenario::from_file(path, kSmall);
  const Scenario text =
      Scenario::from_text(text_of(path), kSmall, data_folder() + "/configs/scenarios");
  const Scenario later = Scenario::from_file(path).with(kSmall);
  EXPECT_EQ(file.toml(), text.toml());
  EXPECT_EQ(file.toml(), later.toml());
  EXPECT_EQ(run(file).fingerprint(), run(text).fingerprint());
  EXPECT_EQ(run(file).fingerprint(), run(later).fingerprint());
  EXPECT_NE(run(file).fingerprint(), run(Scenario::from_file(path)).fingerprint());
}

TEST(Api, a_text_names_what_ships) {
  const Scenario s = Scenario::from_text(
      "name = 'mine'\nmachine = 'guest-2g'\ncosts = 'xeon'\n[kernel]\nprofile = '6.12'\n"
      "[[hotplug]]\nsize = '1GiB'\ndevice = 'virtual-dimm'\n");
  EXPECT_EQ(run(s).outcome(), "ok");
}

TEST(Api, what_is_wrong_has_its_place) {
  try {
    Scenario::from_text("name = 'x'\nmachine = \n");
    FAIL();
  } catch (const Error& e) {
    ASSERT_EQ(e.problems().size(), 1U);
    EXPECT_EQ(e.problems()[0].file, "scenario");
    EXPECT_EQ(e.problems()[0].line, 2);
    EXPECT_GT(e.problems()[0].column, 0);
  }
  EXPECT_NE(error_of([] {
              Scenario::from_file("small-guest", {"hotplug.0.sice=1GiB"});
            }).find("did you mean size"),
            std::string::npos);
  const Scenario guest = Scenario::from_file("small-guest", kSmall);
  EXPECT_NE(error_of([&] { run(guest, {.placement = "attic"}); }).find("unknown placement 'attic'"),
            std::string::npos);
  EXPECT_NE(error_of([&] { compare(guest, {.placements = {}}); }).find("no placement"),
            std::string::npos);
  EXPECT_THROW((void)run(guest).metric("time_to_tea"), std::out_of_range);
}

TEST(Api, a_metric_of_several_phases_is_told_apart_by_them) {
  const auto done = run(Scenario::from_file("small-guest", kSmall));
  EXPECT_THROW((void)done.metric("mem_free_delta"), std::out_of_range);
  EXPECT_TRUE(done.metric("mem_free_delta", "add").has_value());
  for (const Metric& m : done.metrics()) {
    EXPECT_FALSE(m.definition.empty()) << m.name;
    EXPECT_FALSE(m.unit.empty()) << m.name;
  }
}

TEST(Api, the_file_of_a_run_is_what_it_holds) {
  const mhp::ScratchFolder folder;
  const auto done = run(Scenario::from_file("small-guest", kSmall));
  done.write(folder.path("run.h5"));
  EXPECT_NE(error_of([&] { done.write(folder.path("run.h5")); }), "no error");
  done.write(folder.path("run.h5"), true);
  const Results file = Results::read(folder.path("run.h5"));
  const Results here = done.results();
  EXPECT_EQ(file.groups(), here.groups());
  for (const std::string& group : file.groups())
    EXPECT_EQ(file.variables(group), here.variables(group));
  const Variable a = file.variable("zones/nr_free_pages");
  const Variable b = here.variable("zones/nr_free_pages");
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.units, "page");
  ASSERT_EQ(a.dims.size(), a.shape.size());
  std::size_t size = 1;
  for (const std::size_t n : a.shape) size *= n;
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(a.values).size(), size);
  EXPECT_EQ(file.attribute("fingerprint"), done.fingerprint());
  EXPECT_EQ(file.attribute("no-such"), std::nullopt);
  EXPECT_NE(error_of([&] { (void)file.variable("zones/no_such"); }), "no error");
  EXPECT_NE(error_of([&] { Results::read(folder.path("none.h5")); }), "no error");
}

TEST(Api, a_comparison_is_of_the_runs) {
  const Scenario guest = Scenario::from_file("small-guest", kSmall);
  const Comparison c = compare(guest);
  ASSERT_EQ(c.placements.size(), 2U);
  const auto row = std::find_if(c.metrics.begin(), c.metrics.end(),
                                [](const auto& m) { return m.name == "time_to_usable"; });
  ASSERT_NE(row, c.metrics.end());
  const auto boot = *run(guest, {.placement = "boot_memory"}).metric("time_to_usable");
  const auto range = *run(guest, {.placement = "hotplugged_range"}).metric("time_to_usable");
  EXPECT_EQ(row->values.at("boot_memory")->mean, static_cast<double>(boot));
  EXPECT_EQ(row->differences.at("hotplugged_range")->absolute.mean,
            static_cast<double>(range - boot));
  EXPECT_FALSE(row->values.at("boot_memory")->low.has_value());
}

TEST(Api, a_placement_of_ones_own_is_one_more) {
  const mhp::kernel::PlacementPolicy mine{
      .name = "api_test",
      .doc = "as boot_memory",
      .decide =
          [](const auto& request, const auto&, const auto&) {
            return mhp::kernel::each_block(request, [&](mhp::PfnRange block) {
              return mhp::kernel::from_page_allocator(request, block);
            });
          },
      .kernels = "",
      .position = "-",
      .proposed = "a test"};
  add_placement(mine);
  EXPECT_NE(error_of([&] { add_placement(mine); }).find("already"), std::string::npos);
  const Scenario guest = Scenario::from_file("small-guest", kSmall);
  EXPECT_EQ(run(guest, {.placement = "api_test"}).metric("memmap_pages_boot"), 8 * 512);
}

TEST(Api, it_says_which_it_is) {
  EXPECT_FALSE(version().empty());
  EXPECT_FALSE(model_version().empty());
  EXPECT_TRUE(std::filesystem::is_directory(data_folder() + "/configs"));
}

}  // namespace
}  // namespace mhpsim
