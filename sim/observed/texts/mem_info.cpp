// What the kernel prints when it has no memory to give: warn_alloc and show_free_areas of
// mm/page_alloc.c (mm/show_mem.c since 6.8), dump_header of mm/oom_kill.c; Linux 3.10 to 7.0.
#include "sim/observed/texts/mem_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/mem_info_zones.hpp"
#include "sim/observed/texts/number_list.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

constexpr std::size_t kMostReports = 1000;
constexpr std::size_t kMostFrames = 200;

/// What stands behind `key` up to one of `ends`; empty if there is no key.
std::string_view value_after(std::string_view line, std::string_view key, std::string_view ends) {
  const std::size_t at = line.find(key);
  if (at == line.npos) return {};
  const std::string_view rest = line.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(ends));
}

class Reports {
 public:
  explicit Reports(Scan& scan) : scan_(scan) {}

  void line();
  std::vector<MemInfoReport> finish();

 private:
  MemInfoReport& last() { return reports_.back(); }
  FailedRequest& request() { return last().request; }
  bool headed() const { return !reports_.empty() && !reports_.back().has_memory; }
  void begin(FailedRequest::Kind kind, std::string_view line);
  bool head(std::string_view line);
  void gfp(std::string_view text);
  void nodes(std::string_view line);
  void task(std::string_view line);
  bool frame(std::string_view line);
  void of_report(std::string_view line);

  Scan& scan_;
  std::vector<MemInfoReport> reports_;
  std::optional<MemInfoZones> zones_;
  bool in_trace_ = false;
};

void Reports::begin(FailedRequest::Kind kind, std::string_view line) {
  if (zones_) zones_->finish();
  zones_.reset();
  in_trace_ = false;
  if (reports_.size() == kMostReports)
    return scan_.fail(line, fmt::format("more than {} reports", kMostReports),
                      "cut out the one that matters");
  reports_.emplace_back();
  last().where = scan_.where(line);
  request().kind = kind;
}

// "0x40cc0(GFP_KERNEL|__GFP_COMP)", up to 4.5 the number alone. Some are masked: "0x62****".
void Reports::gfp(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789abcdefABCDEF*");
  const std::string_view number = text.substr(0, digits);
  constexpr std::int64_t kMost = 0xffffffff;
  if (const auto bits = number_of(number, kMost, 16))
    request().gfp_bits = static_cast<std::uint64_t>(*bits);
  else if (number.find('*') == number.npos)
    scan_.fail(text, fmt::format("'{}' is no GFP mask", printable(text)),
               "it is a number in hexadecimal of at most 32 bits");
  std::string_view rest = digits == text.npos ? std::string_view() : text.substr(digits);
  if (!take(rest, "(")) return;
  rest = rest.substr(0, rest.find(')'));
  while (!rest.empty() && request().gfp_names.size() < 64) {
    const std::string_view name = rest.substr(0, rest.find('|'));
    request().gfp_names.push_back(printable(name));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
  }
}

// "nodemask=(null),cpuset=/,mems_allowed=0-1"; before 4.19 "nodemask=0-1, order=0".
void Reports::nodes(std::string_view line) {
  const auto read = [&](std::string_view key) -> std::optional<std::vector<std::int64_t>> {
    std::string_view text = value_after(line, key, " )");
    // A list has commas, as what follows it has: it ends before the first that no digit follows.
    std::size_t end = 0;
    while (end < text.size() &&
           (text[end] == '-' || text[end] == ',' || (text[end] >= '0' && text[end] <= '9')))
      ++end;
    text = text.substr(0, end);
    while (!text.empty() && text.back() == ',') text.remove_suffix(1);
    if (text.empty()) return std::nullopt;
    return numbers_of_list(text, kMostNodes - 1);
  };
  if (const auto mask = read("nodemask=")) request().nodemask = mask;
  if (const auto mems = read("mems_allowed=")) request().mems_allowed = mems;
}

bool Reports::head(std::string_view line) {
  using Kind = FailedRequest::Kind;
  // warn_alloc puts what failed in front: "page allocation failure: order:0, mode:0x...", "vmemmap
  // alloc failure: order:9, mode:0x...".
  const bool stall = line.find("page allocation stalls") != line.npos;
  const bool failure = line.find("page allocation failure") != line.npos || is_warn_alloc(line);
  const bool oom = line.find("invoked oom-killer:") != line.npos;
  if (!failure && !stall && !oom) return false;
  std::string_view order = value_after(line, oom ? "order=" : "order:", ", ");
  std::string_view mode = value_after(line, oom ? "gfp_mask=0x" : "mode:0x", ", ");
  // The rule that is told when a log is full of it has neither.
  if (order.empty() && mode.empty()) return false;
  begin(oom ? Kind::oom : stall ? Kind::allocation_stall : Kind::allocation_failure, line);
  if (scan_.failed()) return true;
  constexpr std::int64_t kMostOrder = 31;
  // A request of a cgroup's charge is of order -1 (sysrq) or 0.
  if (!order.empty() && order != "-1")
    request().order = static_cast<int>(scan_.number(order, "order", kMostOrder));
  if (!mode.empty()) gfp(mode);
  nodes(line);
  return true;
}

// "CPU: 3 PID: 123 Comm: name Not tainted 6.1.0-18-amd64 #1 Debian 6.1.76-1": what runs is nobody's
// business.
void Reports::task(std::string_view line) {
  const std::string_view cpu = trimmed(line.substr(4));
  request().cpu = number_of(cpu.substr(0, cpu.find(' ')), kMostCpus - 1);
  const std::size_t build = line.find(" #");
  if (build == line.npos) return;
  const std::string_view before = line.substr(0, build);
  const std::string_view release = before.substr(before.rfind(' ') + 1);
  const bool numbers = !release.empty() && release[0] >= '0' && release[0] <= '9' &&
                       release.find('.') != release.npos;
  if (numbers) last().machine.kernel_release = request().release = printable(release);
}

// " [<ffffffff815f3246>] ? vmemmap_populate+0x46/0x58 [module]"
bool Reports::frame(std::string_view line) {
  if (line.starts_with("[<")) line.remove_prefix(std::min(line.find(">]"), line.size() - 2) + 2);
  line = trimmed(line);
  // A function that the unwinder is not sure of may not have been called.
  const bool unsure = take(line, "? ");
  const std::size_t plus = line.find("+0x");
  if (plus == line.npos || plus == 0 || line.substr(0, plus).find(' ') != line.npos) return false;
  std::string_view name = line.substr(0, plus);
  // Parts that a compiler split off: "vmemmap_populate.cold", "do_work.isra.0".
  name = name.substr(0, name.find('.'));
  if (!unsure && !name.empty() && request().call_trace.size() < kMostFrames)
    request().call_trace.push_back(printable(name, 80));
  return true;
}

void Reports::of_report(std::string_view line) {
  if (line.find("mems_allowed=") != line.npos) nodes(line);
  if (line.find("constraint=CONSTRAINT_MEMCG") != line.npos ||
      line.starts_with("Memory cgroup out of memory") ||
      (line.find("killed as a result of limit of") != line.npos &&
       line.find("limit of host") == line.npos))
    request().memory_cgroup = true;
  if (line.starts_with("CPU:")) task(line);
  if (std::string_view work = line; take(work, "Workqueue: ")) {
    take_word(work);
    request().workqueue = printable(take_word(work), 80);
  }
}

void Reports::line() {
  const Line message = without_log_prefix(scan_.line());
  const std::string_view line = message.text;
  scan_.go_on(line);
  if (head(line)) return;
  if (line.starts_with("Mem-Info:")) {
    // Without a request it is SysRq m; and a second dump of one request is of another that was
    // lost.
    if (!headed()) begin(FailedRequest::Kind::show_mem, line);
    if (scan_.failed()) return;
    in_trace_ = false;
    last().has_memory = true;
    zones_.emplace(scan_, last());
    return;
  }
  if (reports_.empty()) return;
  if (line.starts_with("Call Trace:") || line.starts_with("Call trace:")) {
    in_trace_ = !last().has_memory;
    return;
  }
  if (in_trace_ && frame(line)) return;
  of_report(line);
  if (zones_) zones_->line();
}

std::vector<MemInfoReport> Reports::finish() {
  if (zones_) zones_->finish();
  return std::move(reports_);
}

}  // namespace

bool FailedRequest::calls(std::string_view prefix) const {
  return std::any_of(call_trace.begin(), call_trace.end(),
                     [&](const std::string& name) { return name.starts_with(prefix); });
}

Result<std::vector<MemInfoReport>> read_mem_info_reports(std::string_view text,
                                                         const Location& at) {
  Scan scan(text, at);
  Reports reports(scan);
  while (scan.next_line()) reports.line();
  auto all = reports.finish();
  const auto read =
      scan.result(!all.empty(),
                  "kernel log with a report of memory; one has \"invoked oom-killer\", \"page "
                  "allocation failure\" or \"Mem-Info:\"");
  if (!read) return tl::unexpected<Diagnostics>(read.error());
  return all;
}

Result<void> read_mem_info(std::string_view text, const Location& at, Observed& into) {
  auto reports = read_mem_info_reports(text, at);
  if (!reports) return tl::unexpected<Diagnostics>(reports.error());
  const auto with_memory = std::find_if(reports->rbegin(), reports->rend(),
                                        [](const MemInfoReport& r) { return r.has_memory; });
  if (with_memory == reports->rend())
    return fail(reports->back().where, "the report has no Mem-Info",
                "copy the kernel log from here to the lines \"Node 0 Normal: ...\" and on");
  return merge_mem_info(with_memory->machine, at, into);
}

}  // namespace mhp::observed
