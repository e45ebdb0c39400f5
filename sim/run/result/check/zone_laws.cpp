#include <algorithm>

#include "sim/kernel/placement/placement.hpp"
#include "sim/run/result/check/view.hpp"

namespace mhp::run {

namespace {

/// The place of a value of an array over time, node and zone.
struct Place {
  Place(GroupView& g, std::size_t i) {
    const std::size_t zones = g.texts("zone").size(), nodes = g.ints("node").size();
    time = g.ints("time")[i / zones / nodes];
    node = g.ints("node")[i / zones % nodes];
    zone = g.texts("zone")[i % zones];
  }
  std::int64_t time, node;
  std::string zone;
  std::string text() const { return fmt::format("at {} ns, node {}, zone {}", time, node, zone); }
};

/// Whether an operation goes on at a moment: one that another, of device memory, has ended within,
/// since a sample is taken at each end.
bool within_an_operation(GroupView& h, std::int64_t time) {
  const auto& started = h.ints("started");
  const auto& finished = h.ints("finished");
  for (std::size_t i = 0; i < std::min(started.size(), finished.size()); ++i)
    if (started[i] < time && time < finished[i]) return true;
  return false;
}

// In the middle of an onlining pages are managed that are not yet present, as in the kernel.
void order_of_pages(GroupView& z, GroupView& h, std::string_view placement, FileCheck& check) {
  const auto& free = z.ints("nr_free_pages");
  const auto& managed = z.ints("managed_pages");
  const auto& present = z.ints("present_pages");
  const auto& spanned = z.ints("spanned_pages");
  if (!z.whole()) return;
  const std::size_t last = free.size() - z.ints("node").size() * z.texts("zone").size();
  {
    Law law(check, "free <= managed pages");
    for (std::size_t i = 0; i < free.size(); ++i)
      law.holds(0 <= free[i] && free[i] <= managed[i], "zones: {} are free of {} managed {}",
                free[i], managed[i], Place(z, i).text());
  }
  {
    Law law(check, "managed <= present pages, but in the middle of an onlining");
    for (std::size_t i = 0; i < last; ++i)
      law.holds(managed[i] <= present[i] || within_an_operation(h, Place(z, i).time),
                "zones: {} are managed of {} present {}", managed[i], present[i],
                Place(z, i).text());
  }
  // Heads that fall out of a span stay present. Of a placement that is not known here nobody can
  // say.
  const kernel::PlacementPolicy* policy = kernel::placements().find(placement);
  if (policy == nullptr || policy->heads_leave_spans) return;
  Law law(check, "present <= spanned pages");
  for (std::size_t i = 0; i < free.size(); ++i)
    law.holds(present[i] <= spanned[i], "zones: {} are present of {} spanned {}", present[i],
              spanned[i], Place(z, i).text());
}

void order_of_watermarks(GroupView& z, FileCheck& check) {
  const auto& min = z.ints("min");
  const auto& low = z.ints("low");
  const auto& high = z.ints("high");
  if (!z.whole()) return;
  Law law(check, "min <= low <= high");
  for (std::size_t i = 0; i < min.size(); ++i)
    law.holds(min[i] <= low[i] && low[i] <= high[i], "zones: watermarks {}, {}, {} {}", min[i],
              low[i], high[i], Place(z, i).text());
}

// No kernel has a greater order; a file may.
constexpr int kMostOrder = 31;

void free_blocks(GroupView& z, GroupView& b, FileCheck& check) {
  const auto& free = z.ints("nr_free_pages");
  const auto& pcp = z.ints("pcp");
  const auto& blocks = b.ints("free_blocks");
  const auto& orders = b.ints("order");
  if (!z.whole() || !b.whole()) return;
  Law law(check, "the buddy's free blocks are the free pages that are on no per-CPU list");
  if (blocks.size() != free.size() * orders.size())
    return law.holds(false, "buddy and zones have other axes");
  for (const std::int64_t order : orders)
    if (order < 0 || order > kMostOrder)
      return law.holds(false, "buddy: there is no order {}", order);
  for (std::size_t i = 0; i < free.size(); ++i) {
    Wide pages = 0;
    for (std::size_t o = 0; o < orders.size(); ++o)
      pages += Wide{blocks[i * orders.size() + o]} << orders[o];
    law.holds(pages == Wide{free[i]} - pcp[i],
              "buddy: {} pages, zones: {} free, {} of them per-CPU, {}", pages, free[i], pcp[i],
              Place(z, i).text());
  }
}

void ascending(GroupView& z, FileCheck& check) {
  const auto& time = z.ints("time");
  if (!z.whole()) return;
  Law law(check, "samples are in the order of time");
  for (std::size_t i = 1; i < time.size(); ++i)
    law.holds(time[i - 1] < time[i], "zones: {} ns comes after {} ns", time[i], time[i - 1]);
}

}  // namespace

void zone_laws(const record::FileContent& file, FileCheck& check) {
  GroupView z(file, "zones"), b(file, "buddy"), h(file, "hotplug");
  if (z.ints("node").empty() || z.texts("zone").empty() || z.ints("time").empty()) return;
  order_of_pages(z, h, record::text_of(file.attributes, "placement"), check);
  order_of_watermarks(z, check);
  free_blocks(z, b, check);
  ascending(z, check);
}

}  // namespace mhp::run
