#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

// "Filename  Type  Size  Used  Priority", then a line for each; sizes in kB. Names have no blanks:
// the kernel escapes them. What a swap is called is nobody's business.
Result<void> read_swaps(std::string_view text, const Location& at, Observed& into) {
  constexpr std::int64_t kMostKib = kMostBytes / kKiB;
  Scan scan(text, at);
  bool headed = false;
  std::vector<Swap> swaps;
  while (scan.next_line()) {
    const std::string_view first = scan.word();
    const std::string_view kind = scan.word();
    if (first == "Filename" && kind == "Type") {
      headed = true;
      continue;
    }
    if (!headed || (kind != "partition" && kind != "file")) continue;
    Swap swap;
    swap.kind = kind;
    swap.size = Bytes{scan.number("size", kMostKib) * kKiB};
    if (!scan.rest().empty()) swap.used = Bytes{scan.number("used", kMostKib) * kKiB};
    if (scan.failed()) break;
    swaps.push_back(std::move(swap));
  }
  const auto read = scan.result(headed, "/proc/swaps; it begins with \"Filename\"");
  if (!read) return read;
  into.swaps = std::move(swaps);
  into.found.push_back({"swap", "/proc/swaps"});
  return read;
}

}  // namespace mhp::observed
