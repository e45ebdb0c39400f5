#pragma once

#include <cstdint>

#include "analysis/validation/host/measure.hpp"
#include "analysis/validation/host/shared_bandwidth.hpp"

namespace mhp::host {

/// A machine whose constants are known, and the times that it would show: for tests.
struct Synthetic {
  double latency = 90;
  double link_latency = 60;
  double in_flight_stream = 12;
  double in_flight_stride = 5;
  double free_cpu = 1.5;
  double init_cpu = 2.5;
  double clear_cpu = 0.8;
  double stream_start = 2.5;
  double walk_cpu = 12;
  double page_clear = 400;
  double clock = 2500;  ///< MHz
  double reader = 4;    ///< time of one reader for a line
  std::int64_t cores = 16;
  double cached = 0;  ///< share of the lines which a lone thread finds in caches
  Controller controller{100, 3};

  double stall() const { return latency / in_flight_stream; }
  /// The time of a pass over memory which takes `cold`, and `hot` where all is cached.
  double seen(double cold, double hot) const { return (1 - cached) * cold + cached * hot; }
  Measurements times(std::size_t nodes) const;
};

inline Measurements Synthetic::times(std::size_t nodes) const {
  Measurements m;
  m.work.resize(nodes);
  m.memory.resize(nodes);
  for (WorkTimes& t : m.work) {
    const auto set = [](Series& s, double ns) { s.repetitions = {ns, ns, ns}; };
    set(t.free_hot, free_cpu);
    set(t.free_cold, seen(free_cpu + stall(), free_cpu));
    set(t.init_hot, init_cpu + 1);
    set(t.init_cold, seen(init_cpu + stall(), init_cpu + 1));
    set(t.clear_hot, clear_cpu + 1);
    set(t.clear_cold, seen(clear_cpu + stall(), clear_cpu + 1));
    const double start = stream_start * latency / static_cast<double>(kBatchRecords);
    set(t.clear_twice, seen(2 * clear_cpu + 1 + stall() + start, 2 * (clear_cpu + 1)));
    set(t.walk_hot, walk_cpu);
    set(t.walk_cold, seen(walk_cpu + 2 * latency / in_flight_stride, walk_cpu));
    set(t.clear_pages, page_clear);
    set(t.additions, 1000 / clock);
  }
  for (std::size_t from = 0; from < nodes; ++from) {
    for (std::size_t to = 0; to < nodes; ++to) {
      PathTimes& p = m.paths.emplace_back();
      p.cpu_node = from;
      p.memory_node = to;
      const double idle = latency + (from == to ? 0 : link_latency);
      p.chase.repetitions = {seen(idle, 0), seen(idle, 0)};
      const auto readers = [&](std::int64_t n) {
        const double ns = read_ns(controller, reader, n);
        p.readers.push_back({n, {"read", "line", {ns, ns}}});
      };
      for (std::int64_t n = 1; n < cores; n *= 2) readers(n);
      readers(cores);
      if (from != to || cores < 2) continue;
      p.loaders = cores - 1;
      const double loaded = loaded_ns(controller, latency, reader, p.loaders);
      p.chase_loaded.repetitions = {loaded, loaded};
    }
  }
  return m;
}

}  // namespace mhp::host
