#include "sim/kernel/mm/mm.hpp"

#include "sim/kernel/mm/reclaim/reclaim.hpp"

namespace mhp::kernel {

Mm::Mm(const BootState& boot, const KernelConfig& config, const KernelProfile& profile)
    : ZoneWatermarks(boot, config, profile),
      watermark_boost_factor_(config.watermark_boost_factor),
      init_on_alloc_(config.init_on_alloc),
      receipts_(geometry()),
      reclaim_(std::make_unique<Reclaim>(*this, config, profile)) {
  set_trace(nullptr);
}

Mm::~Mm() = default;

Lru& Mm::lru() { return reclaim_->lru(); }
const Lru& Mm::lru() const { return reclaim_->lru(); }

void Mm::account_work() {
  receipts_.account([this](Pfn pfn, NodeId own) { return reclaim_->memmap(pfn, own); },
                    [this](const Due& due, Receipt& receipt) {
                      std::visit([&](const auto& d) { settle(d, receipt); }, due);
                    });
}

void Mm::set_trace(PageTrace* trace) {
  trace_ = trace;
  for (Node& n : all_nodes())
    for (Zone& z : n.zones) z.buddy.connect(this, trace);
}

void Mm::trace_onlined(PfnRange range) {
  if (!trace_) return;
  geometry().for_each_aligned_block(range, [&](Pfn pfn, int order) {
    report(PageEvent::Kind::freed, FreedPages{pfn, order}, MigrateType::movable, CpuId{});
  });
}

void Mm::report(PageEvent::Kind kind, const FreedPages& pages, MigrateType type, CpuId cpu) const {
  trace_->cpu = cpu;
  trace_->page_event({.kind = kind, .pfn = pages.pfn, .order = pages.order, .type = type});
}

void Mm::report(PageEvent::Kind kind, const FreedRun& pages, MigrateType type, CpuId cpu) const {
  for (std::int64_t i = 0; i < pages.pages.pages; ++i)
    report(kind, FreedPages{pages.pages.at(i), pages.order}, type, cpu);
}

}  // namespace mhp::kernel
