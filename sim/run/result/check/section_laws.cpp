#include <algorithm>
#include <charconv>
#include <optional>

#include "sim/run/result/check/view.hpp"

namespace mhp::run {

namespace {

/// The number of a word among the meanings of a flag; past the end if it is none of them.
std::size_t flag(const record::Flags& f, const std::string& word) {
  return static_cast<std::size_t>(std::find(f.meanings.begin(), f.meanings.end(), word) -
                                  f.meanings.begin());
}

/// The value of a parameter that is a whole number; nothing if the file has none.
std::optional<std::int64_t> parameter(const record::FileContent& file, const std::string& name) {
  GroupView provenance(file, "provenance");
  const auto& names = provenance.texts("name");
  const auto& values = provenance.texts("value");
  const auto at =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (at >= std::min(names.size(), values.size())) return std::nullopt;
  std::int64_t n = 0;
  const std::string& text = values[at];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

/// Whether the struct pages of each block fill whole pages, as far as the file says.
bool fill_pages(const record::FileContent& file, const std::vector<std::int64_t>& block_pages) {
  const auto size = parameter(file, "kernel.struct_page_size");
  const auto page = parameter(file, "kernel.architecture.page_size");
  if (!size || !page || *page <= 0) return true;
  return std::all_of(block_pages.begin(), block_pages.end(),
                     [&](std::int64_t n) { return Wide{n} * *size % *page == 0; });
}

}  // namespace

void section_laws(const record::FileContent& file, FileCheck& check) {
  GroupView s(file, "sections"), m(file, "memmap");
  if (!s.there()) return;
  const auto& start = s.ints("start_pfn");
  const auto& pages = s.ints("pages");
  const auto& memmap = s.ints("memmap_pages");
  const auto& kind = s.flags("kind");
  const auto& owner = s.flags("memmap_owner");
  const auto& block = m.ints("start_pfn");
  const auto& block_pages = m.ints("pages");
  const auto& block_memmap = m.ints("memmap_pages");
  if (!s.whole() || !m.whole()) return;
  {
    Law law(check, "runs of sections ascend and do not overlap");
    for (std::size_t i = 0; i < start.size(); ++i)
      law.holds(pages[i] > 0 && (i == 0 || Wide{start[i - 1]} + pages[i - 1] <= start[i]),
                "sections: run {} of {} pages begins at page frame {}", i, pages[i], start[i]);
  }
  Law law(check, "sections that were added, and their memmap, are those of the memory blocks");
  const std::size_t added = flag(kind, "hot_added"), none = flag(owner, "none");
  Wide memory = 0, memory_of_blocks = 0, pays = 0, pays_of_blocks = 0;
  for (std::size_t i = 0; i < start.size(); ++i) {
    if (kind.values[i] != added) continue;
    memory += pages[i];
    pays += memmap[i];
  }
  for (std::size_t b = 0; b < block.size(); ++b) {
    memory_of_blocks += block_pages[b];
    const auto run = std::upper_bound(start.begin(), start.end(), block[b]) - start.begin();
    const bool has_none = run > 0 && owner.values[static_cast<std::size_t>(run - 1)] == none;
    if (!has_none) pays_of_blocks += block_memmap[b];
  }
  law.holds(memory == memory_of_blocks, "sections: {} pages were added, {} in memory blocks",
            memory, memory_of_blocks);
  // Of a page that neighbours share neither counts it, all together do.
  const Wide shared = fill_pages(file, block_pages) ? Wide{0} : Wide{block.size()};
  law.holds(pays_of_blocks <= pays && pays <= pays_of_blocks + shared,
            "sections: {} pages of memmap, {} of the memory blocks", pays, pays_of_blocks);
}

}  // namespace mhp::run
