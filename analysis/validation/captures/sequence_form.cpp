#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>
#include <set>
#include <string_view>

#include "analysis/validation/captures/capture_form.hpp"

namespace mhp::validation {

namespace {

constexpr std::int64_t kMostRegions = 64;
constexpr std::int64_t kMostPfn = Field::kMost / 4096;

/// A number of at most so many digits at the head of a text, which then begins behind it.
std::optional<std::int64_t> take_number(std::string_view& text, std::size_t digits, bool negative) {
  const std::size_t minus = negative && text.starts_with('-') ? 1 : 0;
  const std::size_t end = std::min(text.find_first_not_of("0123456789", minus), text.size());
  if (end == minus || end - minus > digits) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + end, value);
  text.remove_prefix(end);
  return value;
}

bool take_colon(std::string_view& text) {
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  return true;
}

/// Page frames in a row: "FIRST", or "FIRST:COUNT:STEP".
struct FrameRun {
  std::int64_t first = 0;
  std::int64_t count = 1;
  std::int64_t step = 0;
};

std::optional<FrameRun> parse_run(std::string_view text) {
  const auto first = take_number(text, 13, false);
  if (!first) return std::nullopt;
  if (text.empty()) return FrameRun{*first};
  const auto count = take_colon(text) ? take_number(text, 10, false) : std::nullopt;
  const auto step = count && take_colon(text) ? take_number(text, 10, true) : std::nullopt;
  return step && text.empty() ? std::optional(FrameRun{*first, *count, *step}) : std::nullopt;
}

/// Page frames that a list of runs names; each must lie in memory.
std::int64_t check_frames(const Field& text, std::string_view runs, const MachineForm& machine) {
  const std::int64_t end = machine.end / 4096;
  std::int64_t frames = 0;
  for (std::size_t at = 0; at < runs.size();) {
    const std::size_t blank = std::min(runs.find(' ', at), runs.size());
    const std::string_view one = runs.substr(at, blank - at);
    const auto run = parse_run(one);
    if (!run) text.wrong(fmt::format("'{}' is no run of frames", one));
    std::int64_t last = 0;
    const bool beyond = __builtin_mul_overflow(run->count - 1, run->step, &last) ||
                        __builtin_add_overflow(run->first, last, &last);
    if (run->count < 1 || beyond || run->first >= end || last < 0 || last >= end)
      text.wrong(fmt::format("'{}' lies beyond all memory", one));
    frames += run->count;
    at = blank + 1;
  }
  return frames;
}

void check_trace_log(const Capture::Step& step, const MachineForm& machine) {
  const Field record(step.recorded, "");
  const Field result = record.at("result");
  if (result.at("lost").integer() != 0) result.at("lost").wrong("events of the log were lost");
  static const std::regex key(
      R"((?:[LAFD]\d{1,2}(?:m\d)?|X(?:\d{1,2}/){2}\d/\d/[01])(?:c(\d{1,4}))?(?:~.*)?)");
  std::int64_t events = 0;
  if (const auto trace = record.find("trace"))
    for (const Field& line : trace->elements()) {
      const std::string& text = line.text();
      const auto blank = text.rfind(' ');
      std::smatch match;
      const std::string event = text.substr(0, std::min(blank, text.size()));
      if (blank == std::string::npos || !std::regex_match(event, match, key))
        line.wrong("it is not an event of the log");
      if (match[1].matched && std::stoll(match[1]) >= machine.cpus)
        line.wrong("there is no such CPU");
      events += check_frames(line, std::string_view(text).substr(blank + 1), machine);
    }
  if (result.at("events").integer() != events)
    result.at("events").wrong(fmt::format("the log has {} events", events));
}

void check_pfns(const Capture::Step& step, const MachineForm& machine) {
  const Field record(step.recorded, "");
  if (const auto pfns = record.find("pfns")) check_frames(*pfns, pfns->text(), machine);
}

}  // namespace

bool check_sequence_step_form(const Capture::Step& step, const MachineForm& machine) {
  const Field args(step.args, "op");
  const Field record(step.recorded, "");
  static const std::set<std::string> with_rc{"tron", "rmap", "rtouch", "rfree", "runmap"};
  if (with_rc.contains(step.op)) record.at("result").at("rc").integer(0, 0);
  if (step.op == "bsnap")
    return check_sequence_snapshot_form(record.at("bsnapshot"), machine), true;
  if (step.op == "troff") return check_trace_log(step, machine), true;
  if (step.op == "pin") {
    args.element(0).integer(0, machine.cpus - 1);
    record.at("result").at("cpu").integer(0, machine.cpus - 1);
    return true;
  }
  if (step.op == "zdrain") {
    record.at("result").at("ok").integer(0, 2);
    record.at("result").at("first_errno").integer(0, 4095);
    return true;
  }
  if (step.op == "rmap") {
    args.element(0).integer(0, kMostRegions);
    args.element(1).integer(1, kMostPfn);
    if (args.size() > 2) args.element(2).integer(0, machine.nodes - 1);
    if (args.size() > 3) args.element(3).text();
    return true;
  }
  if (step.op != "rtouch" && step.op != "rfree" && step.op != "runmap") return false;
  args.element(0).integer(0, kMostRegions);
  const bool touch = step.op == "rtouch";
  if (step.op != "runmap") {
    args.element(1).integer(0, kMostPfn);
    args.element(2).integer(0, kMostPfn);
    for (std::size_t n = 3; n < args.size() && n < (touch ? 4U : 5U); ++n)
      args.element(n).integer(1, kMostPfn);
    if (args.size() > (touch ? 4U : 5U)) args.element(touch ? 4 : 5).text();
  }
  check_pfns(step, machine);
  return true;
}

}  // namespace mhp::validation
