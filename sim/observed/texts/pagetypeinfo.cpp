#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "sim/observed/texts/texts.hpp"
#include "sim/observed/texts/zone_line.hpp"

namespace mhp::observed {

namespace {

std::optional<FreeType> type_named(std::string_view name) {
  const auto it = std::find(kFreeTypes.begin(), kFreeTypes.end(), name);
  if (it == kFreeTypes.end()) return std::nullopt;
  return static_cast<FreeType>(it - kFreeTypes.begin());
}

/// The two tables of the text: free blocks by order, a line for each zone and type; pageblocks by
/// type, a line for each zone and a column for each type.
class Tables {
 public:
  Tables(Scan& scan, Observed& into) : scan_(scan), into_(into) {}

  bool found() const { return !seen_.empty() || !counted_.empty(); }
  void line() {
    if (scan_.take("Number of blocks type")) return columns();
    // Since 4.4 with page_owner: "Number of mixed blocks", of which nothing is kept.
    if (scan_.take("Number of mixed blocks")) {
      columns_.clear();
      return;
    }
    const std::string_view line = scan_.rest();
    const auto place = take_zone_place(scan_);
    if (!place) return;
    if (scan_.take("type"))
      free_blocks(*place, line);
    else if (!columns_.empty())
      pageblocks(*place, line);
  }

 private:
  void columns() {
    columns_.clear();
    for (std::string_view word = scan_.word(); !word.empty(); word = scan_.word())
      columns_.push_back(type_named(word));
  }
  void free_blocks(ZonePlace place, std::string_view line) {
    const std::string_view name = scan_.word();
    const auto type = type_named(name);
    FreeBlocks blocks = take_free_blocks(scan_);
    // "Reserve" of 4.3 and older is what HighAtomic became.
    if (!type && name != "Reserve")
      scan_.fail(name, fmt::format("migrate type '{}' is not known", printable(name)),
                 fmt::format("types are {}", fmt::join(kFreeTypes, ", ")));
    if (scan_.failed()) return;
    const FreeType known = type.value_or(FreeType::highatomic);
    if (!seen_.insert({place, known}).second)
      return scan_.fail(line, "this zone and type were there before",
                        "one /proc/pagetypeinfo at a time");
    into_.zone(place.node, place.type).free_blocks_of[known] = std::move(blocks);
  }
  void pageblocks(ZonePlace place, std::string_view line) {
    if (!counted_.insert(place).second)
      return scan_.fail(line, "the pageblocks of this zone were there before",
                        "one /proc/pagetypeinfo at a time");
    Zone& zone = into_.zone(place.node, place.type);
    for (const auto& type : columns_) {
      if (scan_.rest().empty()) return;
      const std::int64_t n = scan_.number("pageblocks", kMostPages);
      if (type && !scan_.failed()) zone.pageblocks[*type] = n;
    }
  }

  Scan& scan_;
  Observed& into_;
  std::set<std::pair<ZonePlace, FreeType>> seen_;
  std::set<ZonePlace> counted_;
  std::vector<std::optional<FreeType>> columns_;
};

}  // namespace

Result<void> read_pagetypeinfo(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  Tables tables(scan, into);
  while (scan.next_line()) tables.line();
  const auto read =
      scan.result(tables.found(), "/proc/pagetypeinfo; it begins with \"Page block order:\"");
  if (read)
    into.found.push_back({"free blocks and pageblocks by migrate type", "/proc/pagetypeinfo"});
  return read;
}

}  // namespace mhp::observed
