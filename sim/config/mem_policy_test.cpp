// Memory policies of workloads: what a table may say, and whether the machine and kernel go along.
#include "sim/config/mem_policy.hpp"

#include <gtest/gtest.h>

#include "sim/config/scenario.hpp"

namespace mhp::config::mem_policy_test {
namespace {

using Mode = kernel::MemPolicy::Mode;

std::string error_of(std::vector<std::string> settings) {
  const auto s = load_scenario(MHP_SOURCE_DIR "/configs/scenarios/movable-only.toml", settings);
  return s ? "" : s.error().front().problem;
}

kernel::MemPolicy policy(std::vector<std::string> settings) {
  const auto s = load_scenario(MHP_SOURCE_DIR "/configs/scenarios/movable-only.toml", settings);
  if (s) return s->workloads.front().policy;
  ADD_FAILURE() << s.error().front().text();
  return {};
}

std::string workload(const std::string& rest) {
  return "workload={kind=\"anon_growth\"" + rest + "}";
}

TEST(mem_policy, is_read_as_numactl_writes_it) {
  EXPECT_EQ(policy({workload("")}).mode(), Mode::local);
  const auto bound = policy({workload(", policy=\"bind\", policy_nodes=\"0-1\"")});
  EXPECT_EQ(bound.mode(), Mode::bind);
  EXPECT_EQ(*bound.bound_nodes(), (kernel::NodeMask{true, true}));
  const auto one = policy({workload(", policy=\"preferred\", policy_nodes=\"1\"")});
  EXPECT_EQ(one.nodes(), (kernel::NodeMask{false, true}));
  EXPECT_EQ(one.bound_nodes(), nullptr);
  EXPECT_EQ(policy({workload(", policy=\"weighted_interleave\", policy_nodes=\"1,0\", "
                             "policy_weights=\"3,1\"")})
                .mode(),
            Mode::interleave);
}

TEST(mem_policy, that_is_wrong_is_refused) {
  EXPECT_EQ(error_of({workload(", policy=\"bind\"")}), "policy 'bind' without nodes");
  EXPECT_EQ(error_of({workload(", policy_nodes=\"1\"")}),
            "'policy_nodes' without a policy that has nodes");
  EXPECT_EQ(error_of({workload(", policy=\"bind\", policy_nodes=\"1-\"")}),
            "'1-' is no list of nodes");
  EXPECT_EQ(error_of({workload(", policy=\"bind\", policy_nodes=\"1,0-1\"")}),
            "node 1 is named twice");
  EXPECT_EQ(error_of({workload(", policy=\"bind\", policy_nodes=\"0,2\"")}),
            "node 2 has no memory, and gets none");
  EXPECT_EQ(error_of({workload(", policy=\"preferred\", policy_nodes=\"0,1\"")}),
            "policy 'preferred' has one node");
  EXPECT_EQ(error_of({workload(", policy=\"interleave\", policy_nodes=\"0\", "
                               "policy_weights=\"2\"")}),
            "policy 'interleave' has no weights");
  EXPECT_EQ(error_of({workload(", policy=\"weighted_interleave\", policy_nodes=\"0,1\", "
                               "policy_weights=\"2\"")}),
            "'2' is no list of 2 weights");
  EXPECT_EQ(error_of({workload(", policy=\"weighted_interleave\", policy_nodes=\"0,1\""),
                      "kernel.profile=6.6"}),
            "kernel 6.6 has no weighted_interleave");
  EXPECT_EQ(error_of({workload(", policy=\"scattered\"")}),
            "workload.policy has no choice 'scattered'");
}

}  // namespace
}  // namespace mhp::config::mem_policy_test
