#include "sim/run/triggers.hpp"

namespace mhp::run {

Task<void> Triggers::wanted(const config::Hotplug& table, std::int64_t number) {
  const config::HotplugParams& p = table.params;
  if (p.when != config::Arrival::free_below) co_return;
  while (tables_[table.index].arrived < number || free() >= p.free_below)
    co_await engine_.delay(p.check_every);
}

Task<void> Triggers::superfluous(const config::Hotplug& table) {
  const config::HotplugParams& p = table.params;
  if (p.unplug_when != config::Departure::free_above) co_return;
  Table& state = tables_[table.index];
  while (state.leaving || free() <= p.free_above) co_await engine_.delay(p.check_every);
  state.leaving = true;
}

Task<void> Triggers::free_is(bool below, Bytes than, SimTime every) {
  while (below ? free() >= than : free() <= than) co_await engine_.delay(every);
}

}  // namespace mhp::run
