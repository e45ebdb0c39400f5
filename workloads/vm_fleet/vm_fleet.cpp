#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "workloads/vm_fleet/guest.hpp"

namespace mhp::workloads {

namespace vm_fleet_workload {
namespace {

ParamSet<VmFleetParams> vm_fleet_params() {
  using P = VmFleetParams;
  auto set = common_params<P>();
  set.add("sizes_gib", &P::sizes_gib,
          {.doc = "sizes that guests come in, GiB", .min = 1, .max = 65'536})
      .add("weights", &P::weights,
           {.doc = "how often each size is drawn, relative to the others",
            .min = 0,
            .max = 1'000'000})
      .add(
          "arrival", &P::arrival,
          {.doc = "mean time between two arrivals on the machine (Poisson)", .min = SimTime{1'000}})
      .add("lifetime", &P::lifetime,
           {.doc = "mean lifetime of a guest (exponential)", .min = SimTime{1'000}})
      .add("initial_percent", &P::initial_percent,
           {.doc = "share of the machine's memory that guests have from the start",
            .min = 0,
            .max = 95})
      .add("reserve_percent", &P::reserve_percent,
           {.doc = "share of a node that is not given to guests", .min = 0, .max = 100})
      .add("node_policy", &P::node_policy,
           {.doc = "which node a guest is put on; its memory overflows to others"})
      .add("touched_percent", &P::touched_percent,
           {.doc = "share of its memory that a guest ever touches", .min = 0, .max = 100})
      .add(
          "touch_rate", &P::touch_rate,
          {.doc = "pace at which a new guest touches its memory", .min = BytesPerSecond{1'000'000}})
      .add("chunk", &P::chunk,
           {.doc = "memory that is touched, or ballooned, as one: the grain of the simulation",
            .min = Bytes{2 * kMiB}})
      .add("interval", &P::interval,
           {.doc = "mean time between two operations of a guest", .min = SimTime{1'000}})
      .add("stream", &P::stream, {.doc = "memory that an operation reads", .min = Bytes{0}})
      .add("balloon_percent", &P::balloon_percent,
           {.doc = "share of what it has touched that a guest may have to give back",
            .min = 0,
            .max = 100})
      .add("balloon_below_percent", &P::balloon_below_percent,
           {.doc = "free share of a node below which its guests give memory back; from twice that "
                   "on they take it again",
            .min = 0,
            .max = 50});
  return set;
}

/// Guests of drawn sizes that come, live for hours and go.
class VmFleet : public Workload {
 public:
  VmFleet(const Context& context, const VmFleetParams& params)
      : context_(context),
        params_(params),
        arrivals_(context.seed, context.replicate,
                  fmt::format("workload.{}.arrivals", context.name)),
        promised_(context.mm.nodes()) {}

  void start() override {
    PageCount managed;
    for (const NodeId n : nodes_to_run_on(context_)) managed += memory_of(context_.mm, n).managed;
    const PageCount goal = managed * params_.initial_percent / 100;
    // What does not fit is drawn and passed over, so that the fleet is a sample of the same sizes.
    for (std::int64_t misses = 0; promised() < goal && misses < 1000;)
      if (Guest* guest = admit())
        guest->touch_at_once();
      else
        ++misses;
    rejected_ = 0;
    for (auto& guest : guests_) context_.engine.spawn(guest->run());
    context_.engine.spawn(arrive());
  }

  static const std::vector<FigureOf<VmFleet>>& own_figures() {
    static const std::vector<FigureOf<VmFleet>> all{
        {{"guests_started", Unit::one, Better::higher,
          "guests that came, those of the start included"},
         [](const VmFleet& w) { return static_cast<std::int64_t>(w.started_); }},
        {{"guests_rejected", Unit::one, Better::lower, "guests for whom no node had the memory"},
         [](const VmFleet& w) { return w.rejected_; }},
        {{"guests_ended", Unit::one, Better::none, "guests that are gone"},
         [](const VmFleet& w) { return w.books_.ended; }},
        {ranked({"balloon_pages_max", Unit::page, Better::lower,
                 "the most that was in balloons at once"}),
         [](const VmFleet& w) { return w.books_.ballooned_max.value; }}};
    return all;
  }
  std::vector<Figure> figures() const override { return figures_of(tally_, *this); }
  const Histogram* latency() const override { return &tally_.latency(); }
  std::uint64_t draws() const override {
    std::uint64_t sum = arrivals_.draws() + draws_of_ended_;
    for (const auto& g : guests_) sum += g->draws();
    return sum;
  }

 private:
  PageCount promised() const {
    PageCount sum;
    for (const PageCount p : promised_) sum += p;
    return sum;
  }

  Task<void> arrive() {
    for (;;) {
      co_await context_.engine.delay(arrivals_.exponential(params_.arrival));
      forget_ended();
      if (Guest* guest = admit()) context_.engine.spawn(guest->run());
    }
  }

  void forget_ended() {
    std::erase_if(guests_, [this](const std::unique_ptr<Guest>& g) {
      if (!g->ended()) return false;
      promised_[g->node().index()] -= g->size();
      draws_of_ended_ += g->draws();
      return true;
    });
  }

  /// A guest of a drawn size and lifetime on the node that the policy names; null if none has room.
  Guest* admit() {
    const Bytes size{draw_size() * kGiB};
    const SimTime lifetime = arrivals_.exponential(params_.lifetime);
    const NodeId node = choose(context_.mm.geometry().pages_of(size));
    if (!node.valid()) {
      ++rejected_;
      return nullptr;
    }
    promised_[node.index()] += context_.mm.geometry().pages_of(size);
    guests_.push_back(std::make_unique<Guest>(context_, params_, tally_, books_, started_++, node,
                                              size, lifetime));
    return guests_.back().get();
  }

  std::int64_t draw_size() {
    const auto& weights = params_.weights;
    std::int64_t draw =
        arrivals_.uniform(0, std::accumulate(weights.begin(), weights.end(), std::int64_t{0}) - 1);
    std::size_t i = 0;
    while ((draw -= weights[i]) >= 0) ++i;
    return params_.sizes_gib[i];
  }

  NodeId choose(PageCount size) {
    const auto nodes = nodes_to_run_on(context_);
    NodeId best;
    PageCount most;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const NodeId node = nodes[(next_ + i) % nodes.size()];
      const PageCount managed = memory_of(context_.mm, node).managed;
      const PageCount room =
          managed * (100 - params_.reserve_percent) / 100 - promised_[node.index()];
      if (room < size || (best.valid() && room <= most)) continue;
      best = node;
      most = room;
      if (params_.node_policy != NodePolicy::most_free) break;
    }
    if (params_.node_policy == NodePolicy::round_robin) ++next_;
    return best;
  }

  const Context context_;
  const VmFleetParams params_;
  Tally tally_;
  FleetBooks books_;
  Stream arrivals_;
  std::vector<PageCount> promised_;  ///< to guests, by node
  std::vector<std::unique_ptr<Guest>> guests_;
  std::uint64_t started_ = 0;
  std::uint64_t draws_of_ended_ = 0;
  std::int64_t rejected_ = 0;
  std::size_t next_ = 0;
};

Factory configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                  std::vector<ParamValue>* used) {
  VmFleetParams p;
  static const ParamSet<VmFleetParams> params = vm_fleet_params();
  params.read(table, p, errors, used, prefix);
  const auto sum = std::accumulate(p.weights.begin(), p.weights.end(), std::int64_t{0});
  if (p.sizes_gib.size() != p.weights.size() || sum == 0) {
    const Value* v = table.find("weights");
    errors.push_back({v != nullptr ? v->where : table.where,
                      fmt::format("{} weights for {} sizes", p.weights.size(), p.sizes_gib.size()),
                      "one weight for each of sizes_gib, and not all of them 0"});
  }
  return [p](const Context& context) { return std::make_unique<VmFleet>(context, p); };
}

}  // namespace
}  // namespace vm_fleet_workload

void register_workload_vm_fleet(WorkloadRegistry& registry) {
  registry.add({"vm_fleet", "guests of drawn sizes that come, live for hours and go",
                [](std::string_view prefix) {
                  return vm_fleet_workload::vm_fleet_params().describe(prefix);
                },
                vm_fleet_workload::configure, figure_records<vm_fleet_workload::VmFleet>});
}

}  // namespace mhp::workloads
