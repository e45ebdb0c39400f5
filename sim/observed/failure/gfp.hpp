#pragma once

#include <string>

#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/observed/texts/mem_info.hpp"

namespace mhp::observed {

/// What the GFP flags of a report decide about where its pages may come from.
struct GfpRequest {
  kernel::AllocRequest request;  ///< node, CPU and nodemask are not set
  bool known = false;            ///< false: the report has no flags; those of GFP_KERNEL are taken
  std::string note;              ///< what was assumed to read them; empty if nothing
};

/// By the names that kernels print since 4.6; of older ones by the bits that they had.
GfpRequest gfp_request(const FailedRequest& failed);

/// The flags as the report has them: "GFP_KERNEL|__GFP_COMP", "mode 0xd0"; empty if it has none.
std::string gfp_text(const FailedRequest& failed);

}  // namespace mhp::observed
