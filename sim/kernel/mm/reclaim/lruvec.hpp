#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/core/types.hpp"

namespace mhp::kernel {

/// A memory cgroup, by the order in which they were made; the first is the root.
struct MemcgId {
  std::uint16_t value = 0;

  constexpr bool is_root() const { return value == 0; }
  constexpr std::size_t index() const { return value; }
  constexpr bool operator==(const MemcgId&) const = default;
};

/// The lists of one memory cgroup on one node (struct lruvec). A node alone stands for those of the
/// root.
struct LruVec {
  NodeId node;
  MemcgId memcg;

  constexpr LruVec(NodeId on, MemcgId of = {}) : node(on), memcg(of) {}
};

}  // namespace mhp::kernel
