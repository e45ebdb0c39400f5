#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/engine/engine.hpp"
#include "sim/kernel/mm/mm.hpp"
#include "sim/run/timed_host.hpp"

namespace mhp::run {

/// Makes the host of a thread, known by its name, that runs on a processor of a node.
using MakeHost = std::function<std::unique_ptr<TimedHost>(NodeId, const std::string& name)>;

/// Starts the kernel's own threads on an engine: kswapd and kcompactd of every possible node, which
/// sleep as long as it has no memory, and writeback. Each runs on the nearest node with processors.
/// Every `stat_interval`, unless it is 0, every CPU looks through its lists of free pages, which
/// takes no time. Returns their hosts, which must live as long as they do.
std::vector<std::unique_ptr<TimedHost>> start_kernel_threads(engine::Engine& engine, kernel::Mm& mm,
                                                             SimTime stat_interval,
                                                             const MakeHost& make);

}  // namespace mhp::run
