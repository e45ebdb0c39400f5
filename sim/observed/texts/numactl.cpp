// What `numactl --hardware` prints (hardware() of numactl.c, versions 2.0.9 to 2.0.18): sizes are
// MemTotal of the node's meminfo, cut to whole MiB.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/number_list.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

constexpr std::int64_t kMostMib = kMostBytes / kMiB;
/// A distance is a byte of the SLIT; 255: unreachable.
constexpr std::int64_t kMostDistance = 255;

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789") == word.npos;
}

class Hardware {
 public:
  Hardware(Scan& scan, Observed& into) : scan_(scan), into_(into) {}

  void line();
  bool found() const { return found_; }
  bool distances() const { return !rows_.empty(); }

 private:
  NodeId node_id(std::string_view word) {
    return NodeId{static_cast<std::int32_t>(scan_.number(word, "node", kMostNodes - 1))};
  }
  void node(std::string_view number);
  void cpus(Node& node);
  void head();
  void row(std::string_view number);

  Scan& scan_;
  Observed& into_;
  bool found_ = false;
  std::optional<NodeId> listing_;  ///< whose list of CPUs may go on in the next line
  std::vector<NodeId> columns_;
  std::set<NodeId> rows_;
};

void Hardware::cpus(Node& node) {
  while (!scan_.failed() && !scan_.rest().empty()) {
    const std::string_view word = scan_.word();
    if (word.starts_with("(")) break;
    // "0-15 (16)" of numactl --cpu-compress.
    if (word.find('-') == word.npos) {
      node.cpus.push_back(scan_.number(word, "cpu", kMostCpus - 1));
      continue;
    }
    const auto list = numbers_of_list(word, kMostCpus - 1);
    if (!list) return scan_.fail(word, fmt::format("'{}' is no list of CPUs", printable(word)));
    node.cpus.insert(node.cpus.end(), list->begin(), list->end());
  }
  std::sort(node.cpus.begin(), node.cpus.end());
  node.cpus.erase(std::unique(node.cpus.begin(), node.cpus.end()), node.cpus.end());
  node.cpu_count = static_cast<std::int64_t>(node.cpus.size());
}

// "node 0 cpus: 0 1 2", "node 0 size: 32097 MB", "node 0 free: 27452 MB".
void Hardware::node(std::string_view number) {
  const std::string_view what = scan_.word();
  if (what != "cpus:" && what != "size:" && what != "free:") return;
  const NodeId id = node_id(number);
  if (scan_.failed()) return;
  found_ = true;
  Node& node = into_.node(id);
  node.online = true;
  if (what == "cpus:") {
    node.cpus.clear();
    listing_ = id;
    return cpus(node);
  }
  const std::string_view word = scan_.word();
  if (word.starts_with("<")) return;  // "<not available>"
  const Bytes size{scan_.number(word, what, kMostMib) * kMiB};
  if (const std::string_view unit = scan_.word(); unit != "MB")
    scan_.fail(unit.empty() ? word : unit, "a size without its unit", "numactl counts in MB");
  if (scan_.failed()) return;
  (what == "size:" ? node.memory : node.free) = size;
}

void Hardware::head() {
  columns_.clear();
  while (!scan_.failed() && !scan_.rest().empty()) columns_.push_back(node_id(scan_.word()));
}

// "  0:  10  21"
void Hardware::row(std::string_view number) {
  const std::string_view line = scan_.line().text;
  number.remove_suffix(1);
  const NodeId from = node_id(number);
  std::vector<int> distances;
  while (!scan_.failed() && !scan_.rest().empty())
    distances.push_back(static_cast<int>(scan_.number("distance", kMostDistance)));
  if (scan_.failed()) return;
  if (distances.size() != columns_.size())
    return scan_.fail(line,
                      fmt::format("node {} has {} distances to {} nodes", from.value,
                                  distances.size(), columns_.size()),
                      "the line above names the nodes");
  if (!rows_.insert(from).second) return scan_.fail(line, "the distances of this node were there");
  Node& node = into_.node(from);
  node.distance.clear();
  for (std::size_t i = 0; i < columns_.size(); ++i)
    node.distance.emplace_back(columns_[i], distances[i]);
}

void Hardware::line() {
  const std::string_view whole = scan_.rest();
  const std::string_view first = scan_.word();
  // A mailer broke the line.
  if (listing_ && is_number(first)) {
    scan_.go_on(whole);
    return cpus(into_.node(*listing_));
  }
  listing_.reset();
  if (first == "node") {
    const std::string_view second = scan_.word();
    if (!is_number(second)) return;
    if (scan_.rest().empty() || is_number(scan_.rest().substr(0, 1))) {
      scan_.go_on(whole.substr(4));
      scan_.go_on(trimmed(scan_.rest()));
      return head();
    }
    return node(second);
  }
  const bool is_row = first.size() > 1 && first.back() == ':' &&
                      is_number(first.substr(0, first.size() - 1)) && !columns_.empty();
  if (is_row) row(first);
}

}  // namespace

Result<void> read_numactl(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  Hardware hardware(scan, into);
  while (scan.next_line()) hardware.line();
  const auto read =
      scan.result(hardware.found(), "output of numactl -H; a line is \"node 0 cpus: 0 1\"");
  if (read)
    into.found.push_back({hardware.distances() ? "nodes with CPUs, sizes and distances"
                                               : "nodes with CPUs and sizes",
                          "numactl -H"});
  return read;
}

}  // namespace mhp::observed
