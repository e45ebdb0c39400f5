// A file as it is written is found right; each law, broken in a copy, is named.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "sim/run/result/check/file_check.hpp"
#include "sim/run/result/run_content.hpp"

namespace mhp::run {
namespace {

using record::FileContent;
using Ints = std::vector<std::int64_t>;
using Reals = std::vector<double>;

FileContent content_of(const std::string& scenario, const std::vector<std::string>& settings,
                       bool record = true) {
  const auto s = config::load_scenario(MHP_SOURCE_DIR "/configs/scenarios/" + scenario, settings);
  if (!s) throw std::runtime_error(s.error().front().text());
  return run_content(*s, simulate(*s, {.record = record}));
}

/// A guest with a load that gets 2 GiB, in whose range the memmap lies.
const FileContent& small() {
  static const FileContent file = content_of(
      "small-guest.toml",
      {"hotplug.0.size=2GiB", "workload.kind=steady", "kernel.memmap_placement=hotplugged_range"});
  return file;
}

record::Variable& variable(FileContent& file, const std::string& group, const std::string& name) {
  for (record::Group& g : file.groups)
    for (auto* list : {&g.coordinates, &g.variables})
      for (record::Variable& v : *list)
        if (g.name == group && v.name == name) return v;
  throw std::runtime_error("no variable " + group + "/" + name);
}

Ints& ints(FileContent& file, const std::string& group, const std::string& name) {
  return std::get<Ints>(variable(file, group, name).data);
}

Reals& reals(FileContent& file, const std::string& group, const std::string& name) {
  return std::get<Reals>(variable(file, group, name).data);
}

/// The index of a metric in the ledger.
std::size_t row_of(FileContent& file, const std::string& metric) {
  const auto& names = std::get<std::vector<std::string>>(variable(file, "ledger", "metric").data);
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), metric) - names.begin());
}

std::string all(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

// Eight blocks of 128 MiB with struct pages of 8 bytes, whose memmap fills a quarter of a page of
// 64 KiB each.
TEST(run_check, blocks_may_share_a_page_of_memmap) {
  FileContent file = content_of("power-guest.toml", {"kernel.struct_page_size=8B"});
  EXPECT_TRUE(check_run_file(file, 2).faults.empty()) << all(check_run_file(file, 2).faults);
  Ints& pages = ints(file, "sections", "memmap_pages");
  pages.back() += std::ssize(ints(file, "memmap", "block")) + 1;
  EXPECT_NE(all(check_run_file(file, 2).faults).find("sections that were added, and their memmap"),
            std::string::npos);
}

// What lies in the place of the other is refused, whichever came first, and the file has it once.
TEST(run_check, of_two_that_want_one_place_one_gets_it) {
  const std::string namespaces = "hotplug.1={size=\"2GiB\",device=\"" MHP_SOURCE_DIR
                                 "/configs/devices/pmem-namespace.toml\",adder=\"fsdax\"";
  for (const char* first : {"hotplug.0.at=3ms", "hotplug.0.at=9ms"}) {
    const FileContent file = content_of(
        "quickstart.toml",
        {"workload={kind=\"idle\"}", "hotplug.0.size=8GiB", "hotplug.0.device.training=0s", first,
         "hotplug.0.start=1TiB", namespaces + ",at=\"7ms\",start=\"1TiB\"}"});
    EXPECT_EQ(record::text_of(file.attributes, "outcome"), "refused") << first;
    EXPECT_TRUE(check_run_file(file, 2).faults.empty()) << all(check_run_file(file, 2).faults);
  }
}

// One that does not say where it lies finds its place beside those that do.
TEST(run_check, devices_without_an_address_keep_clear_of_those_with_one) {
  FileContent file = content_of(
      "quickstart.toml", {"workload={kind=\"idle\"}", "hotplug.*.size=2GiB", "hotplug.0.count=3",
                          "hotplug.0.every=1s", "hotplug.1.at=5s", "hotplug.1.start=516GiB"});
  EXPECT_EQ(record::text_of(file.attributes, "outcome"), "ok");
  const Ints& pages = ints(file, "memmap", "pages");
  EXPECT_EQ(std::accumulate(pages.begin(), pages.end(), std::int64_t{0}), 4 * 2 * (kGiB / 4096));
  EXPECT_TRUE(check_run_file(file, 2).faults.empty());
}

// A pageblock of this architecture has 256 pages, fewer than the workload is to keep of each.
TEST(run_check, pageblocks_may_be_smaller_than_what_is_kept_of_them) {
  const FileContent file = content_of(
      "power-guest.toml", {"kernel.architecture=ppc64-64k-hash", "hotplug.0.size=256MiB",
                           "until=2s", "machine.node.0.memory=4GiB",
                           "workload={kind=\"fragmenter\",kept_pages=457,hold=\"50ms\"}"});
  EXPECT_TRUE(check_run_file(file, 2).faults.empty()) << all(check_run_file(file, 2).faults);
}

// Its sections are gone with it.
TEST(run_check, an_addition_may_be_taken_back) {
  FileContent file = content_of(
      "small-guest.toml", {"hotplug.0.size=32GiB", "kernel.profile.failed_add_rolls_back=true"});
  EXPECT_EQ(record::text_of(file.attributes, "outcome"), "enomem");
  const Ints& sections = ints(file, "series", "sections_added");
  EXPECT_GT(*std::max_element(sections.begin(), sections.end()), 0);
  EXPECT_EQ(sections.back(), 0);
  EXPECT_TRUE(check_run_file(file, 2).faults.empty()) << all(check_run_file(file, 2).faults);
}

TEST(run_check, what_is_written_is_found_right) {
  const FileCheck check = check_run_file(small(), 2);
  EXPECT_EQ(all(check.faults), "");
  EXPECT_GE(check.looked_at.size(), 15U);
}

TEST(run_check, a_run_that_was_not_recorded_is_right_too) {
  const FileContent file =
      content_of("small-guest.toml", {"hotplug.0.size=2GiB"}, /*record=*/false);
  EXPECT_EQ(file.find("series"), nullptr);
  EXPECT_EQ(all(check_run_file(file, 2).faults), "");
}

struct Breakage {
  const char* what;
  std::function<void(FileContent&)> make;
  const char* said;  ///< a part of the fault that must be named
};

const Breakage kBreakages[] = {
    {"a group is missing", [](FileContent& f) { f.groups.erase(f.groups.begin()); },
     "there is no group provenance"},
    {"a variable is missing", [](FileContent& f) { variable(f, "zones", "boost").name = "boots"; },
     "there is no variable zones/boost"},
    {"a variable that nobody knows",
     [](FileContent& f) { variable(f, "zones", "boost").name = "boots"; },
     "zones/boots is none of the schema's variables"},
    {"a unit", [](FileContent& f) { variable(f, "hotplug", "started").units = "us"; },
     "hotplug/started has the unit 'us', not 'ns'"},
    {"a long_name", [](FileContent& f) { variable(f, "memmap", "pages").long_name.clear(); },
     "memmap/pages has no long_name"},
    {"axes",
     [](FileContent& f) {
       variable(f, "zones", "min").dims = {"time", "zone", "node"};
     },
     "zones/min has the axes (time,zone,node), not (time,node,zone)"},
    {"a type", [](FileContent& f) { variable(f, "traffic", "moved").data = Ints{1}; },
     "traffic/moved holds whole numbers, not real numbers"},
    {"the identity",
     [](FileContent& f) {
       for (auto& a : f.attributes)
         if (a.name == "run_id") a.value = "0123456789ABCDEF";
     },
     "attribute run_id: '0123456789ABCDEF' is not 16 hexadecimal digits"},
    {"the fingerprint",
     [](FileContent& f) {
       for (auto& a : f.attributes)
         if (a.name == "fingerprint") a.value = "12";
     },
     "attribute fingerprint: '12' is not"},
    {"the outcome",
     [](FileContent& f) {
       for (auto& a : f.attributes)
         if (a.name == "outcome") a.value = "fine";
     },
     "attribute outcome: 'fine' is none"},
    {"a metric without a phase",
     [](FileContent& f) { variable(f, "metrics", "time_to_online").attributes.pop_back(); },
     "metrics/time_to_online has the direction ''"},
    {"more free than managed",
     [](FileContent& f) { ints(f, "zones", "nr_free_pages")[1] = 1'000'000'000; },
     "(not so: free <= managed pages)"},
    {"more managed than present",
     [](FileContent& f) {
       ints(f, "zones", "managed_pages")[1] = ints(f, "zones", "present_pages")[1] + 1;
     },
     "(not so: managed <= present pages"},
    {"more present than spanned",
     [](FileContent& f) {
       ints(f, "zones", "present_pages")[1] = ints(f, "zones", "spanned_pages")[1] + 1;
     },
     "(not so: present <= spanned pages)"},
    {"watermarks", [](FileContent& f) { ints(f, "zones", "low")[1] = 0; },
     "(not so: min <= low <= high)"},
    {"a free block more", [](FileContent& f) { ++ints(f, "buddy", "free_blocks")[13]; },
     "(not so: the buddy's free blocks are"},
    {"samples", [](FileContent& f) { ints(f, "zones", "time")[1] = 0; },
     "(not so: samples are in the order of time)"},
    {"started before it was submitted",
     [](FileContent& f) { ints(f, "hotplug", "started")[1] = 0; },
     "(not so: submitted <= started <= finished)"},
    {"finished before it started",
     [](FileContent& f) {
       ints(f, "hotplug", "finished")[1] = ints(f, "hotplug", "started")[1] - 1;
     },
     "(not so: submitted <= started <= finished)"},
    {"operations out of order",
     [](FileContent& f) {
       for (const char* moment : {"submitted", "started", "finished"})
         ints(f, "hotplug", moment).back() = 0;
     },
     "(not so: operations are in the order in which they ended)"},
    {"blocks overlap",
     [](FileContent& f) { ints(f, "memmap", "start_pfn")[1] = ints(f, "memmap", "start_pfn")[0]; },
     "overlap"},
    {"a block stands elsewhere", [](FileContent& f) { ++ints(f, "memmap", "start_pfn")[0]; },
     "(not so: memory blocks do not overlap, and stand where"},
    {"online before it began", [](FileContent& f) { ints(f, "memmap", "online_at")[0] = 0; },
     "(not so: of each block"},
    {"a row of the ledger", [](FileContent& f) { ++ints(f, "ledger", "own")[3]; },
     "(not so: of each row of the ledger"},
    {"the ledger does not add up",
     [](FileContent& f) {
       const std::size_t at = row_of(f, "time_to_online") * ints(f, "ledger", "row").size();
       ++ints(f, "ledger", "own")[at];
       ++ints(f, "ledger", "time")[at];
     },
     "ledger: the rows of time_to_online add up to"},
    {"a metric by a nanosecond", [](FileContent& f) { reals(f, "metrics", "time_to_add")[0] += 1; },
     "ledger: the rows of time_to_add add up to"},
    {"sections overlap", [](FileContent& f) { ++ints(f, "sections", "pages")[0]; },
     "(not so: runs of sections ascend"},
    {"memmap of sections", [](FileContent& f) { ++ints(f, "sections", "memmap_pages").back(); },
     "(not so: sections that were added, and their memmap"},
    {"an extreme",
     [](FileContent& f) {
       auto& most = ints(f, "series", "nr_free_pages_max");
       std::fill(most.begin(), most.end(), 0);
     },
     "(not so: series: least <= value <= most"},
    {"a counter falls", [](FileContent& f) { ints(f, "series", "blocks_onlined").back() = 0; },
     "(not so: series: counters never fall)"},
    {"time of the series", [](FileContent& f) { ints(f, "series", "time")[5] = 0; },
     "(not so: series: the times begin"},
    {"the end of a series", [](FileContent& f) { ++ints(f, "series", "psi_some").back(); },
     "series/psi_some ends at"},
    {"the end of the free pages",
     [](FileContent& f) { ++ints(f, "zones", "nr_free_pages").back(); },
     "series/nr_free_pages ends at"},
    {"operations in a bin", [](FileContent& f) { ++ints(f, "latency", "operations")[0]; },
     "series/operations ends at"},
    {"a bin", [](FileContent& f) { ints(f, "latency", "bin_end")[0] = 0; },
     "(not so: bins of latency"},
    {"moved too much", [](FileContent& f) { ints(f, "traffic", "busy")[0] = 0; },
     "(not so: no controller or link moves more"},
    {"more for the kernel than in all",
     [](FileContent& f) {
       reals(f, "traffic", "moved_by_kernel")[0] = 2 * reals(f, "traffic", "moved")[0];
     },
     "bytes for the kernel of"},
};

TEST(run_check, every_law_that_is_broken_is_named) {
  for (const Breakage& breakage : kBreakages) {
    FileContent file = small();
    breakage.make(file);
    const std::string said = all(check_run_file(file, 2).faults);
    EXPECT_NE(said.find(breakage.said), std::string::npos) << breakage.what << " is told as:\n"
                                                           << said;
  }
}

TEST(run_check, of_many_faults_of_a_kind_the_first_are_told_and_the_rest_counted) {
  FileContent file = small();
  auto& own = ints(file, "ledger", "own");
  for (std::int64_t& ns : own) ++ns;
  const FileCheck check = check_run_file(file, 2);
  EXPECT_LE(check.faults.size(), 10U);
  EXPECT_NE(all(check.faults).find("places more where not"), std::string::npos);
}

}  // namespace
}  // namespace mhp::run
