#include "sim/machine/topology.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <limits>

namespace mhp::machine {

namespace {

struct Edge {
  std::int64_t latency = 0;
  std::size_t link = 0;
};
using Graph =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, boost::no_property, Edge>;
using Vertex = boost::graph_traits<Graph>::vertex_descriptor;
constexpr std::int64_t kUnreachable = std::numeric_limits<std::int64_t>::max();

Medium medium_of(const NodeParams& node) {
  Medium medium{.unit = node.access_unit};
  if (node.write_bandwidth.value > 0)
    medium.write_permille =
        (node.bandwidth.value * Medium::kAsDearAsARead + node.write_bandwidth.value / 2) /
        node.write_bandwidth.value;
  return medium;
}

}  // namespace

Topology::Topology(const Machine& machine) : core_(machine.core) {
  const std::size_t n = machine.nodes.size();
  for (const NodeParams& node : machine.nodes) media_.push_back(medium_of(node));
  Graph graph(n);
  for (std::size_t i = 0; i < machine.links.size(); ++i) {
    const LinkParams& l = machine.links[i];
    boost::add_edge(l.from.index(), l.to.index(), Edge{l.latency.value, i}, graph);
  }
  latency_.assign(n, std::vector<SimTime>(n));
  last_hop_.assign(n, std::vector<LastHop>(n));
  for (Vertex from = 0; from < n; ++from) {
    std::vector<Vertex> predecessor(n);
    std::vector<std::int64_t> along(n);
    boost::dijkstra_shortest_paths(graph, from,
                                   boost::weight_map(boost::get(&Edge::latency, graph))
                                       .predecessor_map(predecessor.data())
                                       .distance_map(along.data())
                                       .distance_inf(kUnreachable));
    for (Vertex to = 0; to < n; ++to) {
      if (along[to] == kUnreachable) {
        connected_ = false;
        continue;
      }
      latency_[from][to] = machine.nodes[to].latency + SimTime{along[to]};
      if (to == from) continue;
      const auto hop = boost::edge(predecessor[to], to, graph).first;
      last_hop_[from][to] = {static_cast<std::int32_t>(predecessor[to]),
                             static_cast<std::uint32_t>(graph[hop].link)};
    }
  }
}

std::vector<std::size_t> Topology::route(NodeId cpu, NodeId memory) const {
  const std::vector<LastHop>& hops = last_hop_[cpu.index()];
  std::vector<std::size_t> links;
  for (const LastHop* hop = &hops[memory.index()]; hop->from >= 0;
       hop = &hops[static_cast<std::size_t>(hop->from)])
    links.push_back(hop->link);
  std::reverse(links.begin(), links.end());
  return links;
}

int Topology::distance(NodeId from, NodeId to) const {
  const std::int64_t local = latency(from, from).value;
  return static_cast<int>(
      std::min<std::int64_t>(254, (10 * latency(from, to).value + local / 2) / local));
}

Description describe(const Machine& machine) {
  Description out;
  out.name = machine.general.name;
  out.cpu = {machine.general.pdpe1gb, machine.general.hypervisor, machine.general.la57,
             machine.general.physical_address_bits, machine.general.host_page_size};
  out.mmio_hole_start = machine.general.mmio_hole_start;
  for (const NodeParams& n : machine.nodes) out.nodes.push_back({n.memory, n.cpus});
  return out;
}

Description describe(const Machine& machine, const Topology& topology) {
  Description out = describe(machine);
  const auto count = static_cast<std::int32_t>(machine.nodes.size());
  for (std::int32_t a = 0; a < count; ++a) {
    auto& row = out.distance.emplace_back();
    for (std::int32_t b = 0; b < count; ++b) row.push_back(topology.distance(NodeId{a}, NodeId{b}));
  }
  return out;
}

}  // namespace mhp::machine
