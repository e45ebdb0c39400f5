#pragma once

#include <string>

#include "sim/core/params.hpp"
#include "workloads/common/figures.hpp"
#include "workloads/workload.hpp"

namespace mhp::workloads {

/// The parameters that every workload has; its own record derives from it.
struct CommonParams {
  std::string kind;
  std::string name;    ///< read by the scenario; here so that the table may have it
  std::string cgroup;  ///< the same, of workloads whose memory is charged
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

/// The same for a workload whose memory is charged to a memory cgroup: all of it is in populations.
template <class P>
ParamSet<P> charged_params() {
  auto set = common_params<P>();
  set.add("cgroup", static_cast<std::string P::*>(&CommonParams::cgroup),
          {.doc = "the [[cgroup]] that its memory is charged to; the root, which has no limits, if "
                  "it is empty"});
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
