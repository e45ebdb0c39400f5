#include "analysis/validation/host/experiments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analysis/validation/host/work.hpp"
#include "sim/run/boot_memmap.hpp"

namespace mhp::host {

namespace {

using P = kernel::Primitive;

void init_and_free(std::span<PageRecord> records) { init_and_free_records(records, kFirstPfn); }

std::int64_t pages(std::span<PageRecord> area) { return static_cast<std::int64_t>(area.size()); }

}  // namespace

bool Comparison::pass() const {
  return std::all_of(experiments.begin(), experiments.end(),
                     [](const Experiment& e) { return e.pass(); });
}

// Calibration passes over one half of as much memory.
Experiments::Experiments(const HostNode& node, const MemoryPlan& plan, Buffer memory)
    : cores_(node.cores), plan_(plan), memory_(std::move(memory)) {
  const auto all = memory_.part(0, 1);
  large_ = all.first(all.size() / 4 * 3);
  medium_ = all.first(all.size() / 8 * 3);
  rest_ = all.subspan(all.size() / 4 * 3);
}

Result<Experiments> Experiments::prepare(const Host& host, const Limits& limits) {
  const HostNode& node = host.nodes().front();
  const auto plan = plan_memory(node, limits);
  if (!plan) return tl::unexpected<Diagnostics>(plan.error());
  auto memory = Buffer::make(host, node, plan->size);
  if (!memory) return tl::unexpected<Diagnostics>(memory.error());
  Experiments e(node, *plan, std::move(*memory));
  e.one_thread();
  const std::size_t cores = node.cores.size();
  if (cores >= 2) e.contended(2);
  if (cores > 2) e.contended(cores);
  return e;
}

void Experiments::one_thread() {
  add("init", "memmap initialised, 3/2 of the size calibrated with", {pass_over(large_, init)},
      {pages(large_), {P::struct_page_init}});
  add("clear", "struct pages cleared, 3/2 of the size", {pass_over(large_, clear_records)},
      {pages(large_), {P::struct_page_clear}});
  add("two_passes", "initialised, then a light pass over all of it",
      {pass_over(medium_, init), pass_over(medium_, free_records)},
      {pages(medium_), {P::struct_page_init, P::struct_page_free}});
  add("fused", "both in one pass, by batches of 1024 struct pages",
      {pass_over(medium_, init_and_free)},
      {pages(medium_), {{P::struct_page_init, P::struct_page_free}}});
  const auto table = std::make_shared<SectionTable>(large_, kFirstPfn);
  const auto blocks = pages(large_) / std::int64_t{SectionTable::kPagesPerPageblock};
  add("walk", "contiguity walk, 3/2 of the length",
      {walk_once(table, blocks, large_, memory_.part(0, 1))}, {blocks, {P::contiguity_check}});
}

void Experiments::contended(std::size_t threads) {
  many("init", threads, init, P::struct_page_init);
  many("fused", threads, init_and_free, {P::struct_page_init, P::struct_page_free});
  if (threads > 2) return;
  beside("init_beside_clear", "initialised beside a thread that clears struct pages", init,
         P::struct_page_init, clear_records, P::struct_page_clear);
  beside("free_beside_init", "light pass beside a thread that initialises", free_records,
         P::struct_page_free, init, P::struct_page_init);
}

// Threads that share a memmap, each its part; the time is each one's for a page of its own.
void Experiments::many(const char* what, std::size_t threads, void (*work)(std::span<PageRecord>),
                       kernel::Pass pass) {
  std::vector<Beside> others;
  for (std::size_t i = 1; i < threads; ++i)
    others.push_back({cores_[i], pass_over(memory_.part(i, threads), work).piece});
  const auto mine = memory_.part(0, threads);
  add(fmt::format("{}_{}_threads", what, threads), fmt::format("{} threads at it", threads),
      {pass_over(mine, work)}, {pages(mine), {pass}, static_cast<std::int64_t>(threads)},
      std::move(others));
}

void Experiments::beside(const char* name, const char* what, void (*work)(std::span<PageRecord>),
                         kernel::Pass pass, void (*other)(std::span<PageRecord>),
                         kernel::Pass other_pass) {
  add(name, what, {pass_over(medium_, work)}, {pages(medium_), {pass}, 1, {other_pass}},
      {{cores_[1], pass_over(rest_, other).piece}});
}

void Experiments::add(const std::string& name, const std::string& what, std::vector<Phase> phases,
                      Model model, std::vector<Beside> others) {
  const char* unit =
      model.passes.front().first == P::contiguity_check ? "pageblock" : "struct page";
  sets_.push_back({{name, what, !others.empty(), {name, unit, {}}},
                   std::move(phases),
                   std::move(others),
                   std::move(model)});
}

std::vector<Bench> Experiments::benches() {
  std::vector<Bench> out;
  for (Set& s : sets_) out.push_back({&s.experiment.real, s.phases, s.beside});
  return out;
}

Comparison Experiments::compare(const machine::Machine& machine,
                                const cost::CostProfile& costs) const {
  Comparison out;
  for (const Set& s : sets_) {
    const Model& m = s.model;
    SimTime time;
    for (const kernel::Pass pass : m.passes)
      time += run::memmap_init_time(machine, costs,
                                    {.pages = PageCount{m.units * m.threads},
                                     .threads = m.threads,
                                     .pass = pass,
                                     .to_buddy = false},
                                    NodeId{0}, m.beside)
                  .time;
    Experiment& e = out.experiments.emplace_back(s.experiment);
    e.simulated = static_cast<double>(time.value) / static_cast<double>(m.units);
    if (e.real.spread() > kNoisy)
      out.notes.push_back(
          fmt::format("noisy: '{}' spreads by {:.0f} %", e.name, 100 * e.real.spread()));
  }
  if (cores_.size() < 2) out.notes.push_back("one core only: nothing contended was done");
  out.notes.insert(out.notes.end(), plan_.notes.begin(), plan_.notes.end());
  if (!memory_.bound()) out.notes.push_back("memory could not be bound to its node");
  if (memory_.huge_percent() < 90)
    out.notes.push_back(
        fmt::format("only {} % of the memory is in huge pages", memory_.huge_percent()));
  return out;
}

}  // namespace mhp::host
