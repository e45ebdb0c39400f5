#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "analysis/validation/published/headline.hpp"
#include "analysis/validation/published/leave_one_out.hpp"
#include "analysis/validation/published/verdict.hpp"
#include "sim/cli/cli.hpp"
#include "sim/cli/command/verify/verify.hpp"
#include "sim/core/data_folder.hpp"

namespace mhp::cli {

namespace verify_published {
namespace {

using published::Headline;
using published::Target;
using published::Verdict;

struct Args {
  std::vector<std::string> files;
  std::int64_t samples = 40;
  unsigned threads = all_processors();
  bool json = false;
};

struct Judged {
  Target target;
  Verdict verdict;
};

std::vector<std::string> target_files(const std::vector<std::string>& given) {
  return given.empty() ? files_in(shipped("analysis/validation/published/targets"), ".toml")
                       : given;
}

const char* verdict_word(const Judged& j) {
  return j.verdict.pass ? "pass" : j.target.must ? "FAIL" : "miss";
}

/// "3 predictions, 2 consistency".
std::string classes(const Verdict& v) {
  using published::Class;
  std::vector<std::string> parts;
  for (const Class kind : {Class::prediction, Class::consistency, Class::arithmetic}) {
    const auto n = std::count_if(v.cases.begin(), v.cases.end(),
                                 [&](const auto& c) { return c.kind == kind; });
    if (n > 0) parts.push_back(fmt::format("{} {}", n, word(kind)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// The constants that data of the target set, each once with the data.
std::vector<std::string> constants_set(const Verdict& v) {
  std::map<std::string, std::set<std::string>> by_constant;
  for (const auto& c : v.cases)
    for (const auto& s : c.set_by)
      by_constant[s.constant].insert(s.datum.empty() ? "nobody says" : s.datum);
  std::vector<std::string> out;
  for (const auto& [constant, data] : by_constant)
    out.push_back(fmt::format("{} ({})", constant, fmt::join(data, ", ")));
  return out;
}

void print_text(const Judged& j) {
  fmt::print("{} {}{}: {}\n", verdict_word(j), j.target.id, j.target.must ? " (must)" : "",
             j.target.quantity);
  fmt::print("    published  {}\n    criterion  {}\n    class      {}\n", j.target.published,
             j.target.criterion, classes(j.verdict));
  for (const auto& c : j.verdict.cases) {
    fmt::print("    {:<11} {:<22} {:>12}", word(c.kind), c.name, show(c.measured));
    fmt::print("{}", c.deviation ? fmt::format("  {:+7.1f} %", 100 * *c.deviation)
                                 : std::string(c.interval ? 11 : 0, ' '));
    if (c.interval) fmt::print("  {} .. {}", show(c, c.interval->low), show(c, c.interval->high));
    fmt::print("\n");
  }
  for (const auto& c : j.verdict.checks) fmt::print("    {} {}\n", c.pass ? "+" : "-", c.text);
  const auto set = constants_set(j.verdict);
  if (!set.empty()) fmt::print("    set by it  {}\n", fmt::join(set, ", "));
  if (!j.target.fitted.empty()) fmt::print("    fitted     {}\n", j.target.fitted);
  if (!j.target.note.empty()) fmt::print("    note       {}\n", j.target.note);
  fmt::print("\n");
}

std::string percent(std::optional<double> fraction) {
  if (!fraction) return "none";
  return std::isinf(*fraction) ? "without bound" : fmt::format("{:.1f} %", 100 * *fraction);
}

void print_headline(const Headline& h) {
  fmt::print(
      "{} predictions: absolute deviation {} in the median, {} at the 90th percentile; {} inside "
      "their criterion\n",
      h.predictions, percent(h.median_deviation), percent(h.p90_deviation),
      percent(h.inside_criterion));
  if (h.inside_interval)
    fmt::print(
        "90 % intervals: {} of the predictions inside; half of one is {} of the prediction in "
        "the median\n",
        percent(h.inside_interval), percent(h.median_half_width));
  if (h.stretch && std::isfinite(*h.stretch))
    fmt::print("to hold 90 % of what was published they would have to be {:.1f} times as wide\n",
               *h.stretch);
  if (h.unreached > 0)
    fmt::print("{} of the predictions did not get to a value: outside everything\n", h.unreached);
  if (h.unbounded > 0)
    fmt::print("{} have no interval, as too few samples got to a value: outside it\n", h.unbounded);
}

void print_left_out(const published::LeftOut& left_out) {
  const auto time = [](double ns) { return published::show({ns, true}); };
  fmt::print("constants that several data set, each datum predicted by the others\n");
  for (const auto& fit : left_out.fits) {
    fmt::print("    {}: {}\n", fit.constant, time(fit.value));
    for (const auto& d : fit.data)
      fmt::print("        {:<20} {:<26} {:>9} by it, {:>9} by the others  {:+.1f} %\n", d.id,
                 d.what, time(d.value), time(d.predicted), 100 * d.deviation());
  }
  for (const auto& scan : left_out.scans) {
    fmt::print("    {}: {}, by the curves of {}\n", scan.constant, scan.value, scan.target);
    for (const auto& d : scan.data)
      fmt::print(
          "        {:<20} {} by it ({:.1f} % off in the mean), {} by the others ({:.1f} % off)\n",
          d.id, d.value, 100 * d.deviation, d.by_others, 100 * d.deviation_by_others);
  }
  fmt::print("\n");
}

nlohmann::ordered_json or_null(std::optional<double> value) {
  return value && std::isfinite(*value) ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

nlohmann::ordered_json fit_json(const published::Fit& fit) {
  using nlohmann::ordered_json;
  ordered_json out{{"constant", fit.constant},
                   {"source", fit.source},
                   {"value", fit.value},
                   {"by_all", fit.by_all},
                   {"data", ordered_json::array()}};
  for (const auto& d : fit.data)
    out["data"].push_back({{"id", d.id},
                           {"what", d.what},
                           {"value", d.value},
                           {"predicted", d.predicted},
                           {"deviation", d.deviation()}});
  return out;
}

nlohmann::ordered_json scan_json(const published::Scan& scan) {
  using nlohmann::ordered_json;
  ordered_json out{{"constant", scan.constant},
                   {"target", scan.target},
                   {"value", scan.value},
                   {"data", ordered_json::array()}};
  for (const auto& d : scan.data)
    out["data"].push_back({{"id", d.id},
                           {"value", d.value},
                           {"mean_abs_deviation", d.deviation},
                           {"by_others", d.by_others},
                           {"mean_abs_deviation_by_others", d.deviation_by_others}});
  return out;
}

void print_json(const std::vector<Judged>& all, const Headline& h, std::int64_t samples,
                const published::LeftOut& left_out, const std::string& kernel_note) {
  using nlohmann::ordered_json;
  ordered_json out;
  out["schema"] = "mhpsim-published/1";
  if (!kernel_note.empty()) out["kernel_note"] = kernel_note;
  out["headline"] = {{"predictions", h.predictions},
                     {"unreached", h.unreached},
                     {"unbounded", h.unbounded},
                     {"median_abs_deviation", or_null(h.median_deviation)},
                     {"p90_abs_deviation", or_null(h.p90_deviation)},
                     {"inside_criterion", or_null(h.inside_criterion)},
                     {"inside_interval", or_null(h.inside_interval)},
                     {"median_half_width", or_null(h.median_half_width)},
                     {"stretch", or_null(h.stretch)},
                     {"samples", samples}};
  out["leave_one_out"] = ordered_json::array();
  for (const auto& fit : left_out.fits) out["leave_one_out"].push_back(fit_json(fit));
  out["scans"] = ordered_json::array();
  for (const auto& scan : left_out.scans) out["scans"].push_back(scan_json(scan));
  out["targets"] = ordered_json::array();
  for (const Judged& j : all) {
    ordered_json row{{"id", j.target.id},
                     {"quantity", j.target.quantity},
                     {"published", j.target.published},
                     {"predicted", j.verdict.predicted},
                     {"criterion", j.target.criterion},
                     {"pass", j.verdict.pass},
                     {"must", j.target.must},
                     {"note", j.target.note},
                     {"fitted", j.target.fitted},
                     {"source", j.target.source},
                     {"data", j.target.data}};
    row["cases"] = ordered_json::array();
    for (const auto& c : j.verdict.cases) {
      ordered_json one{
          {"name", c.name}, {"outcome", c.measured.outcome}, {"time", c.measured.time}};
      if (!c.measured.kernel_note.empty()) one["kernel_note"] = c.measured.kernel_note;
      one["predicted"] = or_null(c.measured.value);
      one["published"] = c.published;
      one["class"] = word(c.kind);
      one["deviation"] = or_null(c.deviation);
      one["interval"] =
          c.interval ? ordered_json{c.interval->low, c.interval->high} : ordered_json();
      one["widened_by"] = c.widened_by
                              ? ordered_json{{"constant", c.widened_by->name},
                                             {"rank_correlation", c.widened_by->correlation}}
                              : ordered_json();
      one["inside_criterion"] = c.inside;
      one["set_by"] = ordered_json::array();
      for (const auto& s : c.set_by)
        one["set_by"].push_back({{"constant", s.constant}, {"datum", s.datum}});
      row["cases"].push_back(std::move(one));
    }
    row["checks"] = ordered_json::array();
    for (const auto& c : j.verdict.checks)
      row["checks"].push_back({{"text", c.text}, {"pass", c.pass}, {"arithmetic", c.arithmetic}});
    out["targets"].push_back(std::move(row));
  }
  fmt::print("{}\n", out.dump(2));
}

int execute(const Args& args) {
  std::vector<Target> targets;
  int code = kOk;
  for (const std::string& file : target_files(args.files)) {
    auto target = published::load_target(file);
    if (target) {
      targets.push_back(std::move(*target));
      continue;
    }
    print_errors(target.error());
    code = kBadInput;
  }
  const auto left_out =
      published::leave_one_out(shipped("analysis/validation/published/fits.toml"));
  if (!left_out) {
    print_errors(left_out.error());
    code = kBadInput;
  }
  if (code != kOk) return code;
  Progress progress(!args.json);
  auto verdicts = published::judge(
      targets, {args.samples, 1, args.threads, [&](std::size_t done, std::size_t all) {
                  progress.show(fmt::format("{} of {} simulations", done, all));
                }});
  if (!verdicts) {
    print_errors(verdicts.error());
    return kBadInput;
  }
  KernelNotes notes;
  for (const Verdict& v : *verdicts)
    for (const auto& c : v.cases) notes.add(c.measured.kernel_note);
  const Headline headline = published::headline_of(*verdicts);
  std::vector<Judged> all;
  for (std::size_t i = 0; i < targets.size(); ++i)
    all.push_back({std::move(targets[i]), std::move((*verdicts)[i])});
  const auto count = [&](auto&& wanted) { return std::count_if(all.begin(), all.end(), wanted); };
  const auto failed = count([](const Judged& j) { return j.target.must && !j.verdict.pass; });
  if (args.json) {
    print_json(all, headline, args.samples, *left_out, notes.text());
  } else {
    for (const Judged& j : all) print_text(j);
    if (args.files.empty()) print_left_out(*left_out);
    print_headline(headline);
    fmt::print(
        "{} of {} targets inside their criterion, {} of them arithmetic; {} of {} that must "
        "be\n",
        count([](const Judged& j) { return j.verdict.pass; }), all.size(),
        count([](const Judged& j) { return j.verdict.pass && j.verdict.arithmetic(); }),
        count([](const Judged& j) { return j.target.must && j.verdict.pass; }),
        count([](const Judged& j) { return j.target.must; }));
  }
  return failed == 0 ? kOk : kCheckFailed;
}

}  // namespace
}  // namespace verify_published

Check add_verify_published(CLI::App& verify, int& exit_code) {
  const auto args = std::make_shared<verify_published::Args>();
  CLI::App* command = verify.add_subcommand(
      "published", "simulate published measurements of real machines and compare");
  command->add_option("FILE", args->files, "targets (TOML); default: those that ship");
  command
      ->add_option("--samples", args->samples,
                   "simulations of each case with constants drawn from their ranges, for its "
                   "interval; 0: none")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{100'000}))
      ->capture_default_str();
  command->add_option("-j,--jobs", args->threads, "threads")->check(CLI::Range(1u, 1024u));
  add_json_option(*command, args->json);
  command->footer(
      "Example:\n  mhpsim verify published analysis/validation/published/targets/v06.toml\n\n"
      "A case is a prediction if none of the data that it is compared with set a constant that it "
      "rests on; else it shows consistency. A price times a count is arithmetic. Only "
      "predictions enter the headline.\n"
      "The exit code is 0 if every target marked 'must' is inside its criterion.");
  command->callback([args, &exit_code] { exit_code = verify_published::execute(*args); });
  return [args] { return verify_published::execute(*args); };
}

}  // namespace mhp::cli
