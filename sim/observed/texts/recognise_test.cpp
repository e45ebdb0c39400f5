#include "sim/observed/texts/recognise.hpp"

#include <gtest/gtest.h>

#include "sim/observed/texts/lines.hpp"

namespace mhp::observed::recognise_test {
namespace {

std::vector<TextKind> kinds(std::string_view text) {
  std::vector<TextKind> out;
  for (const Piece& p : pieces_of(text, Location("f", 1, 0))) out.push_back(p.kind);
  return out;
}

constexpr std::string_view kPasted = R"(Hello, this is my machine:
$ uname -a
Linux somewhere 6.1.0-18-amd64 #1 SMP Debian x86_64 GNU/Linux
$ cat /proc/cmdline
console=ttyS0 movable_node
$ numactl -H
available: 1 nodes (0)
node 0 cpus: 0 1
node 0 size: 7957 MB
$ cat /proc/zoneinfo
Node 0, zone   Normal
  pages free     100
        managed  1000
      nr_free_pages 100
$ cat /proc/vmstat
nr_free_pages 100
nr_dirty 1
$ cat /proc/buddyinfo
Node 0, zone   Normal      4      0      6
$ cat /proc/pagetypeinfo
Page block order: 9
Number of blocks type     Unmovable      Movable
Node 0, zone   Normal            1            7
)";

TEST(Recognise, tells_the_kinds_of_texts_that_were_pasted_together) {
  EXPECT_EQ(kinds(kPasted), (std::vector{TextKind::version, TextKind::cmdline, TextKind::numactl,
                                         TextKind::zoneinfo, TextKind::vmstat, TextKind::buddyinfo,
                                         TextKind::pagetypeinfo}));
}

TEST(Recognise, reads_them_all_as_one_machine) {
  const auto o = observe({{"f", std::string(kPasted)}});
  ASSERT_TRUE(o.has_value()) << o.error().front().text();
  EXPECT_EQ(o->kernel_release, "6.1.0-18-amd64");
  EXPECT_EQ(o->cmdline.size(), 2u);
  EXPECT_EQ(o->nodes.front().memory, Bytes{7957 * kMiB});
  EXPECT_EQ(o->vmstat.at("nr_dirty"), 1);
  ASSERT_EQ(o->zones.size(), 1u);
  EXPECT_EQ(o->zones[0].managed, PageCount{1000});
  EXPECT_EQ(o->zones[0].free_blocks, (FreeBlocks{4, 0, 6}));
  EXPECT_EQ(o->zones[0].pageblocks.at(FreeType::movable), 7);
}

TEST(Recognise, a_joined_file_reads_back_as_the_same) {
  const std::vector<InputText> inputs{{"a", std::string(kPasted)},
                                      {"b", "Package:1 [NUMANode(memory=1GiB)] Core:2 PU:1"}};
  const std::string joint = joined(inputs);
  const auto o = observe({{"j", joint}});
  ASSERT_TRUE(o.has_value()) << o.error().front().text();
  EXPECT_EQ(o->kernel_release, "6.1.0-18-amd64");
  EXPECT_EQ(o->processors.count, 2);
  EXPECT_EQ(joined({{"j", joint}}), joint);
}

TEST(Recognise, tells_files_of_tail_by_their_heads) {
  const auto o = observe({{"f",
                           "==> /proc/cmdline <==\nquiet\n\n==> /proc/version <==\n"
                           "Linux version 5.15.0 (a@b) #1\n"}});
  ASSERT_TRUE(o.has_value()) << o.error().front().text();
  EXPECT_EQ(o->cmdline.front().name, "quiet");
  EXPECT_EQ(o->kernel_release, "5.15.0");
}

TEST(Recognise, counts_lines_of_the_whole_file_in_diagnostics) {
  const auto o = observe({{"f", "hello\nNode 0, zone Normal\n  pages free x\n"}});
  ASSERT_FALSE(o.has_value());
  EXPECT_EQ(o.error().front().text(), "f:3:14: free: 'x' is no number");
}

TEST(Recognise, refuses_what_it_does_not_know_and_the_same_kind_twice) {
  const auto nothing = observe({{"f", "hello\n"}});
  ASSERT_FALSE(nothing.has_value());
  EXPECT_TRUE(nothing.error().front().text().starts_with(
      "f: nothing in it is known; known: /proc/zoneinfo, /proc/buddyinfo,"));
  const std::string swaps = "Filename Type Size Used Priority\n";
  const auto twice = observe({{"a", swaps}, {"b", swaps}});
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().front().text(),
            "b:1: /proc/swaps a second time; the first is at a:1; one machine at one time is read");
}

}  // namespace
}  // namespace mhp::observed::recognise_test
