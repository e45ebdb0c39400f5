#include "analysis/validation/pressure/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "analysis/validation/captures/field.hpp"
#include "analysis/validation/pressure/step_form.hpp"
#include "sim/core/json_text.hpp"
#include "sim/core/read_file.hpp"

namespace mhp::pressure {

using validation::BadField;
using validation::Field;

namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostRuns = 64;
constexpr std::size_t kMostMessages = 10'000;
constexpr std::int64_t kMostCpus = 1024;
constexpr Bytes kMostMemory{64 * kGiB};  // more than a guest that is to be full of page cache has

/// A text that is no longer than names and command lines are: std::regex recurses by letters.
const std::string& short_text(const Field& field) {
  constexpr std::size_t kMostLetters = 2000;
  if (field.text().size() > kMostLetters) field.wrong("it is too long");
  return field.text();
}

/// The word behind an option of the emulator's command line.
std::string option(const Field& file, const std::string& name) {
  const auto args = file.at("qemu_args").elements();
  for (std::size_t i = 0; i + 1 < args.size(); ++i)
    if (args[i].text() == name) return short_text(args[i + 1]);
  file.at("qemu_args").wrong(fmt::format("there is no {}", name));
}

Bytes memory_of(const Field& file) {
  static const std::regex form("(\\d{1,6})([MG])(,.*)?");
  const std::string text = option(file, "-m");
  std::smatch match;
  if (!std::regex_match(text, match, form))
    file.at("qemu_args").wrong(fmt::format("-m {} is no size such as 512M or 1G", text));
  const Bytes memory{std::stoll(match[1]) * (match[2] == "G" ? kGiB : kMiB)};
  if (memory.value < 128 * kMiB || memory > kMostMemory)
    file.at("qemu_args").wrong(fmt::format("-m {} is not 128M to 64G", text));
  return memory;
}

std::int64_t cpus_of(const Field& file) {
  const std::string text = option(file, "-smp");
  if (text.empty() || text.size() > 4 || text.find_first_not_of("0123456789") != text.npos)
    file.at("qemu_args").wrong(fmt::format("-smp {} is no number", text));
  const std::int64_t cpus = std::stoll(text);
  if (cpus < 1 || cpus > kMostCpus)
    file.at("qemu_args").wrong(fmt::format("-smp {} is not 1 to {}", text, kMostCpus));
  return cpus;
}

std::string series_of(const Field& file) {
  static const std::regex series("\\d{1,2}\\.\\d{1,3}");
  const Field kernel = file.at("kernel");
  if (!std::regex_match(short_text(kernel), series))
    kernel.wrong("it is no kernel's series, as 6.12");
  static const std::regex ran("Linux version (\\d+\\.\\d+)(\\D[\\s\\S]*)?");
  std::smatch match;
  const Field version = file.at("kernel_version");
  if (!std::regex_match(short_text(version), match, ran))
    version.wrong("it names no version of Linux");
  if (match[1] != kernel.text())
    kernel.wrong(fmt::format("the kernel that ran says {}", match[1].str()));
  return kernel.text();
}

/// Whether a word stands in the kernel's command line.
bool has_word(const std::string& line, const std::string& word) {
  std::istringstream in(line);
  for (std::string one; in >> one;)
    if (one == word) return true;
  return false;
}

Run read_run(const Field& of) {
  Run run;
  for (const char* said : {"outcome", "error"})
    if (const auto text = of.find(said); text && !text->json().is_null())
      run.panicked = run.panicked || text->text().find("panic") != std::string::npos;
  for (const char* said : {"key_tail", "trouble_tail"}) {
    const auto lines = of.find(said);
    if (!lines || lines->json().is_null()) continue;
    if (lines->size() > kMostMessages) lines->wrong("there are too many messages");
    for (const Field& line : lines->elements()) run.messages.push_back(line.text());
  }
  run.steps = read_steps(of.at("steps"));
  return run;
}

/// Other runs are of the same script, as far as they got.
void compare_scripts(const Field& repeat, const Run& first, const Run& other) {
  if (other.steps.size() > first.steps.size() ||
      (other.steps.size() < first.steps.size() && !other.panicked))
    repeat.at("steps").wrong(
        fmt::format("{} steps, in the first run {}", other.steps.size(), first.steps.size()));
  for (std::size_t i = 0; i < other.steps.size(); ++i)
    if (other.steps[i].words != first.steps[i].words)
      repeat.at("steps").element(i).wrong(
          fmt::format("'{}' is '{}' in the first run", other.steps[i].words, first.steps[i].words));
}

Recording read_recording(const Field& file) {
  Recording r;
  r.name = short_text(file.at("name"));
  static const std::regex name("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  if (!std::regex_match(r.name, name)) file.at("name").wrong("it is no name of a file");
  if (const auto what = file.find("what")) r.what = what->text();
  r.series = series_of(file);
  r.memory = memory_of(file);
  r.cpus = cpus_of(file);
  r.memmap_on_memory = has_word(file.at("cmdline").text(), "memory_hotplug.memmap_on_memory=1");
  r.runs.push_back(read_run(file));
  check_script(file.at("steps"), r.script());
  if (const auto repeats = file.find("repeats")) {
    if (repeats->size() >= kMostRuns) repeats->wrong("there are too many runs");
    for (const Field& repeat : repeats->elements()) {
      Run run = read_run(repeat);
      compare_scripts(repeat, r.runs.front(), run);
      r.runs.push_back(std::move(run));
    }
  }
  return r;
}

}  // namespace

std::int64_t Snapshot::counter(const std::string& name) const {
  const auto found = vmstat.find(name);
  return found == vmstat.end() ? 0 : found->second;
}

PageCount Snapshot::free_and_listed() const {
  PageCount sum;
  for (const Zone& z : zones) sum += z.free + z.pcp;
  return sum;
}

PageCount Snapshot::nameless() const {
  constexpr std::int64_t kHugePage = 512;  // of 2 MiB
  constexpr std::int64_t kPageKib = 4;
  PageCount rest = PageCount{} - free_and_listed() - PageCount{huge_pages * kHugePage};
  for (const Zone& z : zones) rest += z.managed;
  for (const char* named :
       {"nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file",
        "nr_unevictable", "nr_slab_reclaimable", "nr_slab_unreclaimable", "nr_page_table_pages"})
    rest = rest - PageCount{counter(named)};
  return rest - PageCount{counter("nr_kernel_stack") / kPageKib};
}

bool Step::sets_pool() const {
  return op == Op::setting &&
         (name == "/proc/sys/vm/nr_hugepages" || name.ends_with("hugepages-2048kB/nr_hugepages"));
}

// acpi_memory_device_add says so; the devices are numbered as their slots are.
bool Run::add_failed(const Step& add) const {
  const std::string said = fmt::format("PNP0C80:{:02x}: add_memory failed", add.slot);
  return std::any_of(messages.begin(), messages.end(),
                     [&](const std::string& m) { return m.find(said) != std::string::npos; });
}

Result<Recording> parse_recording(const std::string& text, const std::string& file) {
  const Location where{file, 0, 0};
  const auto read = parse_json(text, {file, 1, 1}, "recording");
  if (!read) return tl::unexpected<Diagnostics>(read.error());
  const nlohmann::json& json = *read;
  if (!json.is_object() || !json.contains("steps") || !json.contains("qemu_args"))
    return fail(where, "this is no recording",
                "a recording is a JSON object with qemu_args, cmdline and steps");
  try {
    return read_recording(Field(json, ""));
  } catch (const BadField& e) {
    return fail(where, e.what(), "see the format in analysis/validation/pressure/README.md");
  }
}

Result<Recording> load_recording(const std::string& path) {
  const auto text = read_file_text(path, kMostBytes);
  if (!text) {
    Diagnostic d = text.error().front();
    d.remedy = "give the path of a recording in JSON";
    return tl::unexpected<Diagnostics>({std::move(d)});
  }
  if (text->size() > kMostBytes)
    return fail({path, 0, 0}, "the recording is larger than 64 MiB", "give one that is not");
  return parse_recording(*text, path);
}

}  // namespace mhp::pressure
