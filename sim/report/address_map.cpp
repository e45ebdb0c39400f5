#include "sim/report/address_map.hpp"

#include <algorithm>

#include "sim/report/group_view.hpp"

namespace mhp::report {

namespace {

/// No page frame of any machine is beyond: 52 bits of address have 2^40 pages of 4 KiB.
constexpr std::int64_t kMostPages = std::int64_t{1} << 42;

/// Whether they are amounts of pages of one machine: none negative, and as much in all as there can
/// be.
bool amounts(const Ints& pages) {
  std::int64_t sum = 0;
  for (const std::int64_t n : pages) {
    if (n < 0 || n > kMostPages - sum) return false;
    sum += n;
  }
  return true;
}

/// Whether they are page frames; -1: none.
bool frames(const Ints& pfns) {
  return std::all_of(pfns.begin(), pfns.end(),
                     [](std::int64_t pfn) { return pfn >= -1 && pfn <= kMostPages; });
}

/// Hot-added blocks as the group memmap has them, by address.
std::vector<Stretch> blocks_of(const record::FileContent& file) {
  const GroupView g(file, "memmap");
  const std::vector<std::string> dims{"block"};
  const Ints* number = g.axis("block");
  const Ints* start = g.ints("start_pfn", dims);
  const Ints* pages = g.ints("pages", dims);
  const Ints* memmap = g.ints("memmap_pages", dims);
  const Ints* node = g.ints("memmap_node", dims);
  const record::Flags* zone = g.flags("memmap_zone", dims);
  const record::Flags* placement = g.flags("placement", dims);
  const Ints* online = g.ints("online_at", dims);
  const Ints* head = g.ints("unusable_pages", dims);
  std::vector<Stretch> out;
  if (!number || !start || !pages || !memmap || !node || !zone || !placement || !online || !head)
    return out;
  if (!frames(*start) || !amounts(*pages) || !amounts(*memmap) || !amounts(*head)) return out;
  for (std::size_t i = 0; i < number->size(); ++i)
    out.push_back({.start_pfn = (*start)[i],
                   .pages = (*pages)[i],
                   .node = -1,
                   .kind = "hot_added",
                   .state = (*online)[i] < 0 ? "offline" : "online",
                   .block = (*number)[i],
                   .memmap_pages = (*memmap)[i],
                   .memmap_node = (*node)[i],
                   .memmap_zone = meaning(*zone, i),
                   .head_pages = (*head)[i],
                   .placement = meaning(*placement, i),
                   .online_first = (*online)[i],
                   .online_last = (*online)[i]});
  std::sort(out.begin(), out.end(),
            [](const Stretch& a, const Stretch& b) { return a.start_pfn < b.start_pfn; });
  return out;
}

/// The nodes of the blocks, as the operations that brought them have them.
void tell_nodes(const record::FileContent& file, std::vector<Stretch>& blocks) {
  const GroupView g(file, "hotplug");
  const Ints* block = g.ints("block", {"op"});
  const Ints* node = g.ints("node", {"op"});
  if (!block || !node) return;
  std::vector<std::pair<std::int64_t, std::int64_t>> known;
  for (std::size_t i = 0; i < block->size(); ++i)
    if ((*block)[i] >= 0) known.emplace_back((*block)[i], (*node)[i]);
  std::sort(known.begin(), known.end());
  for (Stretch& b : blocks) {
    const auto it = std::lower_bound(known.begin(), known.end(), std::pair(b.block, INT64_MIN));
    if (it != known.end() && it->first == b.block) b.node = it->second;
  }
}

/// Stretches of sections, and of hot-added ones what their blocks know.
std::vector<Stretch> sections_of(const record::FileContent& file,
                                 const std::vector<Stretch>& blocks) {
  const GroupView g(file, "sections");
  const std::vector<std::string> dims{"run"};
  const Ints* start = g.ints("start_pfn", dims);
  const Ints* pages = g.ints("pages", dims);
  const record::Flags* kind = g.flags("kind", dims);
  const record::Flags* state = g.flags("state", dims);
  const Ints* node = g.ints("node", dims);
  const Ints* block = g.ints("block", dims);
  const record::Flags* zone = g.flags("zone", dims);
  const Ints* memmap = g.ints("memmap_pages", dims);
  const Ints* memmap_pfn = g.ints("memmap_pfn", dims);
  const Ints* memmap_node = g.ints("memmap_node", dims);
  const record::Flags* memmap_zone = g.flags("memmap_zone", dims);
  const record::Flags* owner = g.flags("memmap_owner", dims);
  std::vector<Stretch> out;
  if (!start || !pages || !kind || !state || !node || !block || !zone || !memmap || !memmap_pfn ||
      !memmap_node || !memmap_zone || !owner)
    return out;
  if (!frames(*start) || !amounts(*pages) || !amounts(*memmap) || !frames(*memmap_pfn)) return out;
  for (std::size_t i = 0; i < start->size(); ++i) {
    Stretch s{.start_pfn = (*start)[i],
              .pages = (*pages)[i],
              .node = (*node)[i],
              .kind = meaning(*kind, i),
              .state = meaning(*state, i),
              .zone = meaning(*zone, i),
              .block = (*block)[i],
              .count = 0,
              .memmap_pages = (*memmap)[i],
              .memmap_pfn = (*memmap_pfn)[i],
              .memmap_node = (*memmap_node)[i],
              .memmap_zone = meaning(*memmap_zone, i),
              .memmap_owner = meaning(*owner, i)};
    const auto first =
        std::lower_bound(blocks.begin(), blocks.end(), s.start_pfn,
                         [](const Stretch& b, std::int64_t pfn) { return b.start_pfn < pfn; });
    for (auto b = first; b != blocks.end() && b->start_pfn < s.start_pfn + s.pages; ++b) {
      ++s.count;
      s.head_pages += b->head_pages;
      s.placement = b->placement;
      if (b->online_first < 0) continue;
      s.online_first =
          s.online_first < 0 ? b->online_first : std::min(s.online_first, b->online_first);
      s.online_last = std::max(s.online_last, b->online_last);
    }
    out.push_back(std::move(s));
  }
  return out;
}

/// Whether the memory of `b` follows `a` on the same node.
bool follows(const Stretch& a, const Stretch& b) {
  return b.start_pfn == a.start_pfn + a.pages && a.node == b.node;
}

bool same_story(const Stretch& a, const Stretch& b) {
  __extension__ using Wide = __int128;
  const auto alike = [&](std::int64_t of_a, std::int64_t of_b) {
    return Wide{of_a} * b.count == Wide{of_b} * a.count;
  };
  return follows(a, b) && a.kind == b.kind && a.state == b.state && a.zone == b.zone &&
         a.memmap_node == b.memmap_node && a.memmap_zone == b.memmap_zone &&
         a.memmap_owner == b.memmap_owner && a.placement == b.placement && a.memmap_pfn < 0 &&
         b.memmap_pfn < 0 &&
         // Each block has as much memmap, and as much of it in its own head.
         alike(a.pages, b.pages) && alike(a.memmap_pages, b.memmap_pages) &&
         alike(a.head_pages, b.head_pages);
}

Stretch together(const Stretch& a, const Stretch& b, bool mixed) {
  Stretch out = a.pages >= b.pages ? a : b;
  out.start_pfn = a.start_pfn;
  out.block = a.block >= 0 ? a.block : b.block;
  out.pages = a.pages + b.pages;
  out.count = a.count + b.count;
  out.memmap_pages = a.memmap_pages + b.memmap_pages;
  out.memmap_pfn = a.memmap_pfn;
  out.head_pages = a.head_pages + b.head_pages;
  const auto [first, second] = std::minmax(a.online_first, b.online_first);
  out.online_first = first < 0 ? second : first;
  out.online_last = std::max(a.online_last, b.online_last);
  out.mixed = mixed || a.mixed || b.mixed;
  return out;
}

template <class May>
std::vector<Stretch> merged(const std::vector<Stretch>& in, bool mixed, bool pairs, May may) {
  std::vector<Stretch> out;
  bool full = false;  // the last one has taken another in already
  for (const Stretch& s : in) {
    if (!out.empty() && !(pairs && full) && may(out.back(), s)) {
      out.back() = together(out.back(), s, mixed);
      full = true;
    } else {
      out.push_back(s);
      full = false;
    }
  }
  return out;
}

}  // namespace

std::vector<Stretch> coarsened(std::vector<Stretch> stretches, std::size_t most) {
  while (stretches.size() > std::max<std::size_t>(1, most)) {
    auto fewer = merged(stretches, true, true, follows);
    // Memory that jumps between nodes: whatever lies next to each other.
    if (fewer.size() * 10 > stretches.size() * 9)
      fewer = merged(stretches, true, true, [](const Stretch&, const Stretch&) { return true; });
    stretches = std::move(fewer);
  }
  return stretches;
}

std::vector<Stretch> address_map(const record::FileContent& file, std::size_t most) {
  auto blocks = blocks_of(file);
  tell_nodes(file, blocks);
  auto stretches = sections_of(file, blocks);
  if (stretches.empty()) stretches = merged(blocks, false, false, same_story);
  return coarsened(std::move(stretches), most);
}

}  // namespace mhp::report
