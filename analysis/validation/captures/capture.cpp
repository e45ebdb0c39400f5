#include "analysis/validation/captures/capture.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

namespace mhp::validation {

namespace {

using nlohmann::json;

/// The value of `key=` in a list of words separated by `separator`; empty if it is not there.
std::string word_value(std::string_view text, std::string_view key, char separator) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (word.starts_with(key) && word.size() > key.size() && word[key.size()] == '=')
      return std::string(word.substr(key.size() + 1));
    at = end + 1;
  }
  return {};
}

int to_int(std::string_view text, int otherwise) {
  int v = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

/// "0-3" is four CPUs, "2" is one, nothing is none.
std::int64_t count_cpus(const std::string& range) {
  if (range.empty()) return 0;
  const auto dash = range.find('-');
  return dash == std::string::npos ? 1 : to_int(range.substr(dash + 1), 0) - to_int(range, 0) + 1;
}

void read_numa(Capture& capture, const std::string& option) {
  if (option.starts_with("dist,")) {
    const int a = to_int(word_value(option, "src", ','), 0);
    const int b = to_int(word_value(option, "dst", ','), 0);
    capture.distance[{a, b}] = capture.distance[{b, a}] =
        to_int(word_value(option, "val", ','), 20);
  } else if (option.starts_with("node")) {
    const auto id = static_cast<std::size_t>(to_int(word_value(option, "nodeid", ','), 0));
    if (capture.nodes.size() <= id) capture.nodes.resize(id + 1);
    capture.nodes[id] = {count_cpus(word_value(option, "cpus", ',')),
                         !word_value(option, "memdev", ',').empty()};
  }
}

/// CPU features that the emulator was told to leave out.
void read_cpu(Capture& capture, const std::string& option) {
  capture.gigabyte_pages = word_value(option, "pdpe1gb", ',') != "off";
  capture.la57 = word_value(option, "la57", ',') != "off";
}

void read_machine(Capture& capture, const json& file) {
  const auto args = file.at("qemu_args").get<std::vector<std::string>>();
  std::int64_t smp = 1;
  for (std::size_t i = 0; i + 1 < args.size(); ++i) {
    if (args[i] == "-smp") smp = to_int(args[i + 1], 1);
    if (args[i] == "-cpu") read_cpu(capture, args[i + 1]);
    if (args[i] == "-numa") read_numa(capture, args[i + 1]);
  }
  if (capture.nodes.empty()) capture.nodes.push_back({smp, true});
  const std::string cmdline = file.at("cmdline").get<std::string>();
  capture.memmap_on_memory =
      kernel::parse_memmap_on_memory(word_value(cmdline, "memory_hotplug.memmap_on_memory", ' '))
          .value_or(capture.memmap_on_memory);
  if (const auto v = word_value(cmdline, "memhp_default_state", ' '); !v.empty())
    capture.default_state = v;
  if (const auto v =
          named<kernel::OnlinePolicy>(word_value(cmdline, "memory_hotplug.online_policy", ' ')))
    capture.online_policy = *v;
  capture.auto_movable_ratio = to_int(word_value(cmdline, "memory_hotplug.auto_movable_ratio", ' '),
                                      static_cast<int>(capture.auto_movable_ratio));
  capture.kaslr = (" " + cmdline + " ").find(" nokaslr ") == std::string::npos;
  capture.transparent_hugepage = word_value(cmdline, "transparent_hugepage", ' ') != "never";
  if (const auto v = word_value(cmdline, "memory_hotplug.auto_movable_numa_aware", ' '); !v.empty())
    capture.auto_movable_numa_aware = v == "1" || v == "Y" || v == "y";
}

/// Whether fields besides the lagging counter of free pages differ is known for all steps together.
std::int64_t differing_steps(const json& file) {
  const json known = file.value("reproducible", json::object());
  const auto fields = known.value("fields", std::vector<std::string>{});
  const bool only_lag = std::all_of(fields.begin(), fields.end(),
                                    [](const std::string& f) { return f == "zones.free"; });
  return only_lag
             ? 0
             : static_cast<std::int64_t>(known.value("steps_that_differ", json::array()).size());
}

}  // namespace

const json* Capture::Step::snapshot() const {
  const auto it = recorded.find("snapshot");
  return it == recorded.end() ? nullptr : &*it;
}

std::optional<std::size_t> Capture::boot_step() const {
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (steps[i].op == "snap" && !steps[i].args.empty() && steps[i].args[0] == "boot" &&
        steps[i].snapshot())
      return i;
  return std::nullopt;
}

// Only nodes with a CPU or boot memory have an entry in the firmware's affinity table, and the last
// node, which gets the hot-plug window.
std::vector<int> Capture::described_nodes() const {
  std::vector<int> described;
  for (std::size_t n = 0; n < nodes.size(); ++n)
    if (nodes[n].cpus > 0 || nodes[n].boot_memory || n + 1 == nodes.size())
      described.push_back(static_cast<int>(n));
  return described;
}

bool Capture::described(int proximity) const {
  const auto known = described_nodes();
  return std::find(known.begin(), known.end(), proximity) != known.end();
}

std::size_t Capture::possible_nodes() const { return described_nodes().size(); }

NodeId Capture::kernel_node(int proximity) const {
  const auto described = described_nodes();
  const auto it = std::find(described.begin(), described.end(), proximity);
  return NodeId{it == described.end() ? 0 : static_cast<std::int32_t>(it - described.begin())};
}

Result<Capture> load_capture(const std::string& path) {
  const Location where{path, 0, 0};
  std::ifstream in(path);
  if (!in) return fail(where, "cannot read the capture", "give the path of a capture in JSON");
  const json file = json::parse(in, nullptr, false);
  if (file.is_discarded() || !file.is_object() || !file.contains("steps") ||
      !file.contains("qemu_args"))
    return fail(where, "this is not a capture",
                "a capture is a JSON object with qemu_args, cmdline and steps");
  Capture capture;
  capture.name = file.value("name", path);
  capture.kernel = file.value("kernel", "");
  read_machine(capture, file);
  capture.boot_log = file.value("boot_dmesg", std::vector<std::string>{});
  capture.steps_that_differ = differing_steps(file);
  for (const json& step : file.at("steps")) {
    Capture::Step s;
    json op = step.at("op");
    s.op = op.at(0).get<std::string>();
    op.erase(0);
    s.args = std::move(op);
    s.recorded = step;
    capture.allocator_sequence = capture.allocator_sequence || step.contains("bsnapshot");
    capture.steps.push_back(std::move(s));
  }
  const bool memory_known = std::any_of(
      capture.boot_log.begin(), capture.boot_log.end(),
      [](const std::string& line) { return line.find("node   0: [mem 0x") != line.npos; });
  if (capture.allocator_sequence && !memory_known)
    return fail(where, "the boot messages of the allocator sequence do not name node 0's memory",
                "keep them in boot_dmesg");
  if (!capture.allocator_sequence && !capture.boot_step())
    return fail(where, "the capture has no snapshot called 'boot'",
                "take one before the first operation");
  return capture;
}

}  // namespace mhp::validation
