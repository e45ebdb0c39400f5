#include "sim/config/mem_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "sim/config/kernel_profiles.hpp"
#include "sim/config/section_common.hpp"

namespace mhp::config {

namespace {

using Mode = kernel::MemPolicy::Mode;

/// MAX_NUMNODES with CONFIG_NODES_SHIFT=10.
constexpr std::int64_t kMostNodes = 1024;
constexpr std::int64_t kMostWeight = 255;  // a u8 of mm/mempolicy.c

/// The text of a key; empty if it is not there, or no text, which its record refuses.
std::string_view text_of(const Value& table, const char* key) {
  const Value* v = table.find(key);
  return v != nullptr && v->string() != nullptr ? std::string_view(*v->string())
                                                : std::string_view();
}

/// Numbers separated by commas, ranges too where `ranges`; nothing if it is no such list.
std::optional<std::vector<std::int64_t>> list_of(std::string_view text, std::int64_t most,
                                                 bool ranges) {
  std::vector<std::int64_t> out;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  const auto number = [&](std::int64_t& n) {
    const auto [rest, error] = std::from_chars(at, end, n);
    at = rest;
    return error == std::errc{} && n >= 0 && n <= most;
  };
  for (;;) {
    std::int64_t first = 0;
    if (!number(first)) return std::nullopt;
    std::int64_t last = first;
    if (ranges && at != end && *at == '-') {
      ++at;
      if (!number(last) || last < first) return std::nullopt;
    }
    for (std::int64_t n = first; n <= last; ++n) out.push_back(n);
    if (at == end) return out;
    if (*at++ != ',') return std::nullopt;
  }
}

// fa3bea4e1f82, "mm/mempolicy: introduce MPOL_WEIGHTED_INTERLEAVE".
bool older_than_6_9(std::string_view version) {
  const auto series = kernel_series(version);
  return series && (series->major < 6 || (series->major == 6 && series->minor < 9));
}

std::optional<Mode> mode_of(std::string_view policy) {
  if (policy.empty() || policy == "local") return Mode::local;
  if (policy == "preferred") return Mode::preferred;
  if (policy == "bind") return Mode::bind;
  if (policy == "interleave" || policy == "weighted_interleave") return Mode::interleave;
  return std::nullopt;  // its record refuses it
}

}  // namespace

kernel::MemPolicy read_mem_policy(const Value& table, Diagnostics& errors) {
  const std::string_view policy = text_of(table, "policy");
  const std::string_view nodes_text = text_of(table, "policy_nodes");
  const std::string_view weights_text = text_of(table, "policy_weights");
  const auto mode = mode_of(policy);
  if (!mode) return {};
  const auto wrong = [&](const char* key, std::string problem, std::string remedy) {
    errors.push_back({place_of(table, key), std::move(problem), std::move(remedy)});
    return kernel::MemPolicy{};
  };
  if (*mode == Mode::local) {
    for (const char* key : {"policy_nodes", "policy_weights"})
      if (!text_of(table, key).empty())
        return wrong(key, fmt::format("'{}' without a policy that has nodes", key),
                     "policy = \"bind\", \"preferred\", \"interleave\" or \"weighted_interleave\"");
    return {};
  }
  const auto numbers = list_of(nodes_text, kMostNodes - 1, true);
  if (!numbers)
    return wrong("policy_nodes",
                 nodes_text.empty() ? fmt::format("policy '{}' without nodes", policy)
                                    : fmt::format("'{}' is no list of nodes", nodes_text),
                 "policy_nodes = \"0-1,3\"");
  if (*mode == Mode::preferred && numbers->size() != 1)
    return wrong("policy_nodes", "policy 'preferred' has one node", "policy_nodes = \"1\"");
  kernel::NodeMask nodes(kMostNodes, false);
  std::vector<std::int64_t> weights(kMostNodes, 1);
  std::vector<std::int64_t> stated(numbers->size(), 1);
  if (!weights_text.empty()) {
    const auto list = list_of(weights_text, kMostWeight, false);
    if (policy != "weighted_interleave")
      return wrong("policy_weights", fmt::format("policy '{}' has no weights", policy),
                   "policy = \"weighted_interleave\"");
    if (!list || list->size() != numbers->size() ||
        std::find(list->begin(), list->end(), 0) != list->end())
      return wrong("policy_weights",
                   fmt::format("'{}' is no list of {} weights", weights_text, numbers->size()),
                   "for each of policy_nodes a number from 1 to 255, as \"3,1\"");
    stated = *list;
  }
  std::size_t highest = 0;
  for (std::size_t i = 0; i < numbers->size(); ++i) {
    const auto n = static_cast<std::size_t>((*numbers)[i]);
    if (nodes[n])
      return wrong("policy_nodes", fmt::format("node {} is named twice", n), "name it once");
    nodes[n] = true;
    weights[n] = stated[i];
    highest = std::max(highest, n);
  }
  nodes.resize(highest + 1);
  weights.resize(highest + 1);
  return {*mode, std::move(nodes), std::move(weights)};
}

void check_mem_policies(Reading& r) {
  const Scenario& s = r.scenario;
  const Value* all = r.root.find("workload");
  for (std::size_t i = 0; i < s.workloads.size(); ++i) {
    const Value& table = all->array() != nullptr ? (*all->array())[i] : *all;
    const kernel::NodeMask& nodes = s.workloads[i].policy.nodes();
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      if (!nodes[n]) continue;
      const bool has = n < s.machine.nodes.size() && s.machine.nodes[n].memory.value > 0;
      const bool gets = std::any_of(s.hotplug.begin(), s.hotplug.end(), [&](const Hotplug& h) {
        return h.params.node.value == static_cast<std::int32_t>(n);
      });
      if (!has && !gets)
        r.errors.push_back({place_of(table, "policy_nodes"),
                            fmt::format("node {} has no memory, and gets none", n),
                            "name nodes with memory, or that a [[hotplug]] gives some"});
    }
    if (text_of(table, "policy") == "weighted_interleave" && older_than_6_9(s.profile.version))
      r.errors.push_back({place_of(table, "policy"),
                          fmt::format("kernel {} has no weighted_interleave", s.profile.version),
                          "a kernel since 6.9, or policy = \"interleave\""});
  }
}

}  // namespace mhp::config
