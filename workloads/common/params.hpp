#pragma once

#include <string>

#include "sim/core/params.hpp"
#include "workloads/common/figures.hpp"
#include "workloads/workload.hpp"

namespace mhp::workloads {

/// The parameters that every workload has; its own record derives from it.
struct CommonParams {
  std::string kind;
  std::string name;              ///< read by the scenario; here so that the table may have it
  std::string cgroup;            ///< the same, of workloads whose memory is charged
  std::string policy = "local";  ///< the same, and the two below: of workloads of processes
  std::string policy_nodes;
  std::string policy_weights;
};

template <class P>
ParamSet<P> common_params() {
  ParamSet<P> set;
  set.add("kind", static_cast<std::string P::*>(&CommonParams::kind),
          {.doc = "which workload runs", .required = true, .choices = workloads().choices()})
      .add("name", static_cast<std::string P::*>(&CommonParams::name),
           {.doc = "what its figures and random draws are called after; the kind if it is empty"});
  return set;
}

/// The same for a workload of processes, whose memory is charged to a memory cgroup and lies where
/// a memory policy has it: all of it is in populations.
template <class P>
ParamSet<P> charged_params() {
  auto set = common_params<P>();
  set.add("cgroup", static_cast<std::string P::*>(&CommonParams::cgroup),
          {.doc = "the [[cgroup]] that its memory is charged to; the root, which has no limits, if "
                  "it is empty"})
      .add("policy", static_cast<std::string P::*>(&CommonParams::policy),
           {.doc = "memory policy of its processes: on which nodes their memory lies, and what the "
                   "kernel takes for them",
            .linux_name = "set_mempolicy",
            .choices = {{"local", "the node of the processor, then the next"},
                        {"preferred", "one node, then the next"},
                        {"bind", "these nodes and no other"},
                        {"interleave", "a page of each of these nodes in turn"},
                        {"weighted_interleave",
                         "so many pages of each of these nodes in turn (kernels since 6.9)"}}})
      .add("policy_nodes", static_cast<std::string P::*>(&CommonParams::policy_nodes),
           {.doc = "the nodes of the policy, as \"0-1,3\""})
      .add(
          "policy_weights", static_cast<std::string P::*>(&CommonParams::policy_weights),
          {.doc = "of weighted_interleave, the pages of each of these nodes, as \"3,1\"; 1 each if "
                  "it is empty",
           .linux_name = "/sys/kernel/mm/mempolicy/weighted_interleave/nodeN"});
  return set;
}

/// A `configure` function for a workload W(const Context&, const P&).
template <class W, class P, ParamSet<P> (*params)()>
Factory configure_with(const Value& table, std::string_view prefix, Diagnostics& errors,
                       std::vector<ParamValue>* used) {
  P p;
  params().read(table, p, errors, used, prefix);
  return [p](const Context& context) { return std::make_unique<W>(context, p); };
}

/// The registry's entry of such a workload.
template <class W, class P, ParamSet<P> (*params)()>
WorkloadModel model(std::string name, std::string doc) {
  return {std::move(name), std::move(doc),
          [](std::string_view prefix) { return params().describe(prefix); },
          configure_with<W, P, params>, figure_records<W>};
}

}  // namespace mhp::workloads
