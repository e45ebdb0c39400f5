#include "analysis/host/experiments.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/host/work.hpp"
#include "sim/study/memmap_passes.hpp"

namespace mhp::host {

namespace {

using kernel::Primitive;
using study::MemmapCompetitor;
using study::MemmapWork;

void init_and_free(std::span<PageRecord> records) { init_and_free_records(records, kFirstPfn); }

/// What the simulator is told of an experiment.
struct Model {
  std::int64_t units = 0;
  std::vector<std::vector<Primitive>> passes;
  std::int64_t threads = 1;
  std::vector<std::vector<Primitive>> beside = {};
};

/// Sets the experiments up. Calibration works on the first half of its memory (and walks all of
/// that); here it is other parts.
class Experiments {
 public:
  Experiments(const HostNode& node, const Buffer& memory) : node_(node), memory_(memory) {
    const auto all = memory.part(0, 1);
    large_ = all.first(all.size() / 4 * 3);
    medium_ = all.first(all.size() / 8 * 3);
    rest_ = all.subspan(all.size() / 4 * 3);
  }

  void one_thread() {
    using P = Primitive;
    const auto pages = [](std::span<PageRecord> area) {
      return static_cast<std::int64_t>(area.size());
    };
    add("init", "memmap initialised, 3/2 of the size calibrated with", {pass_over(large_, init)},
        {pages(large_), {{P::struct_page_init}}});
    add("clear", "struct pages cleared, 3/2 of the size", {pass_over(large_, clear_records)},
        {pages(large_), {{P::struct_page_clear}}});
    add("two_passes", "initialised, then a light pass over all of it",
        {pass_over(medium_, init), pass_over(medium_, free_records)},
        {pages(medium_), {{P::struct_page_init}, {P::struct_page_free}}});
    add("fused", "both in one pass, by batches of 1024 struct pages",
        {pass_over(medium_, init_and_free)},
        {pages(medium_), {{P::struct_page_init, P::struct_page_free}}});
    const auto table = std::make_shared<SectionTable>(large_, kFirstPfn);
    const auto blocks = pages(large_) / std::int64_t{SectionTable::kPagesPerPageblock};
    add("walk", "contiguity walk, 3/2 of the length",
        {walk_once(table, blocks, large_, memory_.part(1, 2))}, {blocks, {{P::contiguity_check}}});
  }

  void contended(std::size_t threads) {
    using P = Primitive;
    many("init", threads, init, {P::struct_page_init});
    many("fused", threads, init_and_free, {P::struct_page_init, P::struct_page_free});
    if (threads > 2) return;
    beside("init_beside_clear", "initialised beside a thread that clears struct pages", init,
           {P::struct_page_init}, clear_records, {P::struct_page_clear});
    beside("free_beside_init", "light pass beside a thread that initialises", free_records,
           {P::struct_page_free}, init, {P::struct_page_init});
  }

  std::vector<Bench> benches() {
    std::vector<Bench> out;
    for (std::size_t i = 0; i < experiments_.size(); ++i)
      out.push_back({&experiments_[i].real, phases_[i], beside_[i]});
    return out;
  }

  /// Simulates each as the rest of the program would.
  std::vector<Experiment> simulated(const machine::Machine& machine,
                                    const cost::CostProfile& costs) {
    for (std::size_t i = 0; i < experiments_.size(); ++i) {
      const Model& m = models_[i];
      MemmapWork work{m.threads, m.units * m.threads, NodeId{0}, NodeId{0}, {}};
      for (const auto& pass : m.passes) work.passes.push_back(study::pass_of(pass, costs));
      std::vector<MemmapCompetitor> others;
      for (const auto& pass : m.beside) others.push_back({study::pass_of(pass, costs)});
      experiments_[i].simulated =
          static_cast<double>(study::simulate_passes(machine, costs, work, others).value) /
          static_cast<double>(m.units);
    }
    return experiments_;
  }

 private:
  void add(const std::string& name, const std::string& what, std::vector<Phase> phases, Model model,
           std::vector<Beside> others = {}) {
    const char* unit =
        model.passes.front().front() == Primitive::contiguity_check ? "pageblock" : "struct page";
    experiments_.push_back({name, what, !others.empty(), {name, unit, {}}});
    phases_.push_back(std::move(phases));
    beside_.push_back(std::move(others));
    models_.push_back(std::move(model));
  }

  /// Threads that share a memmap, each its part; the time is each one's for a page of its own.
  void many(const char* what, std::size_t threads, void (*work)(std::span<PageRecord>),
            std::vector<Primitive> pass) {
    std::vector<Beside> others;
    for (std::size_t i = 1; i < threads; ++i)
      others.push_back({node_.cores[i], pass_over(memory_.part(i, threads), work).piece});
    const auto mine = memory_.part(0, threads);
    add(fmt::format("{}_{}_threads", what, threads), fmt::format("{} threads at it", threads),
        {pass_over(mine, work)},
        {static_cast<std::int64_t>(mine.size()), {pass}, static_cast<std::int64_t>(threads)},
        std::move(others));
  }

  void beside(const char* name, const char* what, void (*work)(std::span<PageRecord>),
              std::vector<Primitive> pass, void (*other)(std::span<PageRecord>),
              std::vector<Primitive> other_pass) {
    add(name, what, {pass_over(medium_, work)},
        {static_cast<std::int64_t>(medium_.size()), {pass}, 1, {other_pass}},
        {{node_.cores[1], pass_over(rest_, other).piece}});
  }

  const HostNode& node_;
  const Buffer& memory_;
  std::span<PageRecord> large_;
  std::span<PageRecord> medium_;
  std::span<PageRecord> rest_;
  std::vector<Experiment> experiments_;
  std::vector<std::vector<Phase>> phases_;
  std::vector<std::vector<Beside>> beside_;
  std::vector<Model> models_;
};

}  // namespace

bool Comparison::pass() const {
  return std::all_of(experiments.begin(), experiments.end(),
                     [](const Experiment& e) { return e.pass(); });
}

Result<Comparison> compare_with_host(const Host& host, const Limits& limits,
                                     const machine::Machine& machine,
                                     const cost::CostProfile& costs, const Progress& progress) {
  const HostNode& node = host.nodes().front();
  const auto size = memory_to_use(node, limits);
  if (!size) return tl::unexpected<Diagnostics>(size.error());
  progress("preparing");
  const auto memory = Buffer::make(host, node, *size);
  if (!memory) return tl::unexpected<Diagnostics>(memory.error());
  Comparison out;
  Experiments experiments(node, *memory);
  experiments.one_thread();
  const std::size_t cores = node.cores.size();
  if (cores >= 2) experiments.contended(2);
  if (cores > 2) experiments.contended(cores);
  if (cores < 2) out.notes.push_back("one core only: nothing contended was done");
  auto benches = experiments.benches();
  const bool pinned = run_rounds(host, node.cores.front(), benches, limits.seconds, progress);
  if (!pinned) out.notes.push_back("threads could not be pinned to processors");
  if (!memory->bound()) out.notes.push_back("memory could not be bound to its node");
  if (memory->huge_percent() < 90)
    out.notes.push_back(
        fmt::format("only {} % of the memory is in huge pages", memory->huge_percent()));
  out.experiments = experiments.simulated(machine, costs);
  for (const Experiment& e : out.experiments)
    if (e.real.spread() > kNoisy)
      out.notes.push_back(
          fmt::format("noisy: '{}' spreads by {:.0f} %", e.name, 100 * e.real.spread()));
  return out;
}

}  // namespace mhp::host
