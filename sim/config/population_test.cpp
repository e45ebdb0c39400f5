// Machines that name processors and what is in their sockets: everything else follows.
#include "sim/machine/population.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/config/scenario.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/machine/machine.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::config::population_test {
namespace {

const std::string kPart =
    "processor = {name = 'P', cores = 8, threads = 2, clock = 2000, l1_misses = 10, l2_misses = "
    "16, latency = '80ns', channels = 4, speed = 'DDR4-2000', efficiency = 750, "
    "links = 3, link_bandwidth = '20GB/s', link_latency = '60ns', die_latency = '40ns', "
    "die_bandwidth = '40GB/s', basis = 'published', source = 'a sheet', "
    "latency_range = ['70ns', '100ns'], efficiency_range = [600, 900], clock_range = [1500, "
    "3000]}\n";

struct Built {
  machine::Machine machine;
  std::vector<ParamValue> used;
  Diagnostics errors;

  const ParamValue& at(const std::string& name) const {
    return *std::find_if(used.begin(), used.end(), [&](const auto& p) { return p.name == name; });
  }
};

Built build(const std::string& text) {
  Built out;
  auto table = parse_toml("name = 'm'\n" + text, "m.toml");
  EXPECT_TRUE(table.has_value()) << table.error().front().text();
  machine::populate(*table, out.errors);
  if (out.errors.empty()) out.machine = machine::read_machine(*table, out.errors, &out.used);
  return out;
}

std::string socket(const std::string& more) { return "[[socket]]\n" + kPart + more; }

// 4 channels of 2000 million transfers of 8 bytes are 64 GB/s, of which 0.75 from 0.6 to 0.9.
TEST(population, nodes_links_and_core_follow_from_parts) {
  const Built b = build(socket("count = 2\ndimms = 8\ndimm = '32GiB'\n"));
  ASSERT_TRUE(b.errors.empty()) << b.errors.front().text();
  ASSERT_EQ(b.machine.nodes.size(), 2);
  const machine::NodeParams& node = b.machine.nodes[1];
  EXPECT_EQ(node.memory, Bytes{256 * kGiB});
  EXPECT_EQ(node.cores, 8);
  EXPECT_EQ(node.cpus, 16);
  EXPECT_EQ(node.latency, SimTime{80});
  EXPECT_EQ(node.bandwidth, BytesPerSecond{48'000'000'000});
  ASSERT_EQ(b.machine.links.size(), 1);
  EXPECT_EQ(b.machine.links[0].latency, SimTime{60});
  EXPECT_EQ(b.machine.links[0].bandwidth, BytesPerSecond{45'000'000'000}) << "three links of 15";
  EXPECT_EQ(b.machine.core.clock, 2000);
  EXPECT_EQ(b.machine.core.threads, 2);
  EXPECT_EQ(b.machine.core.misses_in_flight_stream, 10'000);
}

TEST(population, numbers_keep_what_they_rest_on_and_how_far_they_may_be_off) {
  const Built b = build(socket("count = 2\ndimms = 8\ndimm = '32GiB'\n"));
  const ParamValue& bandwidth = b.at("machine.node.0.bandwidth");
  EXPECT_EQ(bandwidth.basis, "derived");
  EXPECT_EQ(bandwidth.range->low, 38'400'000'000);
  EXPECT_EQ(bandwidth.range->high, 57'600'000'000);
  EXPECT_NE(bandwidth.source.find("4 channels of DDR4-2000 (64000 MB/s)"), std::string::npos);
  EXPECT_EQ(b.at("machine.node.1.latency").range->high, 100);
  EXPECT_EQ(b.at("machine.node.1.latency").basis, "published");
  EXPECT_EQ(b.at("machine.core.clock").range->low, 1500);
  const ParamValue& misses = b.at("machine.core.misses_in_flight_stream");
  EXPECT_EQ(misses.range->low, 10'000) << "its fill buffers";
  EXPECT_EQ(misses.range->high, 16'000);
  EXPECT_EQ(b.at("machine.node.0.memory").basis, "choice");
}

/// The part with more said of its caches.
Built with_caches(const std::string& more) {
  std::string part = kPart;
  part.insert(part.find("latency"), more + ", ");
  return build("[[socket]]\n" + part + "memory = '64GiB'\n");
}

// What was measured of a core's stream takes the place of its fill buffers.
TEST(population, a_core_streams_as_measured_where_somebody_has) {
  const Built b = with_caches(
      "misses_in_flight_stream = 9200, misses_in_flight_stream_basis = 'derived', "
      "misses_in_flight_stream_range = [8700, 15400], second_level_line = 4440, "
      "second_level_line_range = [3000, 6500]");
  ASSERT_TRUE(b.errors.empty()) << b.errors.front().text();
  EXPECT_EQ(b.machine.core.misses_in_flight_stream, 9200);
  const ParamValue& misses = b.at("machine.core.misses_in_flight_stream");
  EXPECT_EQ(misses.basis, "derived");
  EXPECT_EQ(misses.range->low, 8700);
  EXPECT_EQ(misses.range->high, 15'400);
  EXPECT_EQ(misses.source, "P: a sheet");
  EXPECT_EQ(b.machine.core.second_level_line, 4440);
  EXPECT_EQ(b.at("machine.core.second_level_line").range->high, 6500);
}

TEST(population, a_part_leaves_its_second_level_to_the_core_of_the_prices) {
  const Built b = with_caches("second_level_line = -1");
  ASSERT_TRUE(b.errors.empty()) << b.errors.front().text();
  EXPECT_EQ(b.machine.core.second_level_line, -1);
  EXPECT_TRUE(b.at("machine.core.second_level_line").is_default);
  EXPECT_EQ(with_caches("second_level_line = 0").machine.core.second_level_line, 0);
}

TEST(population, a_socket_says_what_differs_from_the_family) {
  const Built b =
      build(socket("cores = 6\nthreads = 1\nclock = 2400\ndimms = 2\ndimm = '16GiB'\n"
                   "speed = 'DDR4-1600'\n"));
  ASSERT_TRUE(b.errors.empty()) << b.errors.front().text();
  EXPECT_EQ(b.machine.nodes[0].cpus, 6);
  EXPECT_EQ(b.machine.core.clock, 2400);
  EXPECT_FALSE(b.at("machine.core.clock").range.has_value());
  EXPECT_EQ(b.machine.nodes[0].bandwidth, BytesPerSecond{19'200'000'000}) << "two channels";
  EXPECT_TRUE(b.machine.links.empty());
}

// Four channels of 12.8 GB/s, of which 0.75; from two of which 0.6 to four of which 0.9: where
// nobody says how many have DIMMs.
TEST(population, channels_that_may_be_populated_are_a_range_of_bandwidth) {
  const Built b =
      build(socket("memory = '64GiB'\nspeed = 'DDR4-1600'\nchannels = 4\n"
                   "channels_basis = 'assumed'\nchannels_range = [2, 4]\n"
                   "channels_source = 'of 16 or 32 GiB'\n"));
  ASSERT_TRUE(b.errors.empty()) << b.errors.front().text();
  EXPECT_EQ(b.machine.nodes[0].bandwidth, BytesPerSecond{38'400'000'000});
  const ParamValue& bandwidth = b.at("machine.node.0.bandwidth");
  EXPECT_EQ(bandwidth.basis, "assumed");
  EXPECT_NE(bandwidth.source.find("(channels: of 16 or 32 GiB)"), std::string::npos);
  ASSERT_TRUE(bandwidth.range.has_value());
  EXPECT_EQ(bandwidth.range->low, 15'360'000'000);
  EXPECT_EQ(bandwidth.range->high, 46'080'000'000);
}

// Four channels that run at 1066 in place of 2000, of which 0.75; from 800 and 0.6 to 1333 and 0.9.
TEST(population, memory_may_run_slower_than_its_dimms_could) {
  const Built b =
      build(socket("memory = '64GiB'\ntransfers = 1066\ntransfers_basis = 'assumed'\n"
                   "transfers_range = [800, 1333]\ntransfers_source = 'crowded'\n"));
  ASSERT_TRUE(b.errors.empty()) << b.errors.front().text();
  EXPECT_EQ(b.machine.nodes[0].bandwidth, BytesPerSecond{25'584'000'000});
  const ParamValue& bandwidth = b.at("machine.node.0.bandwidth");
  EXPECT_NE(bandwidth.source.find("DDR4-2000 at 1066: crowded"), std::string::npos);
  ASSERT_TRUE(bandwidth.range.has_value());
  EXPECT_EQ(bandwidth.range->low, 15'360'000'000);
  EXPECT_EQ(bandwidth.range->high, 38'390'000'000);
}

// Two nodes a socket: joined within it, and each to its counterpart.
TEST(population, a_socket_may_be_several_nodes) {
  const Built b = build(socket("count = 2\nnodes = 2\nmemory = '64GiB'\n"));
  ASSERT_TRUE(b.errors.empty()) << b.errors.front().text();
  ASSERT_EQ(b.machine.nodes.size(), 4);
  EXPECT_EQ(b.machine.nodes[0].memory, Bytes{32 * kGiB});
  EXPECT_EQ(b.machine.nodes[0].cpus, 8);
  EXPECT_EQ(b.machine.nodes[0].bandwidth, BytesPerSecond{24'000'000'000});
  const machine::Topology topology(b.machine);
  EXPECT_EQ(topology.latency(NodeId{0}, NodeId{1}), SimTime{120});
  EXPECT_EQ(topology.latency(NodeId{0}, NodeId{2}), SimTime{140});
  EXPECT_EQ(topology.latency(NodeId{0}, NodeId{3}), SimTime{180});
}

TEST(population, sockets_are_wired_as_far_as_their_links_reach) {
  const auto links = [](const std::string& more) {
    return build(socket("memory = '64GiB'\n" + more)).machine.links.size();
  };
  EXPECT_EQ(links("count = 4\n"), 6);
  EXPECT_EQ(links("count = 4\nlinks = 2\n"), 4);
  EXPECT_EQ(links("count = 8\n"), 12);
  EXPECT_EQ(links("count = 3\n"), 3);
}

TEST(population, a_machine_may_wire_its_sockets_and_have_nodes_of_its_own) {
  const Built b = build(socket("count = 2\nmemory = '64GiB'\n") +
                        "[[node]]\nmemory = '0B'\n[[link]]\nfrom = 0\nto = 1\nlatency = '99ns'\n"
                        "[[link]]\nfrom = 1\nto = 2\nlatency = '150ns'\nbandwidth = '9GB/s'\n"
                        "[core]\nmisses_in_flight_stream = 7000\n");
  ASSERT_TRUE(b.errors.empty()) << b.errors.front().text();
  ASSERT_EQ(b.machine.nodes.size(), 3);
  EXPECT_EQ(b.machine.nodes[2].cpus, 0);
  ASSERT_EQ(b.machine.links.size(), 2);
  EXPECT_EQ(b.machine.links[0].latency, SimTime{99});
  EXPECT_EQ(b.machine.links[0].bandwidth, BytesPerSecond{15'000'000'000}) << "one link's";
  EXPECT_EQ(b.machine.links[1].bandwidth, BytesPerSecond{9'000'000'000});
  EXPECT_EQ(b.machine.core.misses_in_flight_stream, 7000);
  EXPECT_EQ(b.machine.core.clock, 2000);
}

std::string first_error(const std::string& text) {
  const Built b = build(text);
  return b.errors.empty() ? "" : b.errors.front().text();
}

TEST(population, what_is_wrong_is_one_line_at_its_place) {
  EXPECT_EQ(first_error("[[socket]]\nmemory = '1GiB'\n"),
            "m.toml:2:1: machine.socket.0 has no processor; add processor = \"parts/FILE.toml\"");
  EXPECT_EQ(first_error(socket("")),
            "m.toml:2:1: machine.socket.0 does not say its memory; write 'dimms' and 'dimm', or "
            "'memory'");
  EXPECT_EQ(first_error(socket("memory = '1GiB'\nthreads = 4\n")),
            "m.toml:5:11: a core of P has no 4 threads; at most 2");
  EXPECT_EQ(first_error(socket("memory = '1GiB'\nspeed = 'fast'\n")),
            "m.toml:5:9: 'fast' says no speed of memory; write it as \"DDR4-2666\": a name and "
            "millions of transfers a second");
  EXPECT_EQ(first_error(socket("memory = '1GiB'\nchannels = 6\n")),
            "m.toml:5:12: P has 4 channels; populate at most as many");
  EXPECT_EQ(first_error(socket("memory = '1GiB'\ncores = 7\nnodes = 2\n")),
            "m.toml:5:9: 7 cores in 2 nodes; as many in each node of a socket");
  EXPECT_EQ(
      first_error(socket("memory = '1GiB'\ncount = 16\n")),
      "m.toml:2:1: how 16 sockets of 3 links each are wired is not known; add [[link]] tables "
      "with 'from' and 'to'");
  EXPECT_EQ(first_error(socket("memory = '1GiB'\nsize = 3\n")).find("m.toml:5:"), 0);
  EXPECT_EQ(with_caches("misses_in_flight_stream = 999").errors.front().text(),
            "m.toml:2:1: machine.core.misses_in_flight_stream is 999, less than one miss; at least "
            "1000, or 0 for the core of the cost profile");
  const std::string below = with_caches("second_level_line = -2").errors.front().text();
  EXPECT_NE(below.find("second_level_line is -2, out of range; allowed is -1 .. 1000000"),
            std::string::npos)
      << below;
  EXPECT_EQ(
      first_error("socket = 3\n"),
      "m.toml:2:10: 'socket' is an integer; write [[socket]] tables; on a command line, before "
      "what is said of nodes");
}

TEST(population, settings_reach_sockets_first_and_then_nodes) {
  const std::string file = MHP_SOURCE_DIR "/configs/scenarios/small-guest.toml";
  const std::string machine = "machine=" MHP_SOURCE_DIR "/configs/machines/two-socket-server.toml";
  const auto s = load_scenario(file, {machine, "machine.socket.0.cores=4",
                                      "machine.node.1.latency=99ns", "hotplug.0.size=16GiB"});
  ASSERT_TRUE(s.has_value()) << s.error().front().text();
  EXPECT_EQ(s->machine.nodes[0].cpus, 8);
  EXPECT_EQ(s->machine.nodes[1].latency, SimTime{99});
  EXPECT_EQ(s->resolved_text.find("machine.socket"), std::string::npos)
      << "a resolved scenario names no other file";
  const auto late = load_scenario(file, {machine, "machine.node.1.latency=99ns",
                                         "machine.socket.0.cores=4", "hotplug.0.size=16GiB"});
  EXPECT_FALSE(late.has_value());
}

}  // namespace
}  // namespace mhp::config::population_test
