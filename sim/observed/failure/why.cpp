#include "sim/observed/failure/why.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "sim/core/units.hpp"
#include "sim/kernel/mm/watermarks.hpp"
#include "sim/observed/failure/gfp.hpp"
#include "sim/observed/failure/range_answer.hpp"

namespace mhp::observed {

namespace {

using kernel::MigrateType;
using kernel::ZoneType;

PageCount pages_of(const Said<PageCount>& said) { return said.value_or(PageCount{}); }

/// Judges zones by the model's own rule, on a zone that is given the report's numbers.
class Judge {
 public:
  Judge(const MemInfoReport& report, const kernel::AllocRequest& rq)
      : report_(report), rq_(rq), geometry_(geometry_of(report)) {}

  ZoneVerdict judge(const Zone& zone, PageCount more) const;

 private:
  static kernel::Geometry geometry_of(const MemInfoReport& report);
  bool allowed_node(NodeId node) const;
  const std::vector<std::string>* types_of(const Zone& zone) const {
    const auto it = report_.free_types.find({zone.node, zone.type});
    return it == report_.free_types.end() ? nullptr : &it->second;
  }
  /// The type of the free blocks of an order that the request may have, if it may have one.
  std::optional<MigrateType> usable(const std::vector<std::string>* types, std::size_t order) const;
  kernel::Zone as_model(const Zone& zone, PageCount more) const;
  PageCount reserve(const Zone& zone) const;
  PageCount unusable(const Zone& zone) const;
  int largest_order(const Zone& zone) const;

  const MemInfoReport& report_;
  const kernel::AllocRequest& rq_;
  kernel::Geometry geometry_;
};

// Sizes of a page and of the largest free block are in the report; the rest does not matter here.
kernel::Geometry Judge::geometry_of(const MemInfoReport& report) {
  kernel::Geometry::Shifts shifts;
  if (report.machine.page_size)
    shifts.page = std::countr_zero(static_cast<std::uint64_t>(report.machine.page_size->value));
  for (const Zone& zone : report.machine.zones)
    if (zone.free_blocks && !zone.free_blocks->empty())
      shifts.max_order = std::max(shifts.max_order, static_cast<int>(zone.free_blocks->size()) - 1);
  shifts.max_order = std::min(shifts.max_order, kernel::Geometry::kMostOrders - 1);
  shifts.pageblock = std::min(shifts.pageblock, shifts.max_order);
  return kernel::Geometry(shifts);
}

bool Judge::allowed_node(NodeId node) const {
  const auto in = [&](const std::optional<std::vector<std::int64_t>>& set) {
    return !set || std::find(set->begin(), set->end(), node.value) != set->end();
  };
  // An atomic request does not ask the cpuset (ALLOC_CPUSET).
  return in(report_.request.nodemask) && (rq_.atomic || in(report_.request.mems_allowed));
}

// Blocks of any type that can be claimed serve any request; those of CMA movable ones alone, those
// held for atomic requests of high order these alone, isolated ones nobody.
std::optional<MigrateType> Judge::usable(const std::vector<std::string>* types,
                                         std::size_t order) const {
  if (types == nullptr || order >= types->size() || (*types)[order].empty())
    return MigrateType::movable;
  const std::string& letters = (*types)[order];
  if (letters.find_first_of("UMER") != letters.npos) return MigrateType::movable;
  if (letters.find('C') != letters.npos) return MigrateType::cma;
  if (letters.find('H') != letters.npos && rq_.atomic && rq_.order > 0) return MigrateType::movable;
  return std::nullopt;
}

PageCount Judge::reserve(const Zone& zone) const {
  // The reserve is listed by the zones that the node has, in their order.
  std::size_t at = 0;
  for (const Zone& other : report_.machine.zones) {
    if (other.node != zone.node) continue;
    if (other.type >= rq_.highest) break;
    ++at;
  }
  if (zone.protection.empty()) return {};
  return zone.protection[std::min(at, zone.protection.size() - 1)];
}

PageCount Judge::unusable(const Zone& zone) const {
  PageCount out;
  if (rq_.type != MigrateType::movable)
    if (const auto cma = zone.stat.find("nr_free_cma"); cma != zone.stat.end())
      out += PageCount{cma->second};
  const auto held = report_.reserved_highatomic.find({zone.node, zone.type});
  if (!rq_.atomic && held != report_.reserved_highatomic.end()) out += held->second;
  return out;
}

int Judge::largest_order(const Zone& zone) const {
  if (!zone.free_blocks) return -1;
  const auto* types = types_of(zone);
  for (std::size_t o = zone.free_blocks->size(); o-- > 0;) {
    if ((*zone.free_blocks)[o] == 0) continue;
    const auto type = usable(types, o);
    if (type && (type != MigrateType::cma || rq_.type == MigrateType::movable))
      return static_cast<int>(o);
  }
  return -1;
}

// A block for each order that has some: the rule asks no more. They lie apart, so that none merge.
kernel::Zone Judge::as_model(const Zone& zone, PageCount more) const {
  kernel::Zone out;
  out.buddy = kernel::Buddy({}, geometry_);
  out.lowmem_reserve.fill(reserve(zone));
  const int leaf = geometry_.order_of(Bytes{2 * kMiB});
  if (more.value >= std::int64_t{1} << leaf && leaf <= geometry_.max_order())
    out.buddy.append({Pfn{}, Pfn{std::int64_t{1} << leaf}});
  if (!zone.free_blocks) return out;
  const auto* types = types_of(zone);
  const auto orders =
      std::min(zone.free_blocks->size(), static_cast<std::size_t>(geometry_.max_order()) + 1);
  for (std::size_t o = 0; o < orders; ++o) {
    const auto type = usable(types, o);
    if ((*zone.free_blocks)[o] == 0 || !type) continue;
    const Pfn start{static_cast<std::int64_t>(o + 1) * 2 * geometry_.max_order_pages()};
    out.buddy.append({start, start + PageCount{std::int64_t{1} << o}}, *type);
  }
  return out;
}

ZoneVerdict Judge::judge(const Zone& zone, PageCount more) const {
  ZoneVerdict v{.node = zone.node, .type = zone.type, .managed = zone.managed, .free = zone.free};
  v.reserve = reserve(zone);
  v.unusable = unusable(zone);
  v.largest_order = largest_order(zone);
  // A single page asked for atomically ignores the boost.
  v.mark = pages_of(zone.min);
  if (rq_.atomic && rq_.order == 0) v.mark -= std::min(v.mark, pages_of(zone.boost));
  if (zone.type > rq_.highest) {
    v.verdict = Verdict::above_request;
  } else if (!allowed_node(zone.node)) {
    v.verdict = Verdict::other_node;
  } else if (zone.free && zone.min) {
    // CMA is in `unusable` already, from the report's counter.
    const PageCount free = std::max(PageCount{}, *zone.free + more - v.unusable);
    const kernel::Zone model = as_model(zone, more);
    const PageCount cma_twice =
        rq_.type == MigrateType::movable ? PageCount{} : model.buddy.free_cma_pages();
    const auto ok = [&](const kernel::Zone& z, PageCount counted_twice) {
      return rq_.memalloc ||
             kernel::ZoneWatermarks::watermark_ok(z, v.mark, rq_, free + counted_twice);
    };
    // The same zone with a block of every order: is it the pages that are missing, or the block?
    kernel::Zone whole;
    whole.buddy = kernel::Buddy({}, geometry_);
    whole.lowmem_reserve = model.lowmem_reserve;
    whole.buddy.append({Pfn{}, Pfn{geometry_.max_order_pages()}});
    if (!ok(whole, {}))
      v.verdict = Verdict::below_watermark;
    else if (!zone.free_blocks)
      v.verdict = rq_.order == 0 ? Verdict::would_serve : Verdict::not_told;
    else
      v.verdict = ok(model, cma_twice) ? Verdict::would_serve : Verdict::no_block;
  }
  return v;
}

std::string zone_text(const ZoneVerdict& v) {
  return fmt::format("node {} {}", v.node.value, kernel::zone_name(v.type));
}

/// Sentences on why, from the verdicts; the cause first.
class Sentences {
 public:
  Sentences(const MemInfoReport& report, Explanation& out) : report_(report), out_(out) {}
  void write();

 private:
  std::vector<const ZoneVerdict*> with(Verdict verdict) const {
    std::vector<const ZoneVerdict*> all;
    for (const ZoneVerdict& v : out_.zones)
      if (v.verdict == verdict) all.push_back(&v);
    return all;
  }
  std::string size(PageCount pages) const {
    const std::int64_t page = report_.machine.page_size.value_or(Bytes{4 * kKiB}).value;
    const Bytes bytes{pages.value * page};
    if (bytes.value >= 10 * kGiB) return fmt::format("{} GiB", bytes.value / kGiB);
    if (bytes.value >= 10 * kMiB) return fmt::format("{} MiB", bytes.value / kMiB);
    return fmt::format("{} KiB", bytes.value / kKiB);
  }
  void say(std::string sentence) { out_.why.push_back(std::move(sentence)); }
  void cause();
  void beside();
  void reserves();

  const MemInfoReport& report_;
  Explanation& out_;
};

void Sentences::cause() {
  const int order = out_.request.order;
  const auto would = with(Verdict::would_serve);
  const auto below = with(Verdict::below_watermark);
  const auto no_block = with(Verdict::no_block);
  if (report_.request.memory_cgroup)
    say("it was the limit of a memory cgroup: the zones below did not matter");
  if (!would.empty()) {
    say(
        fmt::format("as printed, {} could have served it: memory came free between the failure and "
                    "the report, or a rule that the report does not show forbade it",
                    zone_text(*would.front())));
    return;
  }
  if (!no_block.empty()) {
    int largest = -1;
    for (const ZoneVerdict* v : no_block) largest = std::max(largest, v->largest_order);
    say(largest < 0 ? fmt::format("memory is fragmented: no free block is for this request, which "
                                  "needs one of order {}",
                                  order)
                    : fmt::format("memory is fragmented: {} pages in one piece (order {}) were "
                                  "asked for, the largest piece for such a request is of order {}",
                                  std::int64_t{1} << order, order, largest));
    return;
  }
  if (below.empty()) {
    say(out_.zones.empty() ? "the report names no zone with pages"
                           : "none of the zones that the report names is for this request, or it "
                             "breaks off before their numbers");
    return;
  }
  PageCount free;
  PageCount managed;
  for (const ZoneVerdict* v : below) {
    free += pages_of(v->free);
    managed += pages_of(v->managed);
  }
  say(fmt::format("every zone that it may use is at its watermark: {} free of {}", size(free),
                  size(managed)));
}

// Memory that was free and of no use.
void Sentences::beside() {
  PageCount movable;
  PageCount elsewhere;
  for (const ZoneVerdict& v : out_.zones) {
    if (v.verdict == Verdict::above_request && v.type == ZoneType::movable)
      movable += pages_of(v.free);
    if (v.verdict == Verdict::other_node) elsewhere += pages_of(v.free);
  }
  if (movable.value > 0)
    say(fmt::format(
        "{} free in Movable zones could not help: the request is for the kernel itself, "
        "whose pages cannot be moved",
        size(movable)));
  if (elsewhere.value > 0)
    say(fmt::format("{} free on other nodes could not help: {} allows only {}", size(elsewhere),
                    report_.request.nodemask ? "its memory policy" : "its cpuset",
                    fmt::join(report_.request.nodemask ? *report_.request.nodemask
                                                       : *report_.request.mems_allowed,
                              ",")));
  if (out_.request.this_node)
    say("it asked for one node alone (__GFP_THISNODE); the report does not say which");
}

void Sentences::reserves() {
  for (const ZoneVerdict& v : out_.zones) {
    if (v.verdict != Verdict::below_watermark) continue;
    if (v.reserve.value > 0 && pages_of(v.free) - v.unusable > v.mark)
      say(
          fmt::format("{} has {} free above its watermark of {}, but holds {} back from requests "
                      "that could be met higher up (lowmem_reserve)",
                      zone_text(v), size(pages_of(v.free)), size(v.mark), size(v.reserve)));
    if (v.unusable.value > 0)
      say(fmt::format("{} of what is free in {} is CMA or held for atomic requests of high order",
                      size(v.unusable), zone_text(v)));
  }
  if (out_.request.atomic)
    say("it may not sleep, so nothing was reclaimed for it; it may take five eighths of what is "
        "below the watermark");
}

void Sentences::write() {
  cause();
  beside();
  reserves();
}

}  // namespace

ZoneVerdict judge(const MemInfoReport& report, const kernel::AllocRequest& rq, const Zone& zone,
                  PageCount more) {
  return Judge(report, rq).judge(zone, more);
}

Explanation explain(const MemInfoReport& report) {
  Explanation out;
  GfpRequest gfp = gfp_request(report.request);
  out.request = gfp.request;
  for (const Zone& zone : report.machine.zones)
    if (zone.managed != PageCount{0}) out.zones.push_back(judge(report, out.request, zone));
  Sentences(report, out).write();
  if (!gfp.note.empty()) out.why.push_back(gfp.note);
  answer_range(report, out);
  return out;
}

}  // namespace mhp::observed
