#include "analysis/validation/captures/capture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>
#include <string_view>

#include "analysis/validation/captures/field.hpp"
#include "sim/config/architectures.hpp"
#include "sim/core/json_text.hpp"

namespace mhp::validation {

namespace {

/// Ten times the longest that ships.
constexpr std::size_t kMostBytes = std::size_t{256} << 20;

using nlohmann::json;

constexpr int kMostNodes = 1024;
constexpr int kMostCpus = 8192;

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
  const std::int64_t first = to_int(range, -1);
  const std::int64_t last = dash == std::string::npos ? first : to_int(range.substr(dash + 1), -1);
  if (first < 0 || last < first || last >= kMostCpus)
    throw BadField(fmt::format("qemu_args: '{}' are no CPUs", range));
  return last - first + 1;
}

void read_numa(Capture& capture, const std::string& option) {
  if (option.starts_with("dist,")) {
    const int a = to_int(word_value(option, "src", ','), 0);
    const int b = to_int(word_value(option, "dst", ','), 0);
    capture.distance[{a, b}] = capture.distance[{b, a}] =
        to_int(word_value(option, "val", ','), 20);
  } else if (option.starts_with("node")) {
    const int number = to_int(word_value(option, "nodeid", ','), 0);
    if (number < 0 || number >= kMostNodes)
      throw BadField(fmt::format("qemu_args: there is no node {}", number));
    const auto id = static_cast<std::size_t>(number);
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

void read_machine(Capture& capture, const Field& file) {
  std::vector<std::string> args;
  for (const Field& arg : file.at("qemu_args").elements()) args.push_back(arg.text());
  int smp = 1;
  for (std::size_t i = 0; i + 1 < args.size(); ++i) {
    if (args[i] == "-smp") smp = to_int(args[i + 1], 1);
    if (args[i] == "-cpu") read_cpu(capture, args[i + 1]);
    if (args[i] == "-numa") read_numa(capture, args[i + 1]);
  }
  if (smp < 1 || smp > kMostCpus) throw BadField(fmt::format("qemu_args: {} CPUs", smp));
  if (capture.nodes.empty()) capture.nodes.push_back({smp, true});
  const std::string& cmdline = file.at("cmdline").text();
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
  const auto says = [&](const std::string& word) {
    return (" " + cmdline + " ").find(" " + word + " ") != std::string::npos;
  };
  if (const auto v = named<kernel::Rodata>(word_value(cmdline, "rodata", ' '))) capture.rodata = *v;
  capture.kfence_sample_interval = to_int(word_value(cmdline, "kfence.sample_interval", ' '), 0);
  capture.kaslr = !says("nokaslr");
  capture.movable_node = says("movable_node");
  capture.transparent_hugepage = word_value(cmdline, "transparent_hugepage", ' ') != "never";
  if (const auto v = word_value(cmdline, "memory_hotplug.auto_movable_numa_aware", ' '); !v.empty())
    capture.auto_movable_numa_aware = v == "1" || v == "Y" || v == "y";
}

/// Whether fields besides the lagging counter of free pages differ is known for all steps together.
std::int64_t differing_steps(const Field& file) {
  const auto known = file.find("reproducible");
  if (!known) return 0;
  bool only_lag = true;
  if (const auto fields = known->find("fields"))
    for (const Field& f : fields->elements()) only_lag = only_lag && f.text() == "zones.free";
  const auto steps = known->find("steps_that_differ");
  return only_lag || !steps ? 0 : static_cast<std::int64_t>(steps->elements().size());
}

/// The kernel that is named must be the one that ran.
void read_kernel(Capture& capture, const Field& file) {
  static const std::regex named(R"((\d{1,3}\.\d{1,3})[a-z]*)");
  static const std::regex ran(R"(Linux version (\d+\.\d+).*)");
  const Field kernel = file.at("kernel");
  capture.kernel = kernel.text();
  std::smatch match;
  if (!std::regex_match(capture.kernel, match, named))
    kernel.wrong("it is no kernel's version, such as 6.12");
  const Field version = file.at("kernel_version");
  if (!std::regex_match(version.text(), match, ran)) version.wrong("it names no version of Linux");
  if (match[1] != capture.series())
    kernel.wrong(fmt::format("the kernel that ran says {}", match[1].str()));
}

/// The architecture that the model knows by this name and page size.
void read_architecture(Capture& capture, const Field& file, const Architectures& architectures) {
  const auto arch = file.find("arch");
  const std::string machine = arch && arch->text() != "x86_64" ? arch->text() : "x86-64";
  const auto size = file.find("page_size");
  const Bytes page{size ? size->integer() : kernel::Geometry{}.page_size()};
  if (architectures.empty())
    file.wrong(fmt::format("{} has no architectures", config::shipped_architectures()));
  bool known = false;
  for (const kernel::Architecture& candidate : architectures) {
    if (candidate.machine != machine) continue;
    known = true;
    if (candidate.page_size != page) continue;
    capture.arch = candidate;
    capture.geometry = candidate.geometry();
    return;
  }
  if (!known && arch)
    arch->wrong(
        fmt::format("recordings of {} are not replayed: configs/architectures has none", machine));
  const Field& said = size ? *size : file;
  said.wrong(
      fmt::format("recordings of {} with pages of {} bytes are not replayed", machine, page.value));
}

Capture::Step read_step(const Field& step) {
  Capture::Step s;
  s.op = step.at("op").element(0).text();
  s.args = step.at("op").json();
  s.args.erase(0);
  s.recorded = step.json();
  return s;
}

Capture read_capture(const Field& file, const Architectures& architectures) {
  Capture capture;
  capture.name = file.at("name").text();
  if (capture.name.empty()) file.at("name").wrong("it is empty");
  read_kernel(capture, file);
  read_architecture(capture, file, architectures);
  read_machine(capture, file);
  if (const auto log = file.find("boot_dmesg"))
    for (const Field& line : log->elements()) capture.boot_log.push_back(line.text());
  for (const char* how : {"outcome", "error"})
    if (const auto said = file.find(how))
      capture.panicked = capture.panicked || said->text().find("panic") != std::string::npos;
  capture.steps_that_differ = differing_steps(file);
  for (const Field& step : file.at("steps").elements()) {
    capture.steps.push_back(read_step(step));
    capture.allocator_sequence = capture.allocator_sequence || step.find("bsnapshot");
  }
  return capture;
}

}  // namespace

const json* Capture::Step::snapshot() const {
  const auto it = recorded.find("snapshot");
  return it == recorded.end() || it->is_null() ? nullptr : &*it;
}

std::string Capture::Step::name() const { return args.empty() ? op : op + " " + args[0].dump(); }

std::string Capture::series() const {
  return kernel.substr(0, kernel.find_last_of("0123456789") + 1);
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
  // The table has the processors before the memory, and nodes are numbered as they come up in it
  // (acpi_map_pxm_to_node).
  std::stable_partition(described.begin(), described.end(),
                        [this](int n) { return nodes[static_cast<std::size_t>(n)].cpus > 0; });
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
  if (it != described.end()) return NodeId{static_cast<std::int32_t>(it - described.begin())};
  // Memory that the table does not describe is of the node of the lowest boot memory.
  const auto lowest =
      std::find_if(nodes.begin(), nodes.end(), [](const auto& n) { return n.boot_memory; });
  if (lowest == nodes.end()) return NodeId{0};
  return kernel_node(static_cast<int>(lowest - nodes.begin()));
}

Result<Capture> load_capture(const std::string& path) {
  const auto architectures = config::load_architectures();
  if (!architectures) return tl::unexpected<Diagnostics>(architectures.error());
  return load_capture(path, *architectures);
}

Result<Capture> load_capture(const std::string& path, const Architectures& architectures) {
  const Location where{path, 0, 0};
  const auto read = load_json(path, kMostBytes, "capture");
  if (!read) {
    Diagnostic d = read.error().front();
    if (d.remedy.empty()) d.remedy = "give the path of a capture in JSON";
    return tl::unexpected<Diagnostics>({std::move(d)});
  }
  const json& file = *read;
  if (!file.is_object() || !file.contains("steps") || !file.contains("qemu_args"))
    return fail(where, "this is not a capture",
                "a capture is a JSON object with qemu_args, cmdline and steps");
  Capture capture;
  try {
    capture = read_capture(Field(file, ""), architectures);
  } catch (const BadField& e) {
    return fail(where, e.what(), "see the format in analysis/validation/captures/README.md");
  }
  const bool memory_known = std::any_of(
      capture.boot_log.begin(), capture.boot_log.end(),
      [](const std::string& line) { return line.find("node   0: [mem 0x") != line.npos; });
  if (capture.allocator_sequence && !memory_known)
    return fail(where, "the boot messages of the allocator sequence do not name node 0's memory",
                "keep them in boot_dmesg");
  if (capture.allocator_sequence && capture.arch.machine != kernel::Architecture{}.machine)
    return fail(where,
                fmt::format("allocator sequences of {} are not replayed", capture.arch.machine),
                "those of x86-64 are; of others, take snapshots of the whole machine");
  if (!capture.allocator_sequence && !capture.boot_step())
    return fail(where, "the capture has no snapshot called 'boot'",
                "take one before the first operation");
  return capture;
}

}  // namespace mhp::validation
