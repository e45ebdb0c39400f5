#include <fmt/format.h>

#include <charconv>

#include "sim/core/units.hpp"
#include "sim/kernel/mm/hugetlb.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"
#include "workloads/common/thread.hpp"

namespace mhp::workloads {

namespace hugetlb_pool_workload {
namespace {

/// Sizes of a huge page.
enum class HugePage : std::uint8_t { pageblock, gigantic };
constexpr std::array<Word, 2> words_of(HugePage) {
  return {
      {{"2MiB", "a pageblock, as large as the architecture has them"},
       {"1GiB", "a gigantic page, as large as the architecture has them, put together of many"}}};
}

/// One write to nr_hugepages.
struct PoolWrite {
  std::int64_t pages = 0;
  SimTime at;
};

struct HugetlbPoolParams : CommonParams {
  HugePage size = HugePage::pageblock;
  std::int64_t low_percent = 10;
  std::int64_t high_percent = 50;
  SimTime interval{10'000'000'000};
  std::vector<std::string> writes;
  std::vector<PoolWrite> parsed;  ///< `writes`, as they were read
};

ParamSet<HugetlbPoolParams> hugetlb_pool_params() {
  using P = HugetlbPoolParams;
  auto set = common_params<P>();
  set.add("size", &P::size, {.doc = "size of a huge page", .linux_name = "hugepagesz"})
      .add("low_percent", &P::low_percent,
           {.doc = "the pool's size after it shrinks: share of the node's memory at the start",
            .min = 0,
            .max = 100})
      .add("high_percent", &P::high_percent,
           {.doc = "the pool's size that is asked for when it grows", .min = 0, .max = 100})
      .add("interval", &P::interval,
           {.doc = "time between two writes to nr_hugepages of a node", .min = SimTime{1'000}})
      .add("writes", &P::writes,
           {.doc = "what is written to nr_hugepages, and when, in place of high and low in turns: "
                   "'PAGES at TIME', one after the other"});
  return set;
}

/// "300 at 20s"
Result<PoolWrite> parse_write(const std::string& text, const Location& where) {
  constexpr std::string_view kAt = " at ";
  constexpr std::int64_t kMostPages = std::int64_t{1} << 40;
  const auto between = text.find(kAt);
  PoolWrite write;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + std::min(between, text.size()), write.pages);
  if (between == std::string::npos || error != std::errc{} || end != text.data() + between ||
      write.pages < 0 || write.pages > kMostPages)
    return fail(where, fmt::format("'{}' is no write to nr_hugepages", text),
                "a number of pages and a time, as \"300 at 20s\"");
  const auto at = parse_time(std::string_view(text).substr(between + kAt.size()), where);
  if (!at) return tl::unexpected<Diagnostics>(at.error());
  write.at = *at;
  return write;
}

/// The pool of one node: nr_hugepages is written in turns, high and low.
class Pool {
 public:
  Pool(const Context& context, const HugetlbPoolParams& params, Tally& tally, NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        thread_(context, tally, node),
        hugetlb_(context.mm),
        size_(params.size == HugePage::gigantic ? context.mm.arch().gigantic_page
                                                : context.mm.geometry().pmd_size()) {}

  void start() {
    PageCount managed;
    for (const auto& zone : context_.mm.node(thread_.node()).zones) managed += zone.managed_pages;
    memory_ = context_.mm.geometry().bytes_of(managed);
    context_.engine.spawn(run());
  }
  std::int64_t pages() const { return hugetlb_.nr_hugepages(thread_.node(), size_); }
  std::int64_t shortfall() const { return shortfall_; }

 private:
  Task<void> run() {
    for (const PoolWrite& w : params_.parsed) {
      co_await thread_.sleep(std::max(SimTime{}, w.at - thread_.now()));
      co_await write(w.pages);
    }
    for (bool grow = true; params_.parsed.empty(); grow = !grow) {
      const std::int64_t percent = grow ? params_.high_percent : params_.low_percent;
      co_await write(memory_.value / 100 * percent / size_.value);
      co_await thread_.sleep(params_.interval);
    }
  }

  Task<void> write(std::int64_t wanted) {
    const SimTime began = tally_.begin(thread_.now());
    const std::int64_t now = co_await resize(wanted);
    if (now < wanted) {
      tally_.failure();
      shortfall_ += wanted - now;
    }
    tally_.end(thread_.now(), began);
  }

  /// Memory that has to be made first is waited for.
  Task<std::int64_t> resize(std::int64_t wanted) {
    const SimTime asked = thread_.now();
    const std::int64_t now =
        co_await hugetlb_.set_nr_hugepages(thread_.host(), thread_.node(), size_, wanted);
    if (thread_.now() > asked) tally_.stall(thread_.now() - asked);
    co_return now;
  }

  const Context& context_;
  const HugetlbPoolParams& params_;
  Tally& tally_;
  Thread thread_;
  kernel::Hugetlb hugetlb_;
  const Bytes size_;
  Bytes memory_;
  std::int64_t shortfall_ = 0;
};

class HugetlbPool : public PerNode<HugetlbPool, Pool, HugetlbPoolParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<HugetlbPool>>& own_figures() {
    static const std::vector<FigureOf<HugetlbPool>> all{
        {{"huge_pages", Unit::one, Better::none, "huge pages in the pools at the end"},
         [](const HugetlbPool& w) { return w.total(&Pool::pages); }},
        {{"huge_pages_missing", Unit::one, Better::lower,
          "huge pages asked for and not had, sum over all writes; each such write is one of the "
          "failures"},
         [](const HugetlbPool& w) { return w.total(&Pool::shortfall); }}};
    return all;
  }
};

Factory configure(const Value& table, std::string_view prefix, Diagnostics& errors,
                  std::vector<ParamValue>* used) {
  HugetlbPoolParams p;
  hugetlb_pool_params().read(table, p, errors, used, prefix);
  const Value* list = table.find("writes");
  for (std::size_t i = 0; i < p.writes.size(); ++i) {
    const Location& where =
        list != nullptr && list->array() ? (*list->array())[i].where : table.where;
    const auto write = parse_write(p.writes[i], where);
    if (write)
      p.parsed.push_back(*write);
    else
      errors.insert(errors.end(), write.error().begin(), write.error().end());
  }
  return [p](const Context& context) { return std::make_unique<HugetlbPool>(context, p); };
}

}  // namespace
}  // namespace hugetlb_pool_workload

void register_workload_hugetlb_pool(WorkloadRegistry& registry) {
  registry.add({"hugetlb_pool", "an operator who grows and shrinks each node's pool of huge pages",
                [](std::string_view prefix) {
                  return hugetlb_pool_workload::hugetlb_pool_params().describe(prefix);
                },
                hugetlb_pool_workload::configure,
                figure_records<hugetlb_pool_workload::HugetlbPool>});
}

}  // namespace mhp::workloads
