#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/observed/texts/json_text.hpp"
#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/number_list.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

constexpr std::string_view kLscpu = "output of lscpu; it begins with \"Architecture:\"";

/// What lscpu says, field by field; the same for the table and for JSON.
class Fields {
 public:
  explicit Fields(Observed& into) : into_(into) {}
  bool found() const { return found_; }
  bool nodes() const { return nodes_; }

  /// "Socket(s)" and "2"; false if the value is not what the field has.
  bool field(std::string_view name, std::string_view value) {
    Processors& p = into_.processors;
    if (name == "Architecture") {
      found_ = true;
      into_.architecture = printable(value);
    } else if (name == "CPU(s)") {
      return number(value, kMostCpus, p.count);
    } else if (name == "On-line CPU(s) list") {
      return online(value);
    } else if (name == "Thread(s) per core") {
      return number(value, kMostCpus, p.threads_per_core);
    } else if (name == "Core(s) per socket") {
      return number(value, kMostCpus, p.cores_per_socket);
    } else if (name == "Socket(s)") {
      return number(value, kMostCpus, p.sockets);
    } else if (name == "Model name") {
      p.model = printable(value, 120);
    } else if (name == "Vendor ID") {
      p.vendor = printable(value);
    } else if (name == "CPU family") {
      return number(value, kMostId, p.family);
    } else if (name == "Model") {
      return number(value, kMostId, p.model_number);
    } else if (name == "Stepping") {
      return number(value, kMostId, p.stepping);
    } else if (name == "Flags") {
      return flags(value);
    } else if (name == "Address sizes") {
      return number(take_word(value), 64, p.physical_address_bits);
    } else if (name.starts_with("NUMA node") && name.ends_with(" CPU(s)")) {
      return node(name.substr(9, name.size() - 9 - 7), value);
    }
    return true;
  }

 private:
  static constexpr std::int64_t kMostId = 1'000'000;
  static bool number(std::string_view text, std::int64_t most, Said<std::int64_t>& into) {
    if (text == "-" || text.empty()) return true;
    const auto n = number_of(text, most);
    // Not every field is a number on every architecture ("r1p0", "2.2 (pvr 004e 1202)").
    if (!n) return most == kMostId;
    into = n;
    return true;
  }
  bool online(std::string_view list) {
    const auto cpus = numbers_of_list(list, kMostCpus - 1);
    if (cpus) into_.processors.count = static_cast<std::int64_t>(cpus->size());
    return cpus.has_value();
  }
  bool flags(std::string_view text) {
    constexpr std::size_t kMostFlags = 1024;
    into_.processors.flags.clear();
    for (std::string_view w = take_word(text); !w.empty(); w = take_word(text))
      if (into_.processors.flags.size() < kMostFlags)
        into_.processors.flags.push_back(printable(w));
    return true;
  }
  bool node(std::string_view number, std::string_view list) {
    const auto id = number_of(number, kMostNodes - 1);
    if (list == "-") list = {};
    auto cpus = numbers_of_list(list, kMostCpus - 1);
    if (!id || !cpus) return false;
    nodes_ = true;
    Node& node = into_.node(NodeId{static_cast<std::int32_t>(*id)});
    node.online = true;
    node.cpus = std::move(*cpus);
    node.cpu_count = static_cast<std::int64_t>(node.cpus.size());
    return true;
  }

  Observed& into_;
  bool found_ = false;
  bool nodes_ = false;
};

std::string not_a_value(std::string_view name, std::string_view value) {
  return fmt::format("{}: '{}' is no value of this field", printable(name), printable(value));
}

/// Fields of lscpu -J, with those that are listed below others since util-linux 2.36.
Result<void> json_fields(const nlohmann::json& list, const Location& at, Fields& fields) {
  if (!list.is_array()) return fail(at, fmt::format("this is no {}", kLscpu));
  for (const auto& entry : list) {
    if (!entry.is_object()) continue;
    const auto field = entry.find("field");
    const auto data = entry.find("data");
    if (field != entry.end() && field->is_string() && data != entry.end() && data->is_string()) {
      std::string name = field->get<std::string>();
      if (!name.empty() && name.back() == ':') name.pop_back();
      const auto value = data->get<std::string>();
      if (!fields.field(name, trimmed(value))) return fail(at, not_a_value(name, value));
    }
    if (const auto children = entry.find("children"); children != entry.end())
      if (const auto read = json_fields(*children, at, fields); !read) return read;
  }
  return {};
}

Result<void> read_table(std::string_view text, const Location& at, Fields& fields) {
  Scan scan(text, at);
  while (scan.next_line()) {
    const std::string_view line = scan.rest();
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!fields.field(line.substr(0, colon), value))
      scan.fail(value, not_a_value(line.substr(0, colon), value));
  }
  return scan.result(fields.found() || fields.nodes(), kLscpu);
}

}  // namespace

Result<void> read_lscpu(std::string_view text, const Location& at, Observed& into) {
  Fields fields(into);
  Result<void> read;
  if (trimmed(text).starts_with("{")) {
    const auto json = json_of(text, at, "output of lscpu -J");
    if (!json) return tl::unexpected<Diagnostics>(json.error());
    const auto list = json->find("lscpu");
    if (list == json->end()) return fail(at, fmt::format("this is no {}", kLscpu));
    read = json_fields(*list, at, fields);
  } else {
    read = read_table(text, at, fields);
  }
  if (!read) return read;
  into.found.push_back(
      {fields.nodes() ? "processors, and CPUs of the nodes" : "processors", "lscpu"});
  return {};
}

}  // namespace mhp::observed
