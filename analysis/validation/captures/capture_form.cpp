#include "analysis/validation/captures/capture_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <regex>
#include <set>

#include "analysis/validation/captures/capture_boot.hpp"
#include "sim/kernel/hotplug/memory_block.hpp"
#include "sim/kernel/mm/buddy.hpp"

namespace mhp::validation {

namespace {

constexpr std::int64_t kMostBlocks = std::int64_t{1} << 25;

/// Words of an operation after its name.
Field args_of(const Capture::Step& step) { return {step.args, "op"}; }
Field record_of(const Capture::Step& step) { return {step.recorded, ""}; }

std::int64_t argument(const Capture::Step& step, std::size_t n, std::int64_t otherwise,
                      std::int64_t least, std::int64_t most) {
  return n < step.args.size() ? args_of(step).element(n).integer(least, most) : otherwise;
}

void must_be(const Field& field, std::int64_t value, const char* why) {
  if (field.integer() != value)
    field.wrong(fmt::format("{} is not {}, which {}", field.integer(), value, why));
}

void check_add(const Capture::Step& step, const MachineForm& machine) {
  args_of(step).element(0).text();
  const std::int64_t size = args_of(step).element(1).integer(1);
  const std::int64_t node = argument(step, 2, 0, 0, machine.proximities - 1);
  const Field dimm = record_of(step).at("dimm");
  if (dimm.at("addr").integer() % machine.geometry.page_size() != 0)
    dimm.at("addr").wrong("it is not the address of a page");
  must_be(dimm.at("size"), size, "was asked for");
  must_be(dimm.at("node"), node, "was asked for");
  if (const auto ost = record_of(step).find("ost"); ost && !ost->json().is_null())
    ost->at("status").integer();
}

/// What came of writing to the state of a run of blocks.
void check_written_blocks(const Capture::Step& step) {
  const Field record = record_of(step);
  const std::int64_t most = kMostBlocks;  // some may be absent
  const std::int64_t first = record.at("first_block").integer(0, most);
  const std::int64_t last = record.at("last_block").integer(0, most);
  const std::int64_t written = std::abs(last - first) + 1;
  const Field result = record.at("result");
  const std::int64_t ok = result.at("ok").integer(0, written);
  const std::int64_t failed = result.at("failed").integer(0, written);
  const std::int64_t absent = result.at("absent").integer(0, written);
  if (ok + failed + absent != written)
    result.wrong(fmt::format("{} blocks written, {} ok, {} failed and {} absent", written, ok,
                             failed, absent));
  const bool errno_said = result.at("first_errno").integer(0, 4095) != 0;
  if (errno_said != (failed > 0))
    result.wrong(fmt::format("{} failed, first_errno {}", failed, errno_said ? "is not 0" : "0"));
  if (failed == 0) return;
  result.at("errno").integer(1, 4095);
  result.at("fail_block").integer(std::min(first, last), std::max(first, last));
}

void check_write(const Capture::Step& step, const MachineForm& machine) {
  const std::string& path = args_of(step).element(0).text();
  const Field value = args_of(step).element(1);
  value.text();
  const bool absent = record_of(step).at("result").at("rc").integer(-4095, 0) == -ENOENT;
  static const std::regex node("/sys/devices/system/node/node(\\d+)/.*");
  std::smatch match;
  if (!absent && std::regex_match(path, match, node) &&
      (match[1].length() > 4 || std::stoll(match[1]) >= machine.nodes))
    args_of(step).element(0).wrong(fmt::format("there is no node {}", match[1].str()));
  const bool number = path.starts_with("/proc/sys/vm/") || path.ends_with("/nr_hugepages");
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string& text = value.text();
  constexpr std::size_t kMostDigits = 15;
  if (number &&
      (text.empty() || text.size() > kMostDigits || !std::all_of(text.begin(), text.end(), digit)))
    value.wrong("what is written is not a number");
}

void check_traced(const Field& traced, const kernel::Geometry& geometry) {
  std::int64_t pages = 0;
  for (const Field& a : traced.at("hotplug").elements()) {
    a.at("by").text();
    pages += a.at("count").integer(0, std::int64_t{1} << 40)
             << a.at("order").integer(0, geometry.max_order());
  }
  pages += traced.at("slab_pages").integer();
  must_be(traced.at("hotplug_pages"), pages, "is the sum of what is listed");
}

void check_removal(const Capture::Step& step) {
  args_of(step).element(0).text();
  const Field record = record_of(step);
  if (const auto by_hand = record.find("result")) {
    by_hand->at("rc").integer(-4095, 0);
    return;
  }
  if (const auto event = record.find("event"); event && !event->json().is_null()) {
    event->word(
        {"DEVICE_DELETED", "ACPI_DEVICE_OST", "MEM_UNPLUG_ERROR", "DEVICE_UNPLUG_GUEST_ERROR"});
    if (event->text() == "ACPI_DEVICE_OST")
      record.at("data").at("info").at("status").integer(1, 255);
  } else if (!event) {
    record.at("event");
  }
}

class Form {
 public:
  explicit Form(const Capture& capture) : capture_(capture) {
    machine_.nodes = static_cast<std::int64_t>(capture.possible_nodes());
    machine_.proximities = static_cast<std::int64_t>(capture.nodes.size());
    machine_.cpus = 0;
    machine_.geometry = capture.geometry;
    for (const auto type : zone_types_of(capture))
      machine_.zones.emplace_back(kernel::zone_name(type));
    for (const auto& n : capture.nodes) machine_.cpus += n.cpus;
    for (const auto& step : capture.steps) count_dimm(step);
  }

  std::optional<Fault> check() {
    for (std::size_t i = 0; i < capture_.steps.size(); ++i) {
      const auto& step = capture_.steps[i];
      try {
        check_step(step, i + 1 == capture_.steps.size());
      } catch (const BadField& e) {
        return Fault{i, step.name(), e.what()};
      }
    }
    const std::size_t last = capture_.steps.size();
    if (capture_.steps.empty()) return Fault{0, "", "there are no steps"};
    if (!capture_.allocator_sequence && *capture_.boot_step() + 1 == last)
      return Fault{last - 1, capture_.steps.back().name(), "nothing was done after boot"};
    if (tracing_ && !capture_.panicked)
      return Fault{last - 1, capture_.steps.back().name(), "tracing never ended"};
    return std::nullopt;
  }

 private:
  void count_dimm(const Capture::Step& step) {
    if (step.op != "add" && step.op != "virtio_mem") return;
    try {
      if (step.op == "virtio_mem") {
        const Field devices = record_of(step).at("devices");
        for (const auto& [name, device] : devices.members())
          machine_.end =
              std::max(machine_.end, device.at("addr").integer() + device.at("size").integer());
        return;
      }
      const Field dimm = record_of(step).at("dimm");
      machine_.end = std::max(machine_.end, dimm.at("addr").integer() + dimm.at("size").integer());
    } catch (const BadField&) {  // told when the step is looked at
    }
  }

  void check_step(const Capture::Step& step, bool last) {
    if (step.recorded.contains("console"))
      for (const Field& line : record_of(step).at("console").elements()) line.text();
    if (step.op == "snap") return check_snap(step, last);
    if (step.op == "add" && last && capture_.panicked && !step.recorded.contains("dimm")) return;
    if (step.op == "virtio_mem") return check_devices(step);
    if (step.op == "resize" || step.op == "await") return check_resize(step);
    if (step.op == "add") return check_add(step, machine_), known_dimm(step, true);
    if (step.op == "del") return check_removal(step), known_dimm(step, false);
    if (step.op == "trace_pages") return check_trace(step);
    if (step.op == "w") return check_write(step, machine_);
    if (step.op == "online" || step.op == "setblk") return check_blocks(step);
    if (step.op == "alloc") return check_alloc(step);
    if (step.op == "ballast") return check_ballast(step);
    if (step.op == "freeall") record_of(step).at("result").at("freed").integer();
    check_sequence_step_form(step, machine_);
  }

  /// virtio-mem devices, as the driver finds them.
  void check_devices(const Capture::Step& step) {
    const Field devices = record_of(step).at("devices");
    for (const auto& [name, device] : devices.members()) {
      const std::int64_t block = device.at("block").integer(kMiB, kTiB);
      if ((block & (block - 1)) != 0) device.at("block").wrong("it is no power of two");
      if (device.at("size").integer(block) % block != 0)
        device.at("size").wrong("it is no whole number of the device's blocks");
      if (device.at("addr").integer(0) % block != 0)
        device.at("addr").wrong("it is not the address of a block of the device");
      device.at("node").integer(0, machine_.proximities - 1);
      dimms_.insert(name);
    }
  }

  void check_resize(const Capture::Step& step) {
    known_dimm(step, false);
    const Field record = record_of(step);
    if (step.op == "resize")
      must_be(record.at("requested"), args_of(step).element(1).integer(0), "was asked for");
    for (const char* key : {"requested", "before", "size"}) record.at(key).integer(0);
  }

  /// A DIMM is added before anything else happens to it.
  void known_dimm(const Capture::Step& step, bool added) {
    const std::string& name = args_of(step).element(0).text();
    if (added)
      dimms_.insert(name);
    else if (!dimms_.contains(name))
      args_of(step).element(0).wrong(fmt::format("no DIMM {} was added", name));
  }

  void check_blocks(const Capture::Step& step) {
    const bool of_dimm = step.op == "online";
    if (of_dimm) known_dimm(step, false);
    args_of(step).element(of_dimm ? 1 : 2).word(all_words<kernel::OnlineType>());
    for (std::size_t n = of_dimm ? 2 : 0; n < (of_dimm ? step.args.size() : 2); ++n)
      args_of(step).element(n).integer(of_dimm ? -kMostBlocks : 0, kMostBlocks);
    check_written_blocks(step);
  }

  void check_alloc(const Capture::Step& step) const {
    const std::int64_t mib = args_of(step).element(0).integer(0, machine_.end / kMiB);
    const std::int64_t node = argument(step, 1, -1, -1, machine_.proximities - 1);
    const Field result = record_of(step).at("result");
    must_be(result.at("alloc_mib"), mib, "was asked for");
    if (result.at("node").integer(-1) != node) result.at("node").wrong("was not asked for");
  }

  void check_ballast(const Capture::Step& step) const {
    const std::int64_t mib = args_of(step).element(0).integer(0, Field::kMost / kMiB);
    must_be(record_of(step).at("result").at("mib"), mib, "was asked for");
    record_of(step).at("result").at("ballast_pid").integer(1, std::int64_t{1} << 31);
  }

  void check_trace(const Capture::Step& step) {
    const bool on = args_of(step).element(0).integer(0, 1) == 1;
    if (on == tracing_) args_of(step).wrong(on ? "it is traced already" : "nothing is traced");
    tracing_ = on;
    if (on) must_be(record_of(step).at("result").at("rc"), 0, "is success");
    if (!on) check_traced(record_of(step).at("page_allocs"), machine_.geometry);
  }

  void check_snap(const Capture::Step& step, bool last) {
    args_of(step).element(0).text();
    const auto snapshot = record_of(step).find("snapshot");
    if (!snapshot || snapshot->json().is_null()) {
      if (last && boot_ && capture_.panicked) return;
      record_of(step).wrong("there is no snapshot");
    }
    if (!boot_) {
      if (capture_.steps[*capture_.boot_step()].snapshot() != step.snapshot())
        args_of(step).wrong("the first snapshot is not called 'boot'");
      boot_.emplace(snapshot->json(), "boot snapshot");
      machine_.block = block_size(*snapshot);
      for (const Field& r : snapshot->at("iomem").elements())
        machine_.end = std::max(machine_.end, hexadecimal(r.at("end")) + 1);
    }
    check_snapshot_form(*snapshot, *boot_, machine_);
  }

  static std::int64_t hexadecimal(const Field& field) {
    const std::string& text = field.text();
    constexpr std::size_t kMostDigits = 13;
    if (text.empty() || text.size() > kMostDigits ||
        text.find_first_not_of("0123456789abcdef") != std::string::npos)
      field.wrong("it is not a hexadecimal number");
    return std::stoll(text, nullptr, 16);
  }
  std::int64_t block_size(const Field& snapshot) const {
    const std::int64_t size = hexadecimal(snapshot.at("block_size_hex"));
    const std::int64_t section = machine_.geometry.section_size().value;
    if (size < section || size % section != 0)
      snapshot.at("block_size_hex")
          .wrong(fmt::format("memory blocks are whole sections of {} MiB", section / kMiB));
    return size;
  }

  const Capture& capture_;
  MachineForm machine_;
  std::optional<Field> boot_;
  std::set<std::string> dimms_;
  bool tracing_ = false;
};

}  // namespace

std::optional<Fault> check_form(const Capture& capture) { return Form(capture).check(); }

}  // namespace mhp::validation
