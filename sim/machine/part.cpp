#include "sim/machine/part.hpp"

#include "sim/machine/largest_latency.hpp"

namespace mhp::machine {

ParamSet<PartParams> part_params() {
  using P = PartParams;
  ParamSet<P> set;
  set.add("name", &P::name, {.doc = "what the family is called", .required = true})
      .add("doc", &P::doc, {.doc = "which processors it stands for"})
      .add("cpuid", &P::cpuid,
           {.doc = "what such processors call themselves: \"VENDOR FAMILY MODEL\", with \" "
                   "FIRST-LAST\" stepping behind it where that tells families apart; of arm64 "
                   "\"IMPLEMENTER PART\"; else the beginning of the model's name",
            .linux_name = "/proc/cpuinfo"})
      .add("cores", &P::cores,
           {.doc = "cores of a socket", .required = true, .min = 1, .max = 1024})
      .add("threads", &P::threads,
           {.doc = "hardware threads of a core", .required = true, .min = 1, .max = 8})
      .add("clock", &P::clock,
           {.doc = "clock in MHz with all cores busy", .required = true, .min = 100, .max = 10'000})
      .add(
          "l1_misses", &P::l1_misses,
          {.doc = "misses of the first-level data cache that a core keeps in flight (fill buffers)",
           .required = true,
           .min = 1,
           .max = 256})
      .add("l2_misses", &P::l2_misses,
           {.doc = "lines that its second-level cache fetches at once, prefetched ones among them; "
                   "0: not published",
            .min = 0,
            .max = 256})
      .add("misses_in_flight_stream", &P::misses_in_flight_stream,
           {.doc = "lines that one core keeps in flight while it passes over memory in order and "
                   "writes it, by its measured bandwidth and `latency`, in 1/1000; 0: not "
                   "published, as many as it has fill buffers",
            .min = 0,
            .max = 1'000'000})
      .add(
          "second_level_line", &P::second_level_line,
          {.doc = "what a line that is read and written takes longer out of the second-level cache "
                  "than out of the first, in 1/1000 of a cycle; -1: not published, as the core of "
                  "the prices",
           .min = -1,
           .max = 1'000'000})
      .add("latency", &P::latency,
           {.doc = "idle load-to-use latency of a node's memory from its own cores",
            .required = true,
            .min = SimTime{1},
            .max = kLargestLatency})
      .add("nodes", &P::nodes, {.doc = "NUMA nodes of a socket", .min = 1, .max = 16})
      .add("channels", &P::channels,
           {.doc = "memory channels of 8 bytes of a socket", .required = true, .min = 1, .max = 64})
      .add("speed", &P::speed,
           {.doc = "memory that the channels take at the most, as in \"DDR4-2666\"",
            .required = true})
      .add(
          "efficiency", &P::efficiency,
          {.doc = "share of the channels' rate that reads and writes in equal parts get, in 1/1000",
           .required = true,
           .min = 1,
           .max = 1000})
      .add("links", &P::links, {.doc = "links of a socket to others", .min = 0, .max = 64})
      .add("link_bandwidth", &P::link_bandwidth,
           {.doc = "what one link to another socket moves a second",
            .min = BytesPerSecond{1'000'000}})
      .add("link_latency", &P::link_latency,
           {.doc = "what one hop to another socket adds to a load's latency",
            .min = SimTime{0},
            .max = kLargestLatency})
      .add("die_bandwidth", &P::die_bandwidth,
           {.doc = "what the connection between two nodes of a socket moves a second",
            .min = BytesPerSecond{1'000'000}})
      .add("die_latency", &P::die_latency,
           {.doc = "what another node of the same socket adds to a load's latency",
            .min = SimTime{0},
            .max = kLargestLatency});
  return set;
}

ParamSet<SocketParams> socket_params() {
  using P = SocketParams;
  ParamSet<P> set;
  set.add("count", &P::count, {.doc = "so many equal sockets", .min = 1, .max = 256})
      .add("cores", &P::cores,
           {.doc = "cores of each; 0: as the family", .min = 0, .max = 1024, .basis = "choice"})
      .add("threads", &P::threads,
           {.doc = "hardware threads of a core that are used; 0: all, 1: SMT is off",
            .min = 0,
            .max = 8,
            .basis = "choice"})
      .add("clock", &P::clock,
           {.doc = "clock in MHz with all cores busy; 0: as the family", .min = 0, .max = 10'000})
      .add("nodes", &P::nodes,
           {.doc = "NUMA nodes of each; 0: as the family", .min = 0, .max = 16, .basis = "choice"})
      .add("channels", &P::channels,
           {.doc = "memory channels that are populated; 0: all that the DIMMs reach",
            .min = 0,
            .max = 64,
            .basis = "choice"})
      .add("speed", &P::speed,
           {.doc = "at which the memory runs, as in \"DDR4-2666\"; empty: as the family"})
      .add("transfers", &P::transfers,
           {.doc = "millions of transfers a second at which it runs with so many DIMMs of a "
                   "channel; 0: as `speed`",
            .min = 0,
            .max = 100'000})
      .add("dimms", &P::dimms,
           {.doc = "DIMMs of each socket", .min = 0, .max = 256, .basis = "choice"})
      .add("dimm", &P::dimm, {.doc = "size of a DIMM", .min = Bytes{0}, .basis = "choice"})
      .add("memory", &P::memory,
           {.doc = "memory of each socket, in place of `dimms` and `dimm`",
            .min = Bytes{0},
            .basis = "choice"})
      .add("links", &P::links,
           {.doc = "links of each to other sockets that are wired; 0: as the family",
            .min = 0,
            .max = 64,
            .basis = "choice"})
      .subtable("processor");
  return set;
}

}  // namespace mhp::machine
