#include <fmt/format.h>

#include <algorithm>
#include <queue>

#include "sim/core/random.hpp"
#include "workloads/common/params.hpp"
#include "workloads/common/per_node.hpp"

namespace mhp::workloads {

namespace {

/// SKB_FRAG_PAGE_ORDER of net/core/sock.c and PAGE_FRAG_CACHE_MAX_ORDER: 32 KiB.
constexpr Bytes kFragment{32 * kKiB};

struct NetworkBuffersParams : CommonParams {
  std::int64_t sockets = 1000;
  Bytes per_socket{4 * kKiB};
  SimTime connect{1'000'000};
  Bytes burst{kMiB};
  SimTime interval{10'000'000};
  SimTime lifetime{100'000'000};
  bool receive = true;
  Bytes limit{0};
};

ParamSet<NetworkBuffersParams> network_buffers_params() {
  using P = NetworkBuffersParams;
  auto set = common_params<P>();
  set.add(
         "sockets", &P::sockets,
         {.doc = "connections that a node's processors come to serve", .min = 0, .max = 10'000'000})
      .add(
          "per_socket", &P::per_socket,
          {.doc = "what the kernel holds for an open connection without data: socket, file, inode, "
                  "dentry",
           .source = "assumed: sizes of struct tcp_sock, file, inode and dentry, 2.3 to 4 KiB",
           .min = Bytes{0}})
      .add("connect", &P::connect,
           {.doc = "time between two connections that are made", .min = SimTime{1'000}})
      .add("burst", &P::burst,
           {.doc = "data that comes at once, over all connections", .min = Bytes{0}})
      .add("interval", &P::interval,
           {.doc = "mean time between two bursts (Poisson)", .min = SimTime{1'000}})
      .add("lifetime", &P::lifetime,
           {.doc = "mean time until a burst's data has been read, or was sent (exponential)",
            .min = SimTime{1'000}})
      .add("receive", &P::receive,
           {.doc = "data comes in: buffers are taken in an interrupt (GFP_ATOMIC), and packets are "
                   "dropped where there are none; else it is sent by processes, which wait"})
      .add("limit", &P::limit,
           {.doc = "most data in buffers; 0: as the kernel sets it, 3/32 of what is free in kernel "
                   "zones at the start",
            .linux_name = "net.ipv4.tcp_mem",
            .source = "net/ipv4/tcp.c, tcp_init_mem: twice three quarters of a sixteenth of "
                      "nr_free_buffer_pages()",
            .min = Bytes{0}});
  return set;
}

/// The network of one node: connections, and data that waits in buffers.
class Traffic {
 public:
  Traffic(const Context& context, const NetworkBuffersParams& params, Tally& tally, NodeId node)
      : context_(context),
        params_(params),
        tally_(tally),
        thread_(context, tally, node),
        connecting_(context, tally, node),
        bursts_(context.seed, context.replicate,
                fmt::format("workload.{}.node{}.bursts", context.name, node.value)),
        reads_(context.seed, context.replicate,
               fmt::format("workload.{}.node{}.reads", context.name, node.value)) {}

  void start() {
    limit_ = params_.limit.value > 0 ? context_.mm.geometry().pages_of(params_.limit)
                                     : PageCount{buffer_pages().value / 16 / 4 * 3 * 2};
    context_.engine.spawn(connect());
    if (params_.burst.value > 0) context_.engine.spawn(run());
  }
  std::uint64_t draws() const { return bursts_.draws() + reads_.draws(); }
  PageCount held() const { return held_ + sockets_; }
  PageCount most() const { return most_; }
  PageCount dropped() const { return dropped_; }
  PageCount refused() const { return refused_; }
  std::int64_t open() const { return open_; }
  std::int64_t panics() const { return panics_; }

 private:
  struct Block {
    Pfn pfn;
    int order = 0;
  };
  struct Waiting {
    SimTime until;
    std::int64_t number = 0;  ///< of two that end together the older first
    std::vector<Block> blocks;
    bool operator>(const Waiting& o) const {
      return until != o.until ? until > o.until : number > o.number;
    }
  };

  /// nr_free_buffer_pages: what zones up to Normal have above their high watermark.
  PageCount buffer_pages() const {
    PageCount n;
    for (const auto& zone : context_.mm.node(thread_.node()).zones)
      if (kernel::is_kernel_zone(zone.type))
        n += std::max(PageCount{0}, zone.managed_pages - zone.wmark(kernel::Mark::high));
    return n;
  }

  /// GFP_KERNEL, for slabs of such objects: single pages are the grain.
  Task<void> connect() {
    const std::int64_t page = context_.mm.geometry().page_size();
    for (std::int64_t bytes = 0; open_ < params_.sockets; ++open_) {
      co_await connecting_.sleep(params_.connect);
      for (bytes += params_.per_socket.value; bytes >= page; bytes -= page) {
        const auto got = co_await connecting_.alloc({.node = connecting_.node()});
        if (!got) co_return nobody_to_kill();
        sockets_ += PageCount{1};
        note_most();
      }
      co_await connecting_.spend_work();
    }
  }

  Task<void> run() {
    SimTime next = thread_.now() + bursts_.exponential(params_.interval);
    for (;;) {
      const SimTime due = waiting_.empty() ? next : std::min(next, waiting_.top().until);
      if (due > thread_.now()) co_await thread_.sleep(due - thread_.now());
      while (!waiting_.empty() && waiting_.top().until <= thread_.now()) read();
      co_await thread_.spend_work();
      if (next > thread_.now()) continue;
      const SimTime began = tally_.begin(thread_.now());
      co_await take();
      tally_.end(thread_.now(), began);
      next = std::max(next, thread_.now()) + bursts_.exponential(params_.interval);
    }
  }

  void read() {
    for (const Block& b : waiting_.top().blocks) {
      context_.mm.free_pages(b.pfn, b.order, thread_.receipt());
      held_ -= PageCount{std::int64_t{1} << b.order};
    }
    waiting_.pop();
  }

  /// Fragments of 32 KiB while there are such blocks without waiting, then single pages
  /// (skb_page_frag_refill, page_frag_cache).
  Task<void> take() {
    const kernel::Geometry& g = context_.mm.geometry();
    const int fragment = g.order_of(kFragment);
    Waiting burst{thread_.now() + reads_.exponential(params_.lifetime), number_++, {}};
    std::int64_t wanted = round_up(params_.burst.value, g.page_size()) / g.page_size();
    while (wanted > 0) {
      if (held_ >= limit_) {
        refused_ += PageCount{wanted};
        break;
      }
      int order = wanted >> fragment > 0 ? fragment : 0;
      auto got = co_await block(order);
      if (!got && order > 0) got = co_await block(order = 0);
      if (!got) {
        dropped_ += PageCount{wanted};
        if (!params_.receive) nobody_to_kill();
        break;
      }
      burst.blocks.push_back({got->pfn, order});
      held_ += PageCount{std::int64_t{1} << order};
      note_most();
      wanted -= std::int64_t{1} << order;
    }
    co_await thread_.spend_work();
    if (!burst.blocks.empty()) waiting_.push(std::move(burst));
  }

  Task<std::optional<kernel::Allocation>> block(int order) {
    kernel::AllocRequest rq{.node = thread_.node(), .order = order};
    if (order > 0) {
      // Without __GFP_DIRECT_RECLAIM and __GFP_HIGH, with __GFP_NORETRY: kswapd is woken, no more.
      rq.direct_reclaim = false;
      rq.retry = kernel::Retry::noretry;
      const auto got = co_await thread_.alloc_fast(rq);
      if (!got) context_.mm.reclaim().wake_all_kswapds(rq);
      co_return got;
    }
    if (params_.receive) {
      rq.atomic = true;
      rq.direct_reclaim = false;
    }
    co_return co_await thread_.alloc(rq);
  }

  /// out_of_memory: a single page that may be waited for fails where no process is left.
  void nobody_to_kill() {
    ++panics_;
    if (context_.panic)
      context_.panic(
          fmt::format("'{}' found no page and nobody to kill: the kernel panics (System is "
                      "deadlocked on memory)",
                      context_.name));
  }

  void note_most() { most_ = std::max(most_, held()); }

  const Context& context_;
  const NetworkBuffersParams& params_;
  Tally& tally_;
  Thread thread_, connecting_;
  Stream bursts_, reads_;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  std::int64_t number_ = 0;
  std::int64_t open_ = 0;
  std::int64_t panics_ = 0;
  PageCount limit_, held_, sockets_, most_, dropped_, refused_;
};

class NetworkBuffers : public PerNode<NetworkBuffers, Traffic, NetworkBuffersParams> {
 public:
  using PerNode::PerNode;

  static const std::vector<FigureOf<NetworkBuffers>>& own_figures() {
    static const std::vector<FigureOf<NetworkBuffers>> all{
        {{"connections", Unit::one, Better::higher, "connections that could be made"},
         [](const NetworkBuffers& w) { return w.total(&Traffic::open); }},
        {kHeldPages, [](const NetworkBuffers& w) { return w.total(&Traffic::held); }},
        {ranked({"held_pages_peaks", Unit::page, Better::none,
                 "sum over the nodes of the most that each ever held"}),
         [](const NetworkBuffers& w) { return w.total(&Traffic::most); }},
        {{"dropped_pages", Unit::page, Better::lower, "data for which there were no buffers"},
         [](const NetworkBuffers& w) { return w.total(&Traffic::dropped); }},
        {{"refused_pages", Unit::page, Better::lower, "data that its limit did not let in"},
         [](const NetworkBuffers& w) { return w.total(&Traffic::refused); }},
        {{"panics", Unit::one, Better::lower,
          "requests that found no page and nobody to kill: the machine ends there"},
         [](const NetworkBuffers& w) { return w.total(&Traffic::panics); }}};
    return all;
  }
};

}  // namespace

void register_workload_network_buffers(WorkloadRegistry& registry) {
  registry.add(model<NetworkBuffers, NetworkBuffersParams, network_buffers_params>(
      "network_buffers", "connections and the data that waits in their buffers, on each node"));
}

}  // namespace mhp::workloads
