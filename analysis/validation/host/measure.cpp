#include "analysis/validation/host/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analysis/validation/host/work.hpp"
#include "sim/core/units.hpp"

namespace mhp::host {

namespace {

/// Benches of the primitives: `area` is what they pass over, `evict` memory that may be read to
/// have the caches hold something else.
void add_work(std::vector<Bench>& benches, WorkTimes& t, std::span<PageRecord> area,
              std::span<PageRecord> evict) {
  const auto hot = area.first(kBatchRecords);
  const auto walk = std::make_shared<SectionTable>(area, kFirstPfn);
  const auto blocks = static_cast<std::int64_t>(area.size() / SectionTable::kPagesPerPageblock);
  const auto cold = [&](Series& s, auto work) { benches.push_back({&s, {pass_over(area, work)}}); };
  const auto cached = [&](Series& s, auto work) { benches.push_back({&s, {again(hot, work)}}); };
  cold(t.init_cold, init);
  cold(t.free_cold, free_records);
  cold(t.clear_cold, clear_records);
  cold(t.clear_twice, clear_records_twice);
  cached(t.init_hot, init);
  cached(t.free_hot, free_records);
  cached(t.clear_hot, clear_records);
  benches.push_back({&t.clear_pages, {clear_pages(area)}});
  benches.push_back({&t.walk_cold, {walk_once(walk, blocks, area, evict)}});
  benches.push_back({&t.walk_hot, {walk_again(walk)}});
  if (kCanTellClock) benches.push_back({&t.additions, {add_up()}});
}

/// The ring of the pointer chase, in the second half of the memory, as large as in the usual memory
/// at the most: how far apart its addresses are must not depend on the caches.
std::span<PageRecord> ring_in(const Buffer& memory) {
  constexpr std::size_t kMost =
      static_cast<std::size_t>(kUsualMemory.value) / 2 / sizeof(PageRecord);
  const auto half = memory.part(1, 2);
  return half.first(std::min(kMost, half.size()));
}

/// Benches of reading and of the pointer chase.
void add_path(std::vector<Bench>& benches, PathTimes& t, const HostNode& cpus, const Buffer& memory,
              bool with_load) {
  const auto add_readers = [&](std::size_t threads) {
    Readers& r = t.readers.emplace_back();
    r.threads = static_cast<std::int64_t>(threads);
  };
  const std::size_t cores = cpus.cores.size();
  for (std::size_t n = 1; n < cores; n *= 2) add_readers(n);
  add_readers(cores);
  for (Readers& r : t.readers) {
    const auto parts = static_cast<std::size_t>(r.threads);
    Bench bench{&r.series, {pass_over(memory.part(0, parts), read_memory)}};
    for (std::size_t i = 1; i < parts; ++i)
      bench.beside.push_back({cpus.cores[i], pass_over(memory.part(i, parts), read_memory).piece});
    benches.push_back(std::move(bench));
  }
  const auto ring = ring_in(memory);
  benches.push_back({&t.chase, {follow(ring, 0)}});
  if (!with_load || cores < 2) return;
  t.loaders = static_cast<std::int64_t>(cores) - 1;
  Bench loaded{&t.chase_loaded, {follow(ring, 0.5)}};
  for (std::size_t i = 1; i < cores; ++i)
    loaded.beside.push_back(
        {cpus.cores[i], pass_over(memory.part(i - 1, 2 * (cores - 1)), read_memory).piece});
  benches.push_back(std::move(loaded));
}

}  // namespace

Result<Measurements> measure(const Host& host, const Limits& limits, const Progress& progress,
                             std::vector<Bench> with) {
  Measurements m;
  const std::size_t nodes = host.nodes().size();
  m.work.resize(nodes);
  m.paths.reserve(nodes * nodes);
  for (std::size_t at = 0; at < nodes; ++at) {
    const HostNode& node = host.nodes()[at];
    auto plan = plan_memory(node, limits);
    if (!plan) return tl::unexpected<Diagnostics>(plan.error());
    progress(fmt::format("node {}: preparing {}", node.os_index, format_bytes(plan->size)));
    auto memory = Buffer::make(host, node, plan->size);
    if (!memory) return tl::unexpected<Diagnostics>(memory.error());
    m.memory.push_back(std::move(*plan));
    m.bound = m.bound && memory->bound();
    m.huge_percent = std::min(m.huge_percent, memory->huge_percent());
    make_ring(ring_in(*memory), node.os_index);
    // The processors of every node look at this memory, its own also at the primitives.
    for (std::size_t from = 0; from < nodes; ++from) {
      const HostNode& cpus = host.nodes()[from];
      std::vector<Bench> benches;
      if (from == 0 && at == 0) benches = std::move(with);
      if (from == at) add_work(benches, m.work[at], memory->part(0, 2), memory->part(1, 2));
      PathTimes& path = m.paths.emplace_back();
      path.cpu_node = from;
      path.memory_node = at;
      add_path(benches, path, cpus, *memory, from == at);
      const std::string where = fmt::format("node {} from node {}, ", node.os_index, cpus.os_index);
      m.pinned = run_rounds(host, cpus.cores[0], benches,
                            limits.seconds / static_cast<double>(nodes * nodes),
                            [&](const std::string& text) { progress(where + text); }) &&
                 m.pinned;
    }
  }
  return m;
}

const PathTimes* Measurements::path(std::size_t cpu_node, std::size_t memory_node) const {
  for (const PathTimes& p : paths)
    if (p.cpu_node == cpu_node && p.memory_node == memory_node) return &p;
  return nullptr;
}

std::vector<std::pair<std::string, const Series*>> Measurements::all() const {
  std::vector<std::pair<std::string, const Series*>> out;
  const auto add = [&](const std::string& where, const Series& s, const std::string& more = {}) {
    if (!s.repetitions.empty()) out.emplace_back(where + s.name + more, &s);
  };
  for (std::size_t n = 0; n < work.size(); ++n) {
    const WorkTimes& t = work[n];
    const std::string where = work.size() > 1 ? fmt::format("node {}: ", n) : std::string();
    for (const Series* s :
         {&t.init_cold, &t.init_hot, &t.free_cold, &t.free_hot, &t.clear_cold, &t.clear_hot,
          &t.clear_twice, &t.walk_cold, &t.walk_hot, &t.clear_pages, &t.additions})
      add(where, *s);
  }
  for (const PathTimes& p : paths) {
    const std::string where =
        work.size() > 1 ? fmt::format("node {} to {}: ", p.cpu_node, p.memory_node) : std::string();
    for (const Readers& r : p.readers)
      add(where, r.series, fmt::format(", {} thread{}", r.threads, r.threads == 1 ? "" : "s"));
    add(where, p.chase);
    add(where, p.chase_loaded);
  }
  return out;
}

}  // namespace mhp::host
