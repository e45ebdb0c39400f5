#include <fmt/format.h>

#include <mhpsim/placement.hpp>

#include "sim/api/access.hpp"
#include "sim/kernel/placement/common/plugin_loader.hpp"

namespace mhpsim {

std::vector<std::string> placements() { return mhp::kernel::placements().names(); }

void load_placements(const std::string& path) {
  if (const auto loaded = mhp::kernel::load_placements(path); !loaded) detail::fail(loaded.error());
}

void add_placement(mhp::kernel::PlacementPolicy policy) {
  auto& all = mhp::kernel::placements_to_extend();
  if (policy.name.empty() || policy.doc.empty() || !policy.decide)
    detail::fail({{{}, "a placement has a name, a doc and decides", ""}});
  if (all.find(policy.name) != nullptr)
    detail::fail({{{}, fmt::format("there is a placement {} already", policy.name), ""}});
  all.add(std::move(policy));
}

}  // namespace mhpsim
