#include "analysis/validation/pressure/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/config/kernel_config.hpp"
#include "sim/config/toml_source.hpp"
#include "sim/core/units.hpp"
#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/machine/topology.hpp"

namespace mhp::pressure {

namespace {

constexpr SimTime kFirst = kSecond;                // when the first step begins
constexpr SimTime kShortest = kMillisecond * 10;   // a step
constexpr SimTime kLongest = kSecond * 3600;       // all steps together
constexpr std::int64_t kAtOnce = 100'000'000'000;  // bytes a second of storage that is none
constexpr Bytes kBlock{128 * kMiB};                // memory block of a guest below 64 GiB

std::string time_text(SimTime t) { return fmt::format("{}us", t.value / 1000); }
std::string mib_text(std::int64_t mib) { return fmt::format("{}MiB", mib); }

/// A path as part of a name: "/d/f" is "d_f".
std::string name_of(const std::string& path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  return out.substr(0, 60);
}

/// Whether scenarios have a parameter.
bool known(const std::string& path) {
  static const std::vector<ParamInfo> all = config::describe_scenario();
  return std::any_of(all.begin(), all.end(), [&](const ParamInfo& p) { return p.path == path; });
}

/// Collects what each part of a scenario has to do, step by step.
class Planner {
 public:
  explicit Planner(const Recording& recording) : recording_(recording) {}

  void read() {
    time_steps();
    for (std::size_t i = 0; i < recording_.script().size(); ++i) {
      if (recording_.script()[i].op == Op::hold) plan_.started[kids_] = i;
      wall_ = mean_wall(i);
      step(recording_.script()[i], plan_.begins[i]);
    }
  }

  /// The text with so much memory reserved.
  std::string text(const std::string& configs, Bytes reserved) const {
    std::string out = fmt::format(
        "# {}\n# Made from a recording by `mhpsim verify pressure --scenario`.\n"
        "name = \"{}\"\nseed = 1\nuntil = \"{}\"\ncosts = \"{}/costs/xeon.toml\"\n",
        one_line(recording_.what), recording_.name, time_text(plan_.end), configs);
    out += fmt::format(
        "\n[machine]\nname = \"guest\"\nla57 = false\nmmio_hole_start = \"2GiB\"\n\n"
        "[[machine.node]]\nmemory = \"{}\"\ncpus = {}\nlatency = \"82ns\"\n"
        "bandwidth = \"30GB/s\"\n",
        mib_text(recording_.memory.value / kMiB), recording_.cpus);
    out += fmt::format(
        "\n[kernel]\nprofile = \"{}\"\nmemmap_placement = \"{}\"\ninit_on_alloc = false\n"
        "processes = {}\nreserved_memory = \"{}KiB\"\n",
        recording_.series, recording_.memmap_on_memory ? "hotplugged_range" : "boot_memory",
        1 + std::max<std::int64_t>(1, kids_), reserved.value / kKiB);
    for (const auto& [key, value] : kernel_) out += fmt::format("{} = {}\n", key, value);
    for (const Script& s : scripts_)
      out += fmt::format(
          "\n[[workload]]\nkind = \"script\"\nname = \"{}\"\n"
          "storage_latency = \"1us\"\nstorage_bandwidth = \"{}B/s\"\n"
          "steps = [\"{}\"]\n",
          s.name, s.bandwidth(), fmt::join(s.steps, "\", \""));
    if (!writes_.empty())
      out += fmt::format(
          "\n[[workload]]\nkind = \"hugetlb_pool\"\nname = \"pool\"\nsize = \"2MiB\"\n"
          "writes = [\"{}\"]\n",
          fmt::join(writes_, "\", \""));
    for (const Dimm& d : dimms_) out += dimm_text(d, configs);
    if (dimms_.empty())  // a scenario has a device; this one comes when the run is over
      out += dimm_text({.size = kBlock, .at = plan_.end + kSecond * 3600}, configs);
    return out;
  }

  Plan take() {
    for (std::size_t i = 0; i < scripts_.size(); ++i) {
      if (scripts_[i].kid >= 0)
        plan_.processes[scripts_[i].kid] = i;
      else if (!scripts_[i].path.empty())
        plan_.files[scripts_[i].path] = i;
    }
    if (!writes_.empty()) plan_.pool = scripts_.size();
    for (std::size_t i = 0; i < dimms_.size(); ++i)
      plan_.devices[dimms_[i].name] = static_cast<std::int64_t>(i);
    return std::move(plan_);
  }

 private:
  struct Script {
    std::string name;
    std::string path;       ///< of its file
    std::int64_t kid = -1;  ///< number of the process, if it holds memory
    std::vector<std::string> steps;
    Bytes read;         ///< of the file, by all steps
    SimTime read_took;  ///< so long, in the guest
    /// How fast the guest got pages of the file, whatever held it up.
    std::int64_t bandwidth() const {
      if (read.value == 0 || read_took.value == 0) return kAtOnce;
      return std::min(kAtOnce, static_cast<std::int64_t>(static_cast<double>(read.value) * 1e9 /
                                                         static_cast<double>(read_took.value)));
    }
  };
  struct Dimm {
    std::string name;
    Bytes size;
    SimTime at;
    std::string online = "offline";
    SimTime online_at;
    std::int64_t offline_blocks = 0;
    SimTime offline_at;
  };

  static std::string one_line(std::string text) {
    for (char& c : text)
      if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~') c = ' ';
    return text.substr(0, 300);
  }

  void time_steps() {
    SimTime at = kFirst;
    for (std::size_t i = 0; i < recording_.script().size(); ++i) {
      plan_.begins.push_back(at);
      SimTime longest = kShortest;
      for (const Run& run : recording_.runs)
        if (i < run.steps.size()) longest = std::max(longest, run.steps[i].wall);
      // What comes from storage takes the time of that, and the model's own besides.
      const Op op = recording_.script()[i].op;
      at += op == Op::read || op == Op::map ? longest + longest / 2 : longest;
    }
    plan_.begins.push_back(at);
    plan_.end = at + kSecond;
  }

  SimTime mean_wall(std::size_t step) const {
    SimTime sum;
    std::int64_t runs = 0;
    for (const Run& run : recording_.runs)
      if (step < run.steps.size()) {
        sum += run.steps[step].wall;
        ++runs;
      }
    return SimTime{sum.value / std::max<std::int64_t>(1, runs)};
  }

  void leave_out(const Step& s, const char* reason) { plan_.left_out.push_back({s.words, reason}); }

  Script& file(const std::string& path) {
    for (Script& s : scripts_)
      if (s.path == path) return s;
    scripts_.push_back({.name = "file_" + name_of(path), .path = path});
    return scripts_.back();
  }
  void pass(const Step& s, SimTime at, const char* how) {
    Script& f = file(s.name);
    f.steps.push_back("until " + time_text(at));
    f.steps.push_back(fmt::format("{} {} {}", how, mib_text(s.from), mib_text(s.mib)));
    if (s.op == Op::write) return;
    f.read += Bytes{s.mib * kMiB};
    f.read_took += wall_;
  }
  Dimm* dimm(const std::string& name) {
    for (Dimm& d : dimms_)
      if (d.name == name) return &d;
    return nullptr;
  }

  void hold(const Step& s, SimTime at) {
    const std::string what = s.how == "L"   ? "lock " + mib_text(s.mib)
                             : s.how == "T" ? "hold " + mib_text(s.mib) + " thp"
                                            : "hold " + mib_text(s.mib);
    scripts_.push_back({.name = fmt::format("process{}", kids_),
                        .kid = kids_,
                        .steps = {"until " + time_text(at), what}});
    ++kids_;
  }

  void step(const Step& s, SimTime at) {
    switch (s.op) {
      case Op::setup:
        if (s.value != 0) kernel_["swap"] = fmt::format("\"{}KiB\"", swap().value / kKiB);
        return;
      case Op::lru_gen:
        if (!known("kernel.lru_gen")) return leave_out(s, "the model has no such setting");
        kernel_["lru_gen"] = s.value != 0 ? "\"on\"" : "\"off\"";
        return;
      case Op::read:
        return pass(s, at, "read");
      case Op::write:
        return pass(s, at, "write");
      case Op::map:
        return pass(s, at, "map");
      case Op::hold:
        return hold(s, at);
      case Op::reader:
        return reader(s, at);
      case Op::unmovable:
        scripts_.push_back({.name = fmt::format("unmovable{}", scripts_.size()),
                            .steps = {"until " + time_text(at),
                                      fmt::format("unmovable {} {}", mib_text(s.mib), s.value)}});
        return;
      case Op::add:
        dimms_.push_back({.name = s.name, .size = s.size, .at = at});
        return;
      case Op::online:
        return online(s, at);
      case Op::offline:
      case Op::offline_watch:
        return offline(s, at);
      case Op::setting:
        return setting(s, at);
      case Op::unknown:
        return leave_out(s, "the operation is not known");
      case Op::snapshot:
      case Op::resident:
      case Op::sleep:
      case Op::kids:
      case Op::trace:
      case Op::nothing:
        return;
    }
  }

  /// Of the first snapshot that has any.
  Bytes swap() const {
    for (const Step& s : recording_.script())
      if (s.snapshot && s.snapshot->swap.value > 0) return s.snapshot->swap;
    return Bytes{8 * kGiB};
  }

  void reader(const Step& s, SimTime at) {
    Script& f = file(s.name);
    f.steps.push_back("until " + time_text(at));
    f.steps.push_back(fmt::format("round {} {} {}KiB {}us", mib_text(s.from), mib_text(s.mib),
                                  s.chunk_kib, s.pause_us));
    ++kids_;
    plan_.comparable = false;
    leave_out(s,
              "how far a process gets that reads without end hangs on the speed of the emulation");
  }

  void online(const Step& s, SimTime at) {
    Dimm& d = *dimm(s.name);
    if (d.online != "offline") return leave_out(s, "blocks go online once");
    d.online = s.how;
    d.online_at = at;
  }

  void offline(const Step& s, SimTime at) {
    Dimm& d = *dimm(s.name);
    if (d.offline_blocks > 0) return leave_out(s, "blocks go offline once");
    d.offline_blocks = s.op == Op::offline ? s.blocks : d.size / kBlock;
    d.offline_at = at;
    kids_ += s.op == Op::offline_watch ? d.offline_blocks : 0;
  }

  void setting(const Step& s, SimTime at) {
    constexpr std::string_view kSysctl = "/proc/sys/vm/";
    const std::string key =
        s.name.starts_with(kSysctl) ? s.name.substr(kSysctl.size()) : std::string();
    if (s.sets_pool())
      writes_.push_back(fmt::format("{} at {}", s.value, time_text(at)));
    else if (key == "swappiness" || key == "watermark_scale_factor" ||
             key == "watermark_boost_factor")
      kernel_[key] = fmt::format("{}", s.value);
    else
      leave_out(s, "the model has no such setting");
  }

  std::string dimm_text(const Dimm& d, const std::string& configs) const {
    std::string out = fmt::format(
        "\n[[hotplug]]\nnode = 0\nat = \"{}\"\nsize = \"{}\"\n"
        "device = \"{}/devices/virtual-dimm.toml\"\nonline = \"{}\"\nonline_by = \"sysfs\"\n",
        time_text(d.at), mib_text(d.size.value / kMiB), configs, d.online);
    if (d.online != "offline" && d.online_at > d.at)
      out += fmt::format("online_delay = \"{}\"\n", time_text(d.online_at - d.at));
    if (d.offline_blocks > 0)
      out += fmt::format("offline_blocks = {}\noffline_at = \"{}\"\n", d.offline_blocks,
                         time_text(d.offline_at));
    return out;
  }

  const Recording& recording_;
  Plan plan_;
  SimTime wall_;  ///< of the step that is being read: the mean of all runs
  std::map<std::string, std::string> kernel_;
  std::vector<Script> scripts_;
  std::vector<std::string> writes_;
  std::vector<Dimm> dimms_;
  std::int64_t kids_ = 0;
};

Result<config::Scenario> read_text(const std::string& text, const std::string& name) {
  auto root = config::parse_toml(text, name);
  if (!root) return tl::unexpected<Diagnostics>(root.error());
  if (auto put = config::put_references(*root); !put)
    return tl::unexpected<Diagnostics>(std::move(put.error()));
  auto scenario = config::read_whole(std::move(*root));
  if (scenario) scenario->source_text = text;
  return scenario;
}

/// Pages that a guest has free when it has booted, by the model.
PageCount free_at_boot(const config::Scenario& scenario) {
  const machine::Topology topology(scenario.machine);
  const kernel::BootState boot =
      kernel::boot(machine::describe(scenario.machine, topology), config::kernel_config(scenario),
                   scenario.architecture);
  PageCount sum;
  for (const kernel::BootZone& z : boot.zones) sum += z.managed;
  return sum;
}

/// What no counter names that the kernel has taken up to the first snapshot after boot: for the
/// disk, its file system and swap. Neither memmap of what was added meanwhile nor unmovable pages
/// that the script keeps are among it, as the model has both.
PageCount taken_by_set_up(const Recording& recording, const Run& run) {
  const PageCount boot = run.steps[0].snapshot->nameless();
  PageCount known;
  for (const Step& s : run.steps) {
    if (s.op == Op::add && !run.add_failed(s) && !recording.memmap_on_memory)
      known += PageCount{s.size.value / kPageSize * kernel::kStructPageSize.value / kPageSize};
    if (s.op == Op::unmovable) known += PageCount{s.mib * kMiB / kPageSize / s.value};
    if (&s != &run.steps[0] && s.snapshot)
      return std::max(PageCount{}, s.snapshot->nameless() - boot - known);
  }
  return {};
}

/// Pages that are free once the guest is set up, before anybody fills memory: the mean of all runs.
PageCount free_when_set_up(const Recording& recording) {
  PageCount sum;
  std::int64_t runs = 0;
  for (const Run& run : recording.runs)
    if (!run.steps.empty() && run.steps[0].snapshot) {
      sum += run.steps[0].snapshot->free_and_listed() - taken_by_set_up(recording, run);
      ++runs;
    }
  return PageCount{sum.value / runs};
}

}  // namespace

Result<Plan> plan_of(const Recording& recording, const std::string& configs) {
  Planner planner(recording);
  planner.read();
  const auto whole = read_text(planner.text(configs, Bytes{0}), recording.name);
  if (!whole) return tl::unexpected<Diagnostics>(whole.error());
  const PageCount kept = free_at_boot(*whole) - free_when_set_up(recording);
  if (kept.value < 0)
    return fail({recording.name, 0, 0}, "more memory was free at boot than the model's guest has",
                "is -m what the guest was given?");
  std::string text = planner.text(configs, whole->architecture.geometry().bytes_of(kept));
  Plan plan = planner.take();
  plan.toml = std::move(text);
  if (plan.end > kLongest)
    return fail({recording.name, 0, 0}, "the steps took longer than an hour",
                "record a shorter script");
  return plan;
}

Result<config::Scenario> scenario_of(const Plan& plan, const Recording& recording) {
  return read_text(plan.toml, recording.name);
}

}  // namespace mhp::pressure
