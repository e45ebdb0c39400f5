#include "analysis/validation/pressure/step_form.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <regex>
#include <set>
#include <sstream>

#include "sim/kernel/hotplug/memory_block.hpp"

namespace mhp::pressure {

using validation::Field;

namespace {

constexpr std::size_t kMostSteps = 1000;
constexpr std::size_t kMostEntries = 4096;  // of a list within a step
constexpr std::int64_t kMostMib = std::int64_t{1} << 24;
constexpr std::int64_t kMostBlocks = std::int64_t{1} << 20;
constexpr std::int64_t kMostPages = std::int64_t{1} << 40;
constexpr double kMostSeconds = 1e6;

/// The number of a word; the place if it is none.
std::int64_t number(const Field& at, const std::string& word, std::int64_t least,
                    std::int64_t most) {
  constexpr std::size_t kMostDigits = 15;
  if (word.empty() || word.size() > kMostDigits ||
      word.find_first_not_of("0123456789") != std::string::npos)
    at.wrong(fmt::format("'{}' is not a whole number", word.substr(0, 40)));
  const std::int64_t n = std::stoll(word);
  if (n < least || n > most) at.wrong(fmt::format("{} is not {} to {}", n, least, most));
  return n;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string w; in >> w && words.size() < 16;) words.push_back(std::move(w));
  return words;
}

void count(const Field& list, std::size_t most) {
  if (list.size() > most) list.wrong(fmt::format("it has more than {} entries", most));
}

/// A process that holds memory; nothing of others. "0 kind=a alive=1 done=400 ops=400 max_ns=0
/// tot_ns=1 rss_pages=47500"
std::optional<Kid> read_kid(const Field& at) {
  static const std::regex form(
      "(\\d{1,4}) kind=(\\w) alive=([01]) done=(-?\\d{1,15})( ops=.*?)?( rss_pages=(\\d{1,12}))?");
  std::smatch match;
  if (at.text().size() > 400 || !std::regex_match(at.text(), match, form))
    at.wrong("this is no state of a process");
  if (match[2] != "a") return std::nullopt;
  Kid kid;
  kid.number = std::stoll(match[1]);
  kid.alive = match[3] == "1";
  kid.done = std::stoll(match[4]);
  if (match[7].matched) kid.rss = std::stoll(match[7]);
  return kid;
}

std::vector<Kid> read_kids(const Field& list) {
  count(list, kMostEntries);
  std::vector<Kid> kids;
  for (const Field& one : list.elements())
    if (const auto kid = read_kid(one)) kids.push_back(*kid);
  return kids;
}

Snapshot read_snapshot(const Field& of) {
  Snapshot s;
  const Field zones = of.at("zones");
  count(zones, kMostEntries);
  constexpr std::int64_t kLag = 4096;  // counters of CPUs are folded now and then
  for (const Field& z : zones.elements()) {
    const std::int64_t managed = z.at("managed").integer(0, kMostPages);
    s.zones.push_back({z.at("zone").text(), PageCount{z.at("free").integer(0, managed + kLag)},
                       PageCount{z.at("pcp").integer(0, managed + kLag)}, PageCount{managed}});
  }
  if (s.zones.empty()) zones.wrong("there are no zones");
  const Field vmstat = of.at("vmstat");
  count(vmstat, kMostEntries);
  for (const auto& [name, value] : vmstat.members()) s.vmstat[name] = value.counter();
  const Field meminfo = of.at("meminfo_kB");
  if (const auto pool = meminfo.find("HugePages_Total")) s.huge_pages = pool->integer();
  constexpr std::int64_t kMostKib = kTiB;
  if (const auto swap = meminfo.find("SwapTotal"))
    s.swap = Bytes{swap->integer(0, kMostKib) * kKiB};
  return s;
}

// A pair of leaf and page counts from the call stacks of the hot-add's own allocations.
Pieces read_pieces(const Field& list) {
  count(list, kMostEntries);
  Pieces p;
  for (const Field& one : list.elements()) {
    const std::string& by = one.at("by").text();
    const std::int64_t order = one.at("order").integer(0, 63);
    const std::int64_t n = one.at("count").integer(0, std::int64_t{1} << 40);
    if (order == 9 && by.find("vmemmap") != std::string::npos) p.order9 += n;
    if (order == 0 && by.find("vmemmap_pte_populate") != std::string::npos) p.base_pages += n;
  }
  return p;
}

class Reader {
 public:
  explicit Reader(const Field& of) : of_(of), op_(of.at("op")) {
    count(op_, 16);
    const std::string& name = op_.element(0).text();
    step_.words = name;
    for (std::size_t i = 1; i < op_.size(); ++i) {
      const Field word = op_.element(i);
      step_.words += word.json().is_string() ? " " + word.text()
                                             : fmt::format(" {}", word.integer(-Field::kMost));
    }
    if (step_.words.size() > 1000) op_.wrong("it is too long");
    const nlohmann::json& wall = of.json().contains("wall_s") ? of.json()["wall_s"] : nullptr;
    if (!wall.is_null()) {
      if (!wall.is_number() || !(wall.get<double>() >= 0) || wall.get<double>() > kMostSeconds)
        of.at("wall_s").wrong("it is no time in seconds");
      step_.wall = SimTime{static_cast<std::int64_t>(std::llround(wall.get<double>() * 1e9))};
    }
  }

  Step read() {
    const std::string& op = op_.element(0).text();
    if (op == "qsnap") return snapshot();
    if (op == "setup") return flag(Op::setup);
    if (op == "lru_gen") return flag(Op::lru_gen);
    if (op == "cmd") return command();
    if (op == "add") return add();
    if (op == "online") return online();
    if (op == "offline_watch") return watch();
    if (op == "w") return setting();
    if (op == "kids") return kids();
    if (op == "htrace") return trace();
    if (op == "sleep") {
      step_.op = Op::sleep;
      step_.value = op_.element(1).integer(0, 1'000'000'000);
      return step_;
    }
    step_.op = op == "cat" ? Op::nothing : Op::unknown;
    return step_;
  }

 private:
  Step snapshot() {
    step_.op = Op::snapshot;
    step_.name = op_.element(1).text();
    if (step_.name.empty() || step_.name.size() > 40) op_.element(1).wrong("it is no label");
    if (const auto got = of_.find("qsnapshot"); got && !got->json().is_null())
      step_.snapshot = read_snapshot(*got);
    return step_;
  }

  Step flag(Op op) {
    step_.op = op;
    step_.value = op_.element(1).integer(0, 1);
    return step_;
  }

  Step command() {
    const Field line = op_.element(1);
    const auto words = split(line.text());
    const auto word = [&](std::size_t n) {
      if (n >= words.size()) line.wrong(fmt::format("it has {} words", words.size()));
      return words[n];
    };
    const auto mib = [&](std::size_t n) { return number(line, word(n), 0, kMostMib); };
    const std::string kind = word(0);
    if (kind == "file") {
      step_.name = word(1);
      step_.from = mib(2);
      step_.mib = number(line, word(3), 1, kMostMib);
      const std::string how = word(4);
      if (how != "r" && how != "w" && how != "m") line.wrong("a file is read (r), w or m");
      step_.op = how == "r" ? Op::read : how == "w" ? Op::write : Op::map;
    } else if (kind == "hold") {
      step_.op = Op::hold;
      step_.mib = number(line, word(1), 1, kMostMib);
      step_.how = words.size() > 2 ? words[2] : "4";
    } else if (kind == "reader") {
      step_.op = Op::reader;
      step_.name = word(1);
      step_.from = mib(2);
      step_.mib = number(line, word(3), 1, kMostMib);
      step_.chunk_kib = number(line, word(4), 4, kMostMib);
      step_.pause_us = number(line, word(5), 0, 1'000'000'000);
    } else if (kind == "unmov") {
      step_.op = Op::unmovable;
      step_.mib = number(line, word(1), 1, kMostMib);
      step_.value = number(line, word(2), 1, 1'000'000);
    } else if (kind == "resid") {
      step_.op = Op::resident;
      step_.name = word(1);
      step_.from = mib(2);
      step_.mib = number(line, word(3), 1, kMostMib);
      if (const auto n = of_.find("result")) step_.pages = n->at("resident").integer();
    } else if (kind == "sleep") {
      step_.op = Op::sleep;
      step_.value = number(line, word(1), 0, 1'000'000'000);
    }
    return step_;
  }

  Step add() {
    step_.op = Op::add;
    step_.name = op_.element(1).text();
    step_.size = Bytes{op_.element(2).integer(1, std::int64_t{1} << 46)};
    if (step_.size % Bytes{128 * kMiB} != Bytes{0})
      op_.element(2).wrong(fmt::format("{} is not a multiple of 128 MiB", step_.size.value));
    if (const auto dimm = of_.find("dimm")) step_.slot = dimm->at("slot").integer(0, 255);
    return step_;
  }

  Step online() {
    step_.name = op_.element(1).text();
    step_.how = op_.element(2).word(all_words<kernel::OnlineType>());
    step_.op = step_.how == "offline" ? Op::offline : Op::online;
    const std::int64_t first = of_.at("first_block").integer(0, kMostBlocks);
    const std::int64_t last = of_.at("last_block").integer(0, kMostBlocks);
    step_.blocks = std::abs(last - first) + 1;
    if (const auto result = of_.find("result"))
      step_.blocks_ok = result->at("ok").integer(0, step_.blocks);
    return step_;
  }

  Step watch() {
    step_.op = Op::offline_watch;
    step_.name = op_.element(1).text();
    if (const auto result = of_.find("result"))
      step_.blocks_ok = result->at("ok").integer(0, kMostBlocks);
    return step_;
  }

  Step setting() {
    step_.op = Op::setting;
    step_.name = op_.element(1).text();
    step_.value = number(op_.element(2), op_.element(2).text(), 0, Field::kMost);
    return step_;
  }

  Step kids() {
    step_.op = Op::kids;
    if (const auto list = of_.find("kids")) step_.kids = read_kids(*list);
    return step_;
  }

  Step trace() {
    step_.op = Op::trace;
    step_.value = op_.element(1).integer(0, 1);
    if (const auto allocs = of_.find("page_allocs"); allocs && !allocs->json().is_null())
      step_.pieces = read_pieces(allocs->at("hotplug"));
    return step_;
  }

  const Field& of_;
  const Field op_;
  Step step_;
};

}  // namespace

std::vector<Step> read_steps(const Field& steps) {
  count(steps, kMostSteps);
  std::vector<Step> out;
  for (const Field& one : steps.elements()) out.push_back(Reader(one).read());
  return out;
}

void check_script(const Field& steps, const std::vector<Step>& script) {
  if (script.empty() || script[0].op != Op::snapshot || script[0].name != "boot" ||
      !script[0].snapshot)
    steps.wrong("the first is not the snapshot 'boot'");
  std::set<std::string> dimms;
  std::set<std::string> labels;
  for (std::size_t i = 0; i < script.size(); ++i) {
    const Step& s = script[i];
    const bool of_dimm = s.op == Op::online || s.op == Op::offline || s.op == Op::offline_watch;
    if (s.op == Op::add && !dimms.insert(s.name).second)
      steps.element(i).wrong(fmt::format("{} is added twice", s.name));
    if (of_dimm && !dimms.contains(s.name))
      steps.element(i).wrong(fmt::format("no DIMM {} was added", s.name));
    if (s.op == Op::snapshot && !labels.insert(s.name).second)
      steps.element(i).wrong(fmt::format("there are two snapshots '{}'", s.name));
  }
}

}  // namespace mhp::pressure
