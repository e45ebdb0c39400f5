#include "workloads/vm_fleet/guest.hpp"

#include <fmt/format.h>

namespace mhp::workloads {

NodeMemory memory_of(const kernel::Mm& mm, NodeId node) {
  NodeMemory m;
  for (const auto& zone : mm.node(node).zones) {
    m.managed += zone.managed_pages;
    m.free += zone.free_pages();
  }
  return m;
}

Guest::Guest(const Context& context, const VmFleetParams& params, Tally& tally, FleetBooks& books,
             std::uint64_t number, NodeId node, Bytes size, SimTime lifetime)
    : context_(context),
      params_(params),
      tally_(tally),
      books_(books),
      random_(context.seed, context.replicate,
              fmt::format("workload.{}.guest{}", context.name, number)),
      thread_(context, tally, node),
      memory_(context.mm, block_order(context.mm)),
      block_(std::int64_t{1} << block_order(context.mm)),
      process_(
          context.mm, tally, [this] { return memory_.pages(); },
          [this](kernel::Receipt& receipt) { memory_.free_all(receipt); }),
      size_(context.mm.geometry().pages_of(size)),
      end_(context.engine.now() + lifetime) {}

void Guest::touch_at_once() {
  while (memory_.pages() < target()) {
    const auto block =
        context_.mm.alloc_pages(user_pages(node(), block_order(context_.mm)), context_.mm.nobody());
    if (!block) return tally_.failure();
    memory_.add(*block);
  }
}

Task<void> Guest::run() {
  co_await boot();
  while (alive()) {
    const std::int64_t half = params_.interval.value / 2;
    co_await thread_.sleep(SimTime{random_.uniform(half, 3 * half)});
    if (!alive()) break;
    co_await balloon();
    co_await work();
  }
  co_await give_back(memory_.pages());
  books_.balloon(PageCount{0} - ballooned_);
  ++books_.ended;
  ended_ = true;
}

/// First touches, at the rate at which a guest makes them.
Task<void> Guest::boot() {
  const __int128 pause =
      static_cast<__int128>(params_.chunk.value) * kSecond.value / params_.touch_rate.value;
  while (alive() && memory_.pages() < target()) {
    co_await touch_chunk();
    co_await thread_.sleep(SimTime{static_cast<std::int64_t>(pause)});
  }
}

/// Huge pages for the next chunk, cleared. False if the host has none.
Task<bool> Guest::touch_chunk() {
  const SimTime began = tally_.begin(thread_.now());
  const PageCount goal =
      std::min(target(), memory_.pages() + context_.mm.geometry().pages_of(params_.chunk));
  const auto request = user_pages(node(), block_order(context_.mm));
  PageSet got(context_);
  bool found = true;
  while (memory_.pages() < goal) {
    const auto block = co_await thread_.alloc(request);
    found = block.has_value();
    if (!found) break;
    if (process_.lives() > 0) {
      context_.mm.free_pages(block->pfn, block_order(context_.mm), thread_.receipt());
      break;
    }
    memory_.add(*block);
    got.add(*block, block_order(context_.mm));
  }
  co_await thread_.write(std::move(got));
  tally_.end(thread_.now(), began);
  co_return found;
}

Task<void> Guest::work() {
  if (memory_.blocks() == 0 || process_.lives() > 0) co_return;
  const SimTime began = tally_.begin(thread_.now());
  const auto& lie = memory_.blocks_by_node();
  for (std::size_t n = 0; n < lie.size() && memory_.blocks() > 0; ++n)
    co_await thread_.move(NodeId{static_cast<std::int32_t>(n)},
                          params_.stream * lie[n] / memory_.blocks());
  tally_.end(thread_.now(), began);
}

bool Guest::host_short(std::int64_t percent) const {
  const NodeMemory m = memory_of(context_.mm, node());
  return m.free.value < m.managed.value / 100 * percent;
}

/// A chunk into the balloon while the host is short, and back once it has twice as much.
Task<void> Guest::balloon() {
  const PageCount most = target() * params_.balloon_percent / 100;
  const PageCount chunk = context_.mm.geometry().pages_of(params_.chunk);
  if (host_short(params_.balloon_below_percent)) {
    const PageCount out = std::min(chunk, most - ballooned_);
    if (out.value < block_.value || memory_.pages() < out) co_return;
    const PageCount before = memory_.pages();
    co_await give_back(out);
    const PageCount given = before - memory_.pages();
    ballooned_ += given;
    books_.balloon(given);
  } else if (ballooned_.value > 0 && !host_short(2 * params_.balloon_below_percent)) {
    const PageCount before = memory_.pages();
    co_await touch_chunk();
    const PageCount back = std::min(ballooned_, memory_.pages() - before);
    ballooned_ -= back;
    books_.balloon(PageCount{0} - back);
  }
}

Task<void> Guest::give_back(PageCount pages) {
  for (; pages.value >= block_.value && memory_.blocks() > 0; pages -= block_)
    memory_.free_last(thread_.receipt());
  co_await thread_.spend_work();
}

}  // namespace mhp::workloads
