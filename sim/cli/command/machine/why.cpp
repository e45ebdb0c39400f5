#include "sim/observed/failure/why.hpp"

#include <fmt/format.h>

#include <memory>

#include "sim/cli/cli.hpp"
#include "sim/cli/command/machine/machine.hpp"
#include "sim/observed/failure/gfp.hpp"

namespace mhp::cli {

namespace machine_why {
namespace {

using observed::Explanation;
using observed::FailedRequest;
using observed::MemInfoReport;
using observed::ZoneVerdict;

struct Args {
  std::string file;
  std::size_t report = 1;
  bool json = false;
};

std::string_view kind_text(FailedRequest::Kind kind) {
  switch (kind) {
    case FailedRequest::Kind::allocation_failure:
      return "page allocation failure";
    case FailedRequest::Kind::allocation_stall:
      return "page allocation stall";
    case FailedRequest::Kind::oom:
      return "OOM killer";
    case FailedRequest::Kind::show_mem:
      break;
  }
  return "memory shown, no request";
}

std::string_view type_text(kernel::MigrateType type) {
  return type == kernel::MigrateType::movable       ? "movable"
         : type == kernel::MigrateType::reclaimable ? "reclaimable"
                                                    : "unmovable";
}

std::string request_text(const MemInfoReport& report, const Explanation& e) {
  std::string out = fmt::format("{}: order {}", kind_text(report.request.kind), e.request.order);
  if (const std::string gfp = observed::gfp_text(report.request); !gfp.empty())
    out += fmt::format(", {}", gfp);
  out += fmt::format("; {} pages, from zones up to {}", type_text(e.request.type),
                     kernel::zone_name(e.request.highest));
  if (!report.request.release.empty()) out += fmt::format("; Linux {}", report.request.release);
  return out;
}

void print_table(const MemInfoReport& report, const Explanation& e, std::size_t count,
                 std::size_t number) {
  if (count > 1)
    fmt::print("report {} of {} (--report N for another), line {}\n", number, count,
               report.where.line);
  fmt::print("{}\n", request_text(report, e));
  if (!e.zones.empty())
    fmt::print("\n{:<6}{:<9}{:>12}{:>11}{:>10}{:>9}{:>9}  {:<10}{}\n", "node", "zone", "managed",
               "free", "unusable", "mark", "reserve", "largest", "verdict");
  const auto pages = [](const observed::Said<PageCount>& n) {
    return n ? fmt::to_string(n->value) : std::string("?");
  };
  for (const ZoneVerdict& v : e.zones)
    fmt::print("{:<6}{:<9}{:>12}{:>11}{:>10}{:>9}{:>9}  {:<10}{}\n", v.node.value,
               kernel::zone_name(v.type), pages(v.managed), pages(v.free), v.unusable.value,
               v.mark.value, v.reserve.value,
               v.largest_order < 0 ? std::string("?") : fmt::format("order {}", v.largest_order),
               word(v.verdict));
  fmt::print("(pages; largest: free block that this request may have)\n\nwhy\n");
  for (const std::string& line : e.why) fmt::print("  {}\n", line);
  fmt::print("would the memmap in the added range have saved it? {}\n", word(e.range));
  for (const std::string& line : e.range_why) fmt::print("  {}\n", line);
}

nlohmann::ordered_json zone_json(const ZoneVerdict& v) {
  nlohmann::ordered_json z;
  z["node"] = v.node.value;
  z["zone"] = kernel::zone_name(v.type);
  if (v.managed) z["managed"] = v.managed->value;
  if (v.free) z["free"] = v.free->value;
  z["unusable"] = v.unusable.value;
  z["mark"] = v.mark.value;
  z["reserve"] = v.reserve.value;
  if (v.largest_order >= 0) z["largest_order"] = v.largest_order;
  z["verdict"] = word(v.verdict);
  return z;
}

void print_json(const MemInfoReport& report, const Explanation& e, std::size_t count,
                std::size_t number) {
  nlohmann::ordered_json j;
  j["report"] = number;
  j["reports"] = count;
  j["line"] = report.where.line;
  j["kind"] = kind_text(report.request.kind);
  j["order"] = e.request.order;
  j["gfp"] = observed::gfp_text(report.request);
  j["type"] = type_text(e.request.type);
  j["highest_zone"] = kernel::zone_name(e.request.highest);
  if (!report.request.release.empty()) j["kernel_release"] = report.request.release;
  j["zones"] = nlohmann::ordered_json::array();
  for (const ZoneVerdict& v : e.zones) j["zones"].push_back(zone_json(v));
  j["why"] = e.why;
  j["range_placement"] = word(e.range);
  j["range_placement_why"] = e.range_why;
  j["movable_memmap_pages"] = e.memmap_pages.value;
  fmt::print("{}\n", j.dump(2));
}

int execute(const Args& args) {
  const auto inputs = read_inputs({args.file});
  if (!inputs) return print_errors(inputs.error()), kBadInput;
  const auto reports =
      observed::read_mem_info_reports(inputs->front().text, Location(inputs->front().name, 1, 0));
  if (!reports) return print_errors(reports.error()), kBadInput;
  if (args.report > reports->size()) {
    fmt::print(stderr, "{}: report {} of {}\n", inputs->front().name, args.report, reports->size());
    return kUsage;
  }
  const MemInfoReport& report = (*reports)[args.report - 1];
  const Explanation e = observed::explain(report);
  args.json ? print_json(report, e, reports->size(), args.report)
            : print_table(report, e, reports->size(), args.report);
  return kOk;
}

}  // namespace
}  // namespace machine_why

void add_machine_why(CLI::App& parent, int& exit_code) {
  auto& command = *parent.add_subcommand(
      "why",
      "why an allocation failed, from the kernel log's report, and whether the memmap in the "
      "added range would have spared it");
  const auto args = std::make_shared<machine_why::Args>();
  command.add_option("LOG", args->file, "kernel log with a report; - for standard input")
      ->required();
  command.add_option("--report", args->report, "which report of the log, from 1")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}))
      ->type_name("N");
  add_json_option(command, args->json);
  command.footer(
      "Examples:\n  mhpsim machine why oom.log\n  dmesg | mhpsim machine why -\n"
      "  journalctl -k -b -1 | mhpsim machine why - --report 2");
  command.callback([args, &exit_code] { exit_code = machine_why::execute(*args); });
}

}  // namespace mhp::cli
