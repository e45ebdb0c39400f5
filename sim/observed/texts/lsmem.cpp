#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/observed/texts/json_text.hpp"
#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/number_list.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

constexpr std::string_view kLsmem = "output of lsmem; it begins with \"RANGE\"";

/// The smallest memory block is a section, on no architecture less than this.
constexpr std::int64_t kLeastBlock = 16 * kMiB;
constexpr std::int64_t kMostListedBlocks = kMostBytes / kLeastBlock;

/// A row of lsmem, cell by cell; columns are those that lsmem --help lists.
struct Row {
  Blocks blocks;
  std::optional<std::int64_t> first;  ///< address
  std::optional<std::int64_t> end;
  bool numbered = false;

  /// False if the cell is not what its column has.
  bool cell(std::string_view column, std::string_view value);
};

bool Row::cell(std::string_view column, std::string_view value) {
  if (value.empty() || value == "-") return true;
  if (column == "RANGE") {
    const std::size_t dash = value.find('-');
    if (dash == value.npos) return false;
    std::string_view from = value.substr(0, dash);
    std::string_view to = value.substr(dash + 1);
    if (!take(from, "0x") || !take(to, "0x")) return false;
    first = number_of(from, kMostBytes - 1, 16);
    const auto last = number_of(to, kMostBytes - 1, 16);
    if (!first || !last || *last < *first) return false;
    end = *last + 1;
  } else if (column == "STATE") {
    if (value != "online" && value != "offline" && value != "going-offline") return false;
    blocks.state = value;
  } else if (column == "REMOVABLE") {
    if (value != "yes" && value != "no") return false;
    blocks.removable = value == "yes";
  } else if (column == "BLOCK") {
    const std::size_t dash = value.find('-');
    const auto from = number_of(value.substr(0, dash), kMostListedBlocks);
    const auto to =
        dash == value.npos ? from : number_of(value.substr(dash + 1), kMostListedBlocks);
    if (!from || !to || *to < *from) return false;
    blocks.first = *from;
    blocks.last = *to;
    numbered = true;
  } else if (column == "NODE") {
    const auto node = number_of(value, kMostNodes - 1);
    if (!node) return false;
    blocks.node = NodeId{static_cast<std::int32_t>(*node)};
  } else if (column == "ZONES") {
    blocks.valid_zones = printable(value);
    // lsmem joins with a slash what valid_zones of sysfs separates by a blank, and spells it
    // "None".
    std::replace(blocks.valid_zones.begin(), blocks.valid_zones.end(), '/', ' ');
    if (blocks.valid_zones == "None") blocks.valid_zones = "none";
  }
  return true;
}

class Listing {
 public:
  explicit Listing(Observed& into) : into_(into) {}
  bool found() const { return !rows_.empty(); }
  void add(Row row) { rows_.push_back(std::move(row)); }
  void block_size(Bytes size) { size_ = size; }
  /// Since util-linux 2.41.
  void memmap_on_memory(bool on) {
    into_.settings["module/memory_hotplug/parameters/memmap_on_memory"] = on ? "Y" : "N";
  }

  /// Gives the rows to `into`; what is wrong with them, if something is.
  std::optional<std::string> finish();

 private:
  std::optional<Bytes> size_of_block() const;

  Observed& into_;
  std::vector<Row> rows_;
  std::optional<Bytes> size_;
};

// From its summary, or from a row that has addresses and numbers.
std::optional<Bytes> Listing::size_of_block() const {
  if (size_ || into_.block_size) return size_ ? size_ : into_.block_size;
  for (const Row& row : rows_)
    if (row.numbered && row.end)
      return Bytes{(*row.end - *row.first) / (row.blocks.last - row.blocks.first + 1)};
  return std::nullopt;
}

std::optional<std::string> Listing::finish() {
  const auto size = size_of_block();
  if (!size) return "neither numbers of blocks nor their size";
  if (size->value < kLeastBlock || size->value % kLeastBlock != 0)
    return fmt::format("a memory block of {} bytes", size->value);
  std::vector<Blocks> all;
  for (Row& row : rows_) {
    if (!row.numbered && !row.end) return "a row has neither a range nor a block";
    if (!row.numbered) {
      row.blocks.first = *row.first / size->value;
      row.blocks.last = (*row.end - 1) / size->value;
    } else if (row.blocks.last >= kMostBytes / size->value) {
      return fmt::format("block {} lies beyond all memory", row.blocks.last);
    } else if (row.end && (*row.first != row.blocks.first * size->value ||
                           *row.end != (row.blocks.last + 1) * size->value)) {
      return fmt::format("blocks {} to {} of {} bytes are not at {:x}-{:x}", row.blocks.first,
                         row.blocks.last, size->value, *row.first, *row.end - 1);
    }
    all.push_back(std::move(row.blocks));
  }
  std::sort(all.begin(), all.end(),
            [](const Blocks& a, const Blocks& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i].first <= all[i - 1].last)
      return fmt::format("block {} is in two rows", all[i].first);
  into_.block_size = size;
  into_.blocks = std::move(all);
  return std::nullopt;
}

std::string not_a_cell(std::string_view column, std::string_view value) {
  return fmt::format("{}: '{}' is no value of this column", column, printable(value));
}

/// The words of a row under its head; the column REMOVABLE is blank where nobody knows.
void take_row(Scan& scan, const std::vector<std::string_view>& columns, Listing& table) {
  const std::string_view line = scan.line().text;
  std::vector<std::string_view> words;
  for (std::string_view w = scan.word(); !w.empty(); w = scan.word()) words.push_back(w);
  auto have = columns;
  if (words.size() + 1 == have.size())
    have.erase(std::remove(have.begin(), have.end(), "REMOVABLE"), have.end());
  if (words.size() != have.size())
    return scan.fail(line, fmt::format("{} values under {} columns", words.size(), columns.size()));
  Row row;
  for (std::size_t i = 0; i < have.size(); ++i)
    if (!row.cell(have[i], words[i])) return scan.fail(words[i], not_a_cell(have[i], words[i]));
  table.add(std::move(row));
}

Result<void> read_table(std::string_view text, const Location& at, Listing& table) {
  Scan scan(text, at);
  std::vector<std::string_view> columns;
  while (scan.next_line()) {
    std::string_view rest = scan.rest();
    if (take(rest, "Memory block size:")) {
      const auto size = size_of_util_linux(trimmed(rest));
      if (!size || size->value == 0)
        scan.fail(rest, fmt::format("'{}' is no size", printable(trimmed(rest))));
      else
        table.block_size(*size);
    } else if (take(rest, "Memmap on memory parameter:")) {
      table.memmap_on_memory(trimmed(rest) == "yes");
    } else if (rest.starts_with("RANGE ")) {
      columns.clear();
      for (std::string_view w = take_word(rest); !w.empty(); w = take_word(rest))
        columns.push_back(w);
    } else if (rest.starts_with("0x") && !columns.empty()) {
      take_row(scan, columns, table);
    }
  }
  return scan.result(table.found(), kLsmem);
}

/// {"memory": [{"range": "0x...", "state": "online", "removable": true, "block": "0-23"}]}
Result<void> read_json(std::string_view text, const Location& at, Listing& table) {
  const auto json = json_of(text, at, "output of lsmem -J");
  if (!json) return tl::unexpected<Diagnostics>(json.error());
  const auto list = json->find("memory");
  if (list == json->end() || !list->is_array())
    return fail(at, fmt::format("this is no {}", kLsmem));
  for (const auto& entry : *list) {
    if (!entry.is_object()) continue;
    Row row;
    for (const auto& [key, value] : entry.items()) {
      std::string column = key;
      for (char& c : column) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      std::string cell;
      if (value.is_string()) cell = value.get<std::string>();
      if (value.is_boolean()) cell = value.get<bool>() ? "yes" : "no";
      if (value.is_number_unsigned()) cell = fmt::to_string(value.get<std::uint64_t>());
      if (!row.cell(column, cell)) return fail(at, not_a_cell(printable(column), cell));
    }
    table.add(std::move(row));
  }
  if (!table.found()) return fail(at, fmt::format("this is no {}", kLsmem));
  return {};
}

}  // namespace

Result<void> read_lsmem(std::string_view text, const Location& at, Observed& into) {
  Listing table(into);
  const auto read =
      trimmed(text).starts_with("{") ? read_json(text, at, table) : read_table(text, at, table);
  if (!read) return read;
  if (const auto wrong = table.finish()) return fail(at, fmt::format("lsmem: {}", *wrong));
  into.found.push_back({"memory blocks", "lsmem"});
  return {};
}

}  // namespace mhp::observed
