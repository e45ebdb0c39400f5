#include "sim/machine/population.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "sim/core/param_standing.hpp"
#include "sim/core/units.hpp"
#include "sim/machine/description.hpp"
#include "sim/machine/part.hpp"

namespace mhp::machine {

namespace {

constexpr std::int64_t kBytesPerTransfer = 8;

/// A number with what it is worth.
struct Known {
  std::int64_t value = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::string basis;
  std::string source;
  std::vector<std::string> data = {};  ///< ids of the published data that set it

  bool exact() const { return low == high; }
};

bool is_weak(const std::string& basis) { return basis == "assumed" || basis == "fitted"; }

/// By the arithmetic of `with`, which rises with each of them; as weak as the weakest.
template <class With>
Known derived(std::string source, const std::vector<const Known*>& from, const With& with) {
  Known out{with(&Known::value), with(&Known::low), with(&Known::high), "derived",
            std::move(source)};
  for (const Known* k : from) {
    if (is_weak(k->basis)) out.basis = "assumed";
    out.data.insert(out.data.end(), k->data.begin(), k->data.end());
  }
  return out;
}

/// What has been read of a table, by name.
class Read {
 public:
  explicit Read(std::vector<ParamValue> params) : params_(std::move(params)) {}

  bool states(std::string_view name) const { return !at(name).is_default; }
  Known operator[](std::string_view name) const {
    const ParamValue& p = at(name);
    const std::int64_t n = p.number.value_or(0);
    Known out{n, n, n, p.basis, p.source, p.data};
    if (p.range) out.low = p.range->low, out.high = p.range->high;
    return out;
  }

 private:
  const ParamValue& at(std::string_view name) const {
    return *std::find_if(params_.begin(), params_.end(),
                         [&](const ParamValue& p) { return p.name == name; });
  }

  std::vector<ParamValue> params_;
};

/// The tables that are put in, all of which stand where the sockets do.
class Table {
 public:
  explicit Table(Location where) : value_{Value::Table{}, std::move(where)} {}
  Table(Value value, Location where) : value_(std::move(value)) { value_.where = std::move(where); }

  Table& add(const std::string& key, std::int64_t n) { return put(key, Value{n, value_.where}); }
  Table& add(const std::string& key, std::string text) {
    return put(key, Value{std::move(text), value_.where});
  }
  /// A number with its standing, each written by `written`; unless the table has it.
  template <class Written>
  Table& add(const std::string& key, const Known& k, const Written& written) {
    if (value_.find(key) != nullptr) return *this;
    put(key, Value{written(k.value), value_.where});
    if (!k.basis.empty()) add(key + "_basis", k.basis);
    if (!k.source.empty()) add(key + "_source", k.source);
    if (!k.data.empty()) {
      Value::Array ids;
      for (const std::string& id : k.data) ids.push_back({id, value_.where});
      put(key + "_data", Value{std::move(ids), value_.where});
    }
    if (!k.exact())
      put(key + "_range", Value{Value::Array{Value{written(k.low), value_.where},
                                             Value{written(k.high), value_.where}},
                                value_.where});
    return *this;
  }
  Value take() { return std::move(value_); }

 private:
  Table& put(const std::string& key, Value v) {
    value_.table()->push_back({key, std::move(v), value_.where});
    return *this;
  }

  Value value_;
};

std::int64_t plain(std::int64_t n) { return n; }
std::string as_time(std::int64_t n) { return fmt::format("{}ns", n); }
std::string as_bandwidth(std::int64_t n) {
  constexpr std::int64_t kMega = 1'000'000;
  return fmt::format("{}MB/s", (n + kMega / 2) / kMega);
}

/// Sockets of one table, with what each of them has.
struct Sockets {
  std::int64_t count = 1;
  std::int64_t nodes = 1;  ///< of a socket
  std::int64_t cores = 0;  ///< of a node
  Bytes memory;            ///< of a node
  Known bandwidth;         ///< of a node
  Known latency;
  Location where;
};

/// What all sockets of a machine have in common.
struct Common {
  std::string processor;
  std::int64_t threads = 1;
  std::int64_t links = 0;
  Known clock;
  Known misses;
  Known second_level_line;
  Known link_bandwidth;
  Known link_latency;
  Known die_bandwidth;
  Known die_latency;
};

/// Reads one [[socket]] table.
class SocketReader {
 public:
  SocketReader(const Value& machine, const Value& table, std::size_t index, Diagnostics& errors)
      : table_(with_standing_of(machine, table)),
        path_(fmt::format("machine.socket.{}", index)),
        errors_(errors) {}

  bool read(Sockets& out, Common& common) {
    const std::size_t before = errors_.size();
    static const auto socket_set = socket_params();
    static const auto part_set = part_params();
    if (table_.table() == nullptr)
      return bad(table_.where, fmt::format("{} is {}", path_, table_.kind_name()), "write a table");
    std::vector<ParamValue> socket_used;
    std::vector<ParamValue> part_used;
    socket_set.read(table_, socket_, errors_, &socket_used);
    const Value* part = table_.find("processor");
    if (part == nullptr || part->table() == nullptr)
      return bad(part != nullptr ? part->where : table_.where,
                 fmt::format("{} has no processor", path_), "add processor = \"parts/FILE.toml\"");
    part_set.read(*part, part_, errors_, &part_used);
    if (errors_.size() != before) return false;
    const Read socket(std::move(socket_used));
    const Read family(std::move(part_used));
    out.where = table_.where;
    common.processor = part_.name;
    size(out, common);
    bandwidth(out, socket, family);
    core(common, socket, family);
    common.links = socket_.links != 0 ? socket_.links : part_.links;
    common.link_latency = family["link_latency"];
    common.link_bandwidth = over_link(family["link_bandwidth"], family["efficiency"]);
    common.die_latency = family["die_latency"];
    common.die_bandwidth = over_link(family["die_bandwidth"], family["efficiency"]);
    out.latency = family["latency"];
    return errors_.size() == before;
  }

 private:
  bool bad(const Location& where, std::string problem, std::string remedy) {
    errors_.push_back({where, std::move(problem), std::move(remedy)});
    return false;
  }
  const Location& place(const char* key) const {
    const Value* v = table_.find(key);
    return v != nullptr ? v->where : table_.where;
  }

  void size(Sockets& out, Common& common) {
    const std::int64_t cores = socket_.cores != 0 ? socket_.cores : part_.cores;
    out.count = socket_.count;
    out.nodes = socket_.nodes != 0 ? socket_.nodes : part_.nodes;
    out.cores = cores / out.nodes;
    common.threads = socket_.threads != 0 ? socket_.threads : part_.threads;
    if (cores % out.nodes != 0)
      bad(place("cores"), fmt::format("{} cores in {} nodes", cores, out.nodes),
          "as many in each node of a socket");
    if (common.threads > part_.threads)
      bad(place("threads"),
          fmt::format("a core of {} has no {} threads", part_.name, common.threads),
          fmt::format("at most {}", part_.threads));
    const bool by_dimms = socket_.dimms != 0 || socket_.dimm.value != 0;
    if (by_dimms == (socket_.memory.value != 0) ||
        (by_dimms && (socket_.dimms == 0 || socket_.dimm.value == 0))) {
      bad(table_.where, fmt::format("{} does not say its memory", path_),
          "write 'dimms' and 'dimm', or 'memory'");
      return;
    }
    const Bytes memory = by_dimms ? socket_.dimm * socket_.dimms : socket_.memory;
    if (memory.value % (out.nodes * kSmallestPage.value) != 0)
      bad(place(by_dimms ? "dimm" : "memory"),
          fmt::format("{} in {} nodes", format_bytes(memory), out.nodes),
          "as many whole pages in each node of a socket");
    out.memory = memory / out.nodes;
  }

  void bandwidth(Sockets& out, const Read& socket, const Read& family) {
    const std::string& speed = socket_.speed.empty() ? part_.speed : socket_.speed;
    std::int64_t transfers = 0;
    const std::string_view digits = std::string_view(speed).substr(speed.rfind('-') + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), transfers);
    if (error != std::errc{} || end != digits.data() + digits.size() || transfers < 1 ||
        transfers > 100'000) {
      bad(socket_.speed.empty() ? table_.find("processor")->where : place("speed"),
          fmt::format("'{}' says no speed of memory", speed),
          "write it as \"DDR4-2666\": a name and millions of transfers a second");
      return;
    }
    const Known channels = populated(socket);
    if (std::max(channels.value, channels.high) > part_.channels)
      bad(place("channels"), fmt::format("{} has {} channels", part_.name, part_.channels),
          "populate at most as many");
    const Known efficiency = family["efficiency"];
    const Known rate = socket_.transfers != 0
                           ? socket["transfers"]
                           : Known{transfers, transfers, transfers, "choice", ""};
    out.bandwidth = derived(
        fmt::format(
            "{}: {} channels of {}{} ({} MB/s){}{}, of which 0.{:03} (efficiency: {})", part_.name,
            channels.value, speed,
            socket_.transfers != 0 ? fmt::format(" at {}: {}", rate.value, rate.source) : "",
            channels.value * rate.value * kBytesPerTransfer,
            out.nodes > 1 ? fmt::format(" in {} nodes", out.nodes) : "",
            channels.exact() ? "" : fmt::format(" (channels: {})", channels.source),
            efficiency.value, efficiency.source),
        {&channels, &rate, &efficiency}, [&](auto of) {
          return (channels.*of) * (rate.*of) * 1'000'000 * kBytesPerTransfer * (efficiency.*of) /
                 1000 / out.nodes;
        });
  }

  /// The channels that have memory: as is said, else as many as the DIMMs reach.
  Known populated(const Read& socket) const {
    if (socket_.channels != 0) return socket["channels"];
    std::int64_t n = part_.channels;
    if (socket_.dimms != 0) n = std::min(n, socket_.dimms);
    return {n, n, n, "choice", ""};
  }

  void core(Common& common, const Read& socket, const Read& family) {
    common.clock = socket.states("clock") && socket_.clock != 0 ? socket["clock"] : family["clock"];
    common.misses = misses_in_flight(family);
    common.second_level_line = family["second_level_line"];
  }

  /// What was measured of a stream that is written, else the fill buffers, with a range to what the
  /// second level fetches at once.
  Known misses_in_flight(const Read& family) const {
    if (part_.misses_in_flight_stream != 0) {
      Known measured = family["misses_in_flight_stream"];
      measured.source = fmt::format("{}: {}", part_.name, measured.source);
      return measured;
    }
    const Known l1 = family["l1_misses"];
    const Known l2 = family["l2_misses"];
    Known out{l1.value * 1000, l1.low * 1000, l1.high * 1000, l1.basis,
              fmt::format("{}: {} fill buffers of the first level ({})", part_.name, l1.value,
                          l1.source)};
    if (l2.value != 0) {
      out.high = std::max(out.high, l2.high * 1000);
      out.source +=
          fmt::format("; range to the {} that the second level fetches ({})", l2.value, l2.source);
    }
    return out;
  }

  /// What is left of a link's rate is as much of it as of a channel's.
  static Known over_link(const Known& rate, const Known& efficiency) {
    return derived(rate.source, {&rate},
                   [&](auto of) { return (rate.*of) / 1000 * (efficiency.*of); });
  }

  const Value table_;
  std::string path_;
  Diagnostics& errors_;
  SocketParams socket_;
  PartParams part_;
};

/// Pairs of sockets that are linked, and by how many links; nothing if that is not known.
struct Wire {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t links = 1;
};
std::vector<Wire> wiring(std::int64_t sockets, std::int64_t links) {
  std::vector<Wire> out;
  if (sockets > 1 && links >= sockets - 1) {
    for (std::int64_t a = 0; a < sockets; ++a)
      for (std::int64_t b = a + 1; b < sockets; ++b) out.push_back({a, b, links / (sockets - 1)});
  } else if (sockets > 2 && (links == 2 || (links == 3 && sockets == 8))) {
    for (std::int64_t a = 0; a < sockets; ++a) out.push_back({a, (a + 1) % sockets, 1});
    for (std::int64_t a = 0; links == 3 && a < sockets / 2; ++a)
      out.push_back({a, a + sockets / 2, 1});
  }
  return out;
}

Known times(const Known& k, std::int64_t n) {
  Known out = k;
  out.value *= n;
  out.low *= n;
  out.high *= n;
  return out;
}

/// The tables that the machine has of a key; none for one that it does not have.
Value::Array tables_of(const Value& machine, const char* key) {
  const Value* list = machine.find(key);
  return list == nullptr || list->array() == nullptr ? Value::Array{} : *list->array();
}

/// A list that is none stays, for the reading of the machine to refuse.
void set_tables(Value& machine, const char* key, Value::Array tables, const Location& where) {
  Value* list = machine.find(key);
  if (list == nullptr)
    machine.table()->push_back({key, Value{std::move(tables), where}, where});
  else if (list->array() != nullptr)
    *list->array() = std::move(tables);
}

class Populating {
 public:
  Populating(Value& machine, std::vector<Sockets> sockets, const Common& common,
             Diagnostics& errors)
      : machine_(machine),
        sockets_(std::move(sockets)),
        common_(common),
        where_(sockets_.front().where),
        errors_(errors) {}

  void run() {
    for (const Sockets& s : sockets_)
      for (std::int64_t i = 0; i < s.count; ++i) first_.push_back(add_nodes(s));
    Value::Array links = tables_of(machine_, "link");
    if (!own_wiring(links)) wire();
    set_tables(machine_, "node", with(std::move(nodes_), tables_of(machine_, "node")), where_);
    set_tables(machine_, "link", with(std::move(wires_), std::move(links)), where_);
    add_core();
  }

 private:
  static Value::Array with(Value::Array first, Value::Array rest) {
    for (Value& v : rest) first.push_back(std::move(v));
    return first;
  }

  /// The number of a socket's first node.
  std::int64_t add_nodes(const Sockets& s) {
    const auto first = static_cast<std::int64_t>(nodes_.size());
    for (std::int64_t i = 0; i < s.nodes; ++i) {
      Table node(s.where);
      node.add("memory", fmt::format("{}B", s.memory.value))
          .add("cores", s.cores)
          .add("cpus", s.cores * common_.threads)
          .add("basis", std::string("choice"))
          .add("source", fmt::format("{}: what its sockets hold", common_.processor))
          .add("latency", s.latency, as_time)
          .add("bandwidth", s.bandwidth, as_bandwidth);
      nodes_.push_back(node.take());
      for (std::int64_t j = 0; j < i; ++j)
        add_link(first + j, first + i, common_.die_latency, common_.die_bandwidth);
    }
    nodes_of_socket_.push_back(s.nodes);
    return first;
  }

  void add_link(std::int64_t from, std::int64_t to, const Known& latency, const Known& bandwidth) {
    Table link(where_);
    link.add("from", from)
        .add("to", to)
        .add("basis", std::string("choice"))
        .add("source", fmt::format("{}: how its sockets are joined", common_.processor))
        .add("latency", latency, as_time)
        .add("bandwidth", bandwidth, as_bandwidth);
    wires_.push_back(link.take());
  }

  /// Whether the machine wires its sockets itself. Its links between them are completed.
  bool own_wiring(Value::Array& links) {
    bool own = false;
    const auto sockets = static_cast<std::int64_t>(nodes_.size());
    for (Value& link : links) {
      if (link.table() == nullptr) continue;
      bool between = true;
      for (const char* end : {"from", "to"}) {
        const Value* v = link.find(end);
        const auto* n = v != nullptr ? std::get_if<std::int64_t>(&v->data) : nullptr;
        between = between && n != nullptr && *n < sockets;
      }
      if (!between) continue;
      own = true;
      Table full(std::move(link), where_);
      full.add("latency", common_.link_latency, as_time);
      full.add("bandwidth", common_.link_bandwidth, as_bandwidth);
      link = full.take();
    }
    return own;
  }

  /// Each node to its counterpart in the other socket.
  void wire() {
    const auto sockets = static_cast<std::int64_t>(first_.size());
    const auto wires = wiring(sockets, common_.links);
    if (sockets > 1 && wires.empty()) {
      errors_.push_back({where_,
                         fmt::format("how {} sockets of {} links each are wired is not known",
                                     sockets, common_.links),
                         "add [[link]] tables with 'from' and 'to'"});
      return;
    }
    for (const Wire& w : wires) {
      const auto a = static_cast<std::size_t>(w.from);
      const auto b = static_cast<std::size_t>(w.to);
      const std::int64_t nodes = std::min(nodes_of_socket_[a], nodes_of_socket_[b]);
      for (std::int64_t i = 0; i < nodes; ++i)
        add_link(first_[a] + i, first_[b] + i, common_.link_latency,
                 times(common_.link_bandwidth, std::max<std::int64_t>(1, w.links / nodes)));
    }
  }

  void add_core() {
    const Value* given = machine_.find("core");
    if (given != nullptr && given->table() == nullptr) return;  // reading the machine says so
    Table core = given != nullptr ? Table(*given, given->where) : Table(where_);
    core.add("clock", common_.clock, plain);
    const std::int64_t threads = common_.threads;
    core.add("threads",
             Known{threads, threads, threads, "choice",
                   fmt::format("{}: hardware threads in use", common_.processor)},
             plain);
    core.add("misses_in_flight_stream", common_.misses, plain);
    if (common_.second_level_line.value >= 0)
      core.add("second_level_line", common_.second_level_line, plain);
    if (given != nullptr)
      *machine_.find("core") = core.take();
    else
      machine_.table()->push_back({"core", core.take(), where_});
  }

  Value& machine_;
  std::vector<Sockets> sockets_;
  const Common& common_;
  Location where_;
  Diagnostics& errors_;
  Value::Array nodes_;
  Value::Array wires_;
  std::vector<std::int64_t> first_;
  std::vector<std::int64_t> nodes_of_socket_;
};

}  // namespace

void populate(Value& machine, Diagnostics& errors) {
  const Value* tables = machine.find("socket");
  if (tables == nullptr) return;
  const std::size_t before = errors.size();
  if (tables->array() == nullptr || tables->array()->empty()) {
    errors.push_back({tables->where, fmt::format("'socket' is {}", tables->kind_name()),
                      "write [[socket]] tables; on a command line, before what is said of nodes"});
    return;
  }
  std::vector<Sockets> sockets;
  Common common;
  for (const Value& table : *tables->array()) {
    Sockets s;
    Common its;
    if (!SocketReader(machine, table, sockets.size(), errors).read(s, its)) return;
    if (!sockets.empty() && its.processor != common.processor)
      errors.push_back({table.where,
                        fmt::format("a machine with {} and {}", common.processor, its.processor),
                        "all sockets have the same processor"});
    sockets.push_back(std::move(s));
    if (sockets.size() == 1) common = std::move(its);
  }
  if (errors.size() != before) return;
  Populating(machine, std::move(sockets), common, errors).run();
  std::erase_if(*machine.table(), [](const Value::Member& m) { return m.key == "socket"; });
}

}  // namespace mhp::machine
