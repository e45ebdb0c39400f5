// The studies that ship: they can be read, they have a page, and what must hold of their results by
// mechanism does, on a part of their runs.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "sim/config/toml_source.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/run/run.hpp"
#include "sim/study/design/scenarios.hpp"

namespace mhp::study::shipped_studies_test {
namespace {

namespace fs = std::filesystem;

// What a sweep keeps of its study is read again in a folder where no other file is.
TEST(shipped_studies, their_text_needs_no_other_file) {
  for (const auto& entry : fs::directory_iterator(MHP_SOURCE_DIR "/configs/studies")) {
    const auto study = load_study(entry.path(), {});
    ASSERT_TRUE(study.has_value()) << entry.path() << ": " << study.error().front().text();
    const auto root = config::parse_toml(study->text, "/nowhere/study.toml");
    ASSERT_TRUE(root.has_value()) << entry.path();
    const auto again = make_study(*root, {});
    ASSERT_TRUE(again.has_value()) << entry.path() << ": " << again.error().front().text();
    EXPECT_EQ(again->text, study->text) << entry.path();
  }
}

/// The values of a run's axes, as its label has them, and what it gave.
struct Found {
  std::map<std::string, std::string> at;
  run::RunResult result;

  std::int64_t metric(const std::string& name, const std::string& phase = "") const {
    for (const run::Metric& m : result.metrics)
      if (m.name == name && (phase.empty() || word(m.phase) == phase)) return m.value.value_or(-1);
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }
};

/// A study that ships.
class Shipped {
 public:
  explicit Shipped(const std::string& name, const std::vector<std::string>& settings = {}) {
    auto study = load_study(MHP_SOURCE_DIR "/configs/studies/" + name + ".toml", settings);
    if (!study) throw std::runtime_error(study.error().front().text());
    study_ = std::make_unique<Study>(std::move(*study));
    plan_ = std::make_unique<Plan>(*study_);
    scenarios_ = std::make_unique<Scenarios>(*plan_);
  }

  const Plan& plan() const { return *plan_; }

  /// Simulates the points whose label has all of `words` ("memmap_placement=boot_memory"), at most
  /// `limit` of them, in their order.
  std::vector<Found> runs(const std::set<std::string>& words, std::size_t limit = 1000) const {
    ScenarioCursor cursor(*scenarios_);
    std::vector<Found> out;
    for (std::uint64_t p = 0; p < plan_->points() && out.size() < limit; ++p) {
      const Position position = plan_->at(p);
      std::set<std::string> missing = words;
      Found found;
      std::istringstream label(plan_->label(position));
      for (std::string word; std::getline(label, word, ',');) {
        missing.erase(word);
        found.at[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
      }
      if (!missing.empty()) continue;
      const config::Scenario& s = (*cursor.at(position))->scenario();
      found.result = run::simulate(s, {.seed = static_cast<std::uint64_t>(s.run.seed)});
      out.push_back(std::move(found));
    }
    EXPECT_FALSE(out.empty()) << "no such runs";
    return out;
  }

  Found run_of(const std::set<std::string>& words) const { return runs(words, 1).at(0); }

 private:
  std::unique_ptr<Study> study_;
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Scenarios> scenarios_;
};

const std::string kBoot = "memmap_placement=boot_memory";
const std::string kRange = "memmap_placement=hotplugged_range";

TEST(studies_that_ship, can_be_read_and_ask_a_question) {
  int studies = 0;
  for (const auto& entry : fs::directory_iterator(MHP_SOURCE_DIR "/configs/studies")) {
    const auto study = load_study(entry.path(), {});
    ASSERT_TRUE(study) << entry.path() << ": " << study.error().front().text();
    EXPECT_EQ(study->params.name, entry.path().stem());
    EXPECT_TRUE(study->params.doc.ends_with('?')) << entry.path();
    ++studies;
  }
  EXPECT_GE(studies, 8);
}

TEST(studies_that_ship, those_with_a_page_say_where) {
  int pages = 0;
  for (const auto& entry : fs::directory_iterator(MHP_SOURCE_DIR "/docs/studies")) {
    if (entry.path().extension() != ".md") continue;
    const std::string name = entry.path().stem();
    EXPECT_TRUE(fs::exists(MHP_SOURCE_DIR "/configs/studies/" + name + ".toml")) << name;
    EXPECT_TRUE(fs::exists(MHP_SOURCE_DIR "/docs/studies/" + name + ".svg")) << name;
    ++pages;
  }
  EXPECT_EQ(pages, 11);
}

// 64 bytes of memmap for each 4 KiB: growth by f takes f / 64 of boot memory. Everything else that
// an add takes from boot memory is page tables and slab, so the two placements differ by just the
// memmap and the tables; and boot_memory fails where the memmap does not fit, and only there or
// within the little that slab and the min watermark keep.
TEST(boot_memory_headroom, boot_memory_fails_just_where_the_memmap_does_not_fit) {
  const Shipped study("boot-memory-headroom");
  for (const auto& [machine, block, boot] :
       {std::tuple{"guest-256m", "128MiB", 256 * kMiB}, std::tuple{"guest-2g", "128MiB", 2 * kGiB},
        std::tuple{"guest-2g", "2GiB", 2 * kGiB}}) {
    const std::set<std::string> where{std::string("machine=") + machine,
                                      std::string("memory_block_size=") + block};
    auto words = where;
    words.insert(kBoot);
    const auto near = study.runs(words);
    words.erase(kBoot);
    words.insert(kRange);
    const auto range = study.runs(words);
    ASSERT_EQ(near.size(), range.size());
    int failed = 0;
    for (std::size_t i = 0; i < near.size(); ++i) {
      const std::int64_t factor = std::stoll(near[i].at.at("growth_factor"));
      const std::int64_t memmap = factor * boot / 64 / kPageSize;
      const std::int64_t free =
          range[i].metric("free_pages_min") + range[i].metric("page_table_pages");
      EXPECT_EQ(range[i].result.outcome, run::Outcome::ok) << factor;
      EXPECT_EQ(range[i].metric("memmap_pages_range"), memmap) << factor;
      const std::int64_t kept = range[i].metric("slab_pages") + 4 * kMiB / kPageSize;
      const bool too_much = memmap > free;
      if (too_much || memmap + kept <= free) {
        EXPECT_EQ(near[i].result.outcome, too_much ? run::Outcome::enomem : run::Outcome::ok)
            << machine << factor;
      }
      if (near[i].result.outcome != run::Outcome::ok) {
        ++failed;
        EXPECT_LT(near[i].metric("memmap_pages_boot"), memmap);
        EXPECT_EQ(near[i].metric("mem_total_delta"), 0);
        continue;
      }
      EXPECT_EQ(near[i].metric("free_pages_min"),
                free - memmap - near[i].metric("page_table_pages"))
          << machine << factor;
    }
    EXPECT_GT(failed, 0) << machine;
  }
}

// On a node of its own block k of B, of p = 1024 pageblocks each, walks over the k before it and
// fails at the next: p B (B - 1) / 2 + B checks. Twice that with the memmap in the range; with
// walk "range" only the block itself, but for the first, of an empty zone; none with "counter".
TEST(time_to_usable, the_walk_is_quadratic_on_a_node_of_its_own_and_the_rest_is_linear) {
  const Shipped study("time-to-usable");
  const auto get = [&](const std::string& size, const std::string& walk,
                       const std::string& node = "8", const std::string& placement = kBoot) {
    return study.run_of({"profile=linux-6.12", "size=" + size, "contiguity_walk=" + walk,
                         "node=" + node, placement});
  };
  const auto walks = [](std::int64_t blocks) { return 1024 * blocks * (blocks - 1) / 2 + blocks; };
  const Found one = get("1TiB", "full"), two = get("2TiB", "full");
  EXPECT_EQ(one.metric("contiguity_checks"), walks(512));
  EXPECT_EQ(two.metric("contiguity_checks"), walks(1024));
  EXPECT_EQ(get("1TiB", "full", "8", kRange).metric("contiguity_checks"), 2 * walks(512));
  EXPECT_EQ(get("1TiB", "range").metric("contiguity_checks"), 1024 * 511 + 1);
  const Found flat_one = get("1TiB", "counter"), flat_two = get("2TiB", "counter");
  EXPECT_EQ(flat_one.metric("contiguity_checks"), 0);
  const auto time = [](const Found& f) { return static_cast<double>(f.metric("time_to_usable")); };
  EXPECT_NEAR(time(flat_two) / time(flat_one), 2, 0.05);
  EXPECT_NEAR((time(two) - time(flat_two)) / (time(one) - time(flat_one)), 4, 0.05);
}

// Between the memory of socket 0 and a board for it lies that of the other sockets: the walk ends
// there, however many blocks the board has.
TEST(time_to_usable, on_a_sockets_node_the_walk_ends_at_the_hole) {
  const Shipped study("time-to-usable");
  std::vector<Found> found;
  for (const char* size : {"size=1TiB", "size=2TiB"})
    found.push_back(
        study.run_of({"profile=linux-6.12", size, "contiguity_walk=full", "node=0", kBoot}));
  EXPECT_EQ(found[1].metric("contiguity_checks"), 2 * found[0].metric("contiguity_checks"));
}

// 6.1 has no memmap in the range for more than one block.
TEST(time_to_usable, an_old_kernel_falls_back) {
  const Shipped study("time-to-usable");
  const Found f = study.run_of({"profile=linux-6.1", "size=1TiB", "contiguity_walk=full", kRange});
  EXPECT_EQ(f.result.outcome, run::Outcome::refused);
  EXPECT_EQ(f.metric("memmap_pages_range"), 0);
}

// Each block of B GiB loses the 1 GiB page in which its head lies: 64 - 64 / B are left, none of
// blocks of 1 GiB and below. Boot memory loses none. ZONE_MOVABLE gives none unless it may.
TEST(huge_pages, gigantic_pages_follow_from_block_and_placement) {
  const Shipped study("huge-pages");
  for (const Found& f : study.runs({"boot_memory=clean"})) {
    const auto block = *amount(f.at.at("memory_block_size"), Unit::byte, {});
    const bool allowed =
        f.at.at("zone") == "online_kernel" || f.at.at("gigantic_pages_from_movable") == "true";
    const std::int64_t lost =
        f.at.at("memmap_placement") == "boot_memory" ? 0 : 64 * kGiB / std::max(block, kGiB);
    EXPECT_EQ(f.metric("gigantic_pages_possible"), allowed ? 64 - lost : 0)
        << f.at.at("memory_block_size") << f.at.at("zone") << f.at.at("memmap_placement");
  }
}

// The memmap of 64 GiB is 1 GiB: 512 pages of 2 MiB, of boot memory or of the range. Where boot
// memory has none free, a section's memmap is made of 512 base pages, and no page of 2 MiB is lost.
TEST(huge_pages, two_mebibytes_are_lost_once_or_not_at_all) {
  const Shipped study("huge-pages");
  for (const std::string state : {"clean", "fragmented"}) {
    const std::set<std::string> words{"boot_memory=" + state, "zone=online_kernel",
                                      "gigantic_pages_from_movable=false",
                                      "memory_block_size=2GiB"};
    auto with = [&](const std::string& placement) {
      auto all = words;
      all.insert(placement);
      return study.run_of(all);
    };
    const Found near = with(kBoot), range = with(kRange);
    EXPECT_EQ(near.metric("memmap_base_pages") > 0, state == "fragmented");
    EXPECT_EQ(near.metric("huge_pages_free") - range.metric("huge_pages_free"),
              near.metric("memmap_base_pages") / 512);
  }
}

// An idle tenant keeps with a far memmap just what a near one takes of the server's own memory.
// A near memmap does not see the link; onlining a far one takes longer the farther it is.
TEST(cxl_memmap, far_costs_time_and_near_costs_memory) {
  const Shipped study("cxl-memmap");
  std::int64_t last = 0;
  std::set<std::int64_t> near_times;
  for (const char* latency : {"latency=27ns", "latency=142ns", "latency=297ns"}) {
    const Found near = study.run_of({"tenant=idle", latency, kBoot});
    const Found far = study.run_of({"tenant=idle", latency, kRange});
    EXPECT_EQ(near.metric("memmap_pages_boot"), 16 * kGiB / 64 / kPageSize);
    EXPECT_EQ(far.metric("free_pages_min") - near.metric("free_pages_min"),
              near.metric("memmap_pages_boot") - far.metric("page_table_pages") +
                  near.metric("page_table_pages"));
    EXPECT_GT(far.metric("time_to_online"), last);
    last = far.metric("time_to_online");
    near_times.insert(near.metric("time_to_online"));
  }
  EXPECT_EQ(near_times.size(), 1u);
}

TEST(fleet_day, is_a_thousand_hosts_under_both_placements) {
  const Shipped study("fleet-day");
  EXPECT_EQ(study.plan().points(), 2000u);
  std::set<std::string> hosts;
  for (std::uint64_t p = 0; p < study.plan().points(); ++p) {
    std::string label = study.plan().label(study.plan().at(p));
    hosts.insert(label.substr(label.find("machine=")));
  }
  EXPECT_EQ(hosts.size(), 1000u);
}

// What a day adds is whole boards, an eighth of the host each, at most eight; the memmap in the
// range takes 1/64 of each.
TEST(fleet_day, hosts_grow_by_whole_boards) {
  const Shipped study("fleet-day");
  std::int64_t grown = 0;
  for (const auto& [placement, parts] : {std::pair{kBoot, 64}, std::pair{kRange, 63}})
    for (const Found& f : study.runs({placement, "machine=xeon-e5-2699-v3"}, 12)) {
      const std::int64_t board = 16 * kGiB / 64 * parts;
      const std::int64_t delta = f.metric("mem_total_delta");
      EXPECT_EQ(f.result.outcome, run::Outcome::ok);
      EXPECT_EQ(delta % board, 0);
      EXPECT_LE(delta / board, 8);
      grown += delta > 0 ? 1 : 0;
    }
  EXPECT_GT(grown, 0);
}

/// A case of the unplug study, with blocks of 128 MiB.
Found unplugged(const std::string& tenant, const std::string& next, const std::string& zone,
                const std::string& adder, const std::string& placement) {
  static const Shipped study("unplug");
  return study.run_of({"tenant=" + tenant, "next_dimm=" + next, "zone=" + zone, "adder=" + adder,
                       "memory_block_size=128MiB", placement});
}

/// Attempts to take a block offline that failed.
std::vector<run::Operation> refusals(const Found& f) {
  std::vector<run::Operation> out;
  for (const run::Operation& op : f.result.operations)
    if (op.kind == run::Operation::Kind::offline && op.status != kernel::Status::ok) {
      EXPECT_NE(op.reason.find("in use by the kernel"), std::string::npos) << op.reason;
      out.push_back(op);
    }
  return out;
}

// ZONE_MOVABLE holds no page of the kernel, so all of it goes.
TEST(unplug, movable_memory_goes_whatever_the_kernel_does) {
  for (const char* tenant : {"idle", "kernel_objects"})
    for (const char* adder : {"acpi_dimm", "virtio_mem"})
      EXPECT_EQ(unplugged(tenant, "600s", "online_movable", adder, kBoot).metric("removed_bytes"),
                8 * kGiB)
          << tenant << adder;
}

// A DIMM goes whole or not at all: every block is tried, and then the first that stayed once more,
// whose refusal ends it. virtio-mem leaves the sub-blocks that hold something.
TEST(unplug, kernel_objects_hold_a_DIMM_and_some_blocks_of_virtio_mem) {
  const Found dimm = unplugged("kernel_objects", "600s", "online_kernel", "acpi_dimm", kBoot);
  EXPECT_EQ(dimm.metric("removed_bytes"), 0);
  const auto tried = refusals(dimm);
  ASSERT_GE(tried.size(), 2u);
  EXPECT_EQ(tried.back().block, tried.front().block);
  const Found blocks = unplugged("kernel_objects", "600s", "online_kernel", "virtio_mem", kBoot);
  const auto stay = static_cast<std::int64_t>(refusals(blocks).size());
  EXPECT_GT(stay, 0);
  EXPECT_GT(blocks.metric("removed_bytes"), 8 * kGiB - stay * 128 * kMiB);
  EXPECT_LE(blocks.metric("removed_bytes"), 8 * kGiB - stay * 2 * kMiB);
  EXPECT_EQ(blocks.metric("removed_bytes") % (2 * kMiB), 0);
}

// The memmap of the next 8 GiB, 128 MiB, is taken from what was borrowed, unless it is in its own
// range.
TEST(unplug, the_memmap_of_the_next_DIMM_holds_the_first) {
  EXPECT_EQ(unplugged("idle", "30s", "online_kernel", "acpi_dimm", kBoot).metric("removed_bytes"),
            0);
  EXPECT_EQ(unplugged("idle", "600s", "online_kernel", "acpi_dimm", kBoot).metric("removed_bytes"),
            8 * kGiB);
  const Found near = unplugged("idle", "30s", "online_kernel", "virtio_mem", kBoot);
  const Found range = unplugged("idle", "30s", "online_kernel", "virtio_mem", kRange);
  EXPECT_LT(near.metric("removed_bytes"), range.metric("removed_bytes"));
}

// 5 GiB in use and 2 GiB besides: there is no room until another DIMM has come.
TEST(unplug, user_memory_goes_if_it_fits_elsewhere) {
  const Found full = unplugged("user_memory", "600s", "online_movable", "virtio_mem", kBoot);
  EXPECT_LT(full.metric("removed_bytes"), 8 * kGiB);
  EXPECT_GT(full.metric("removed_bytes"), 0);
  const Found room = unplugged("user_memory", "30s", "online_movable", "virtio_mem", kBoot);
  EXPECT_EQ(room.metric("removed_bytes"), 8 * kGiB);
}

Found upgraded(const std::string& kernel, const std::string& what, const std::string& placement) {
  static const Shipped study("upgrade");
  return study.run_of({"profile=" + kernel, "case=" + what, placement});
}

TEST(upgrade, memmap_in_the_range_of_many_blocks_comes_with_6_8) {
  for (const char* what : {"server", "small_guest"}) {
    EXPECT_GT(upgraded("6.6", what, kRange).metric("memmap_pages_boot"), 0);
    EXPECT_EQ(upgraded("6.8", what, kRange).metric("memmap_pages_boot"), 0);
  }
}

TEST(upgrade, threads_of_a_node_keep_its_first_DIMM_from_6_14_on) {
  for (const std::string& placement : {kBoot, kRange}) {
    EXPECT_EQ(upgraded("6.12", "dimm_leaves", placement).metric("removed_bytes"), 16 * kGiB);
    EXPECT_EQ(upgraded("6.17", "dimm_leaves", placement).metric("removed_bytes"), 0);
  }
}

// Of 8 vmemmap pages 6, then 7; with readers that are waited for page by page fewer get so far.
TEST(upgrade, pools_of_huge_pages_save_vmemmap_as_each_kernel_can) {
  const auto saved = [](const std::string& kernel) {
    return upgraded(kernel, "huge_pages", kBoot).metric("hugetlb_vmemmap_saved");
  };
  for (const run::Metric& m : upgraded("5.13", "huge_pages", kBoot).result.metrics)
    EXPECT_NE(m.name, "hugetlb_vmemmap_saved") << "it cannot";
  EXPECT_LT(saved("5.15"), saved("6.1"));
  EXPECT_LT(saved("6.4"), saved("6.1"));
  EXPECT_EQ(saved("6.8"), saved("6.1"));
  EXPECT_GT(upgraded("5.15", "huge_pages", kRange).metric("memmap_pages_boot"), 0)
      << "this kernel does one or the other";
}

TEST(upgrade, only_what_is_queued_takes_back_what_a_failed_addition_had_got) {
  EXPECT_GT(upgraded("7.3", "failed_add", kBoot).metric("overhead_total"), 100 * kMiB);
  EXPECT_EQ(upgraded("7.4", "failed_add", kBoot).metric("overhead_total"), 0);
}

// Rules that matter here are all the differences between these kernels.
TEST(upgrade, kernels_between_which_nothing_changed_take_the_same_time) {
  const auto usable = [](const std::string& kernel, const std::string& placement) {
    return upgraded(kernel, "server", placement).metric("time_to_usable");
  };
  EXPECT_EQ(usable("6.4", kBoot), usable("6.6", kBoot));
  EXPECT_EQ(usable("6.8", kRange), usable("6.12", kRange));
  EXPECT_EQ(usable("6.17", kRange), usable("6.18", kRange));
  EXPECT_LT(usable("7.4", kBoot), usable("7.3", kBoot)) << "no walk";
}

/// 512 GiB under a kernel, in ZONE_NORMAL.
Found built_for(const std::string& kernel, const std::string& placement,
                const std::string& machine = "server") {
  static const Shipped study("architectures");
  return study.run_of({"machine=" + machine, "kernel=" + kernel, placement});
}

const std::string kForced = "memmap_placement=hotplugged_range_force";
const std::vector<std::string> kBuilds{"x86-64",    "x86-64-2g", "arm64-4k",  "arm64-16k",
                                       "arm64-64k", "ppc64-4k",  "ppc64-64k", "ppc64-64k-2g",
                                       "riscv64",   "s390"};

/// Bytes of a base page, from the name.
std::int64_t page_of(const std::string& kernel) {
  if (kernel.find("-64k") != std::string::npos) return 64 * kKiB;
  return kernel.find("-16k") != std::string::npos ? 16 * kKiB : 4 * kKiB;
}

// A struct page has 64 bytes, whatever it describes.
TEST(architectures, memmap_is_64_bytes_a_page_of_any_size) {
  for (const std::string& kernel : kBuilds)
    EXPECT_EQ(built_for(kernel, kBoot).metric("overhead_memmap_boot"),
              512 * kGiB / page_of(kernel) * 64)
        << kernel;
}

// Where the memmap of a block is no whole number of pageblocks (or leaves) the kernel does not
// follow; force rounds up to a pageblock, unless that is the block or leaves are wanted.
TEST(architectures, memmap_in_the_range_is_refused_where_a_block_has_too_little) {
  const std::set<std::string> asked{"arm64-16k", "arm64-64k", "ppc64-64k"};
  const std::set<std::string> forced{"arm64-16k", "arm64-64k"};
  for (const std::string& kernel : kBuilds) {
    const Found range = built_for(kernel, kRange), force = built_for(kernel, kForced);
    EXPECT_EQ(range.result.outcome == run::Outcome::refused, asked.contains(kernel)) << kernel;
    EXPECT_EQ(force.result.outcome == run::Outcome::refused, forced.contains(kernel)) << kernel;
    EXPECT_EQ(range.metric("overhead_memmap_range") > 0, !asked.contains(kernel)) << kernel;
  }
  // 4 pages of memmap for 256 MiB, of a pageblock of 32.
  EXPECT_EQ(built_for("ppc64-64k", kForced).metric("overhead_waste"), 2048 * 28 * 64 * kKiB);
  EXPECT_EQ(built_for("ppc64-64k-2g", kForced).metric("overhead_waste"), 0);
}

// A table of 512 single pages each for 2 MiB, one above it for each GiB, and of the vmemmap one for
// each 64 GiB and one where it passes a border of 512 GiB. The placement does not matter to that.
TEST(architectures, arm64_pays_for_single_pages_in_every_placement) {
  for (const std::string& placement : {kBoot, kRange, kForced}) {
    EXPECT_EQ(built_for("arm64-4k", placement).metric("page_table_pages"),
              512 * kGiB / (2 * kMiB) + 512 + 8 + 1);
    EXPECT_LT(built_for("x86-64-2g", placement).metric("page_table_pages"), 10);
  }
  // Larger pages fill a table with more: 2,048 of 16 KiB and 8,192 of 64 KiB.
  EXPECT_NEAR(static_cast<double>(built_for("arm64-16k", kBoot).metric("page_table_pages")),
              512 * kGiB / (32 * kMiB), 80);
  EXPECT_NEAR(static_cast<double>(built_for("arm64-64k", kBoot).metric("page_table_pages")),
              512 * kGiB / (512 * kMiB), 4);
}

// A head in each block leaves no gigantic page where blocks are not larger than one, of whatever
// size it is: 2 GiB on s390.
TEST(architectures, heads_leave_gigantic_pages_only_in_blocks_that_are_larger) {
  for (const char* kernel : {"x86-64", "arm64-4k", "ppc64-4k", "riscv64", "s390"})
    EXPECT_EQ(built_for(kernel, kRange).metric("gigantic_bytes_lost"), 512 * kGiB) << kernel;
  for (const char* kernel : {"x86-64-2g", "ppc64-64k-2g"})
    EXPECT_EQ(built_for(kernel, kRange).metric("gigantic_bytes_lost"), 256 * kGiB) << kernel;
  for (const std::string& kernel : kBuilds)
    EXPECT_EQ(built_for(kernel, kBoot).metric("gigantic_bytes_lost"), 0) << kernel;
}

// 2 GiB have no room for 8 GiB of memmap, nor for 2 GiB of it; for 512 MiB they do. Blocks that go
// online one by one have room for each other's. Tables alone fit.
TEST(architectures, a_small_guest_grows_where_memmap_is_small_comes_by_blocks_or_is_in_the_range) {
  for (const std::string& kernel : kBuilds) {
    const bool by_blocks = kernel.starts_with("ppc64") || kernel == "s390";
    const bool fits = by_blocks || page_of(kernel) == 64 * kKiB;
    EXPECT_EQ(built_for(kernel, kBoot, "guest_2g").result.outcome,
              fits ? run::Outcome::ok : run::Outcome::enomem)
        << kernel;
    EXPECT_EQ(built_for(kernel, kRange, "guest_2g").result.outcome == run::Outcome::enomem,
              kernel == "arm64-16k")
        << kernel;
  }
}

Found beside_movable(const std::string& tenant, const std::string& kernel_memory) {
  static const Shipped study("movable-ratio");
  return study.run_of({"tenant=" + tenant, kBoot, "kernel_memory=" + kernel_memory});
}

// Of 4 GiB each process has a table for each 2 MiB, one for each GiB, and two; with huge pages the
// last two alone, and all share four.
TEST(movable_ratio, page_tables_go_by_processes_and_not_by_the_ratio) {
  const Found base = beside_movable("database", "3.75GiB");
  EXPECT_EQ(base.metric("workload_page_table_pages"), 200 * (2048 + 4 + 2));
  EXPECT_EQ(base.metric("oom_kill"), 0);
  const Found huge = beside_movable("database_2MiB", "384MiB");
  EXPECT_EQ(huge.metric("workload_page_table_pages"), 200 * 2 + 4);
  EXPECT_EQ(huge.metric("oom_kill"), 0);
}

TEST(movable_ratio, a_kernel_short_of_memory_kills_beside_free_movable_memory) {
  const Found f = beside_movable("database", "768MiB");
  EXPECT_GT(f.metric("oom_kill"), 0);
  EXPECT_GT(f.metric("oom_free_movable"), 2 * kGiB / kPageSize);
  EXPECT_EQ(beside_movable("programs", "768MiB").metric("oom_kill"), 0);
}

}  // namespace
}  // namespace mhp::study::shipped_studies_test
