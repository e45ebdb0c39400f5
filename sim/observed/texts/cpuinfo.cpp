#include <fmt/format.h>

#include <cstdint>

#include "sim/observed/texts/lines.hpp"
#include "sim/observed/texts/texts.hpp"

namespace mhp::observed {

namespace {

constexpr std::int64_t kMostId = 1'000'000;

/// A number in decimal, or in hexadecimal after "0x" (arm64).
Said<std::int64_t> id_of(std::string_view text) {
  if (take(text, "0x")) return number_of(text, kMostId, 16);
  return number_of(text, kMostId);
}

void take_flags(std::string_view text, Processors& into) {
  constexpr std::size_t kMostFlags = 1024;
  into.flags.clear();
  for (std::string_view w = take_word(text); !w.empty(); w = take_word(text))
    if (into.flags.size() < kMostFlags) into.flags.push_back(printable(w));
}

/// A field of a processor, under the names of x86-64, arm64 and ppc64.
void take_field(std::string_view name, std::string_view value, Processors& into) {
  if (name == "vendor_id" || name == "CPU implementer") into.vendor = printable(value);
  if (name == "cpu family") into.family = id_of(value);
  if (name == "model" || name == "CPU part") into.model_number = id_of(value);
  if (name == "stepping" || name == "CPU revision") into.stepping = id_of(value);
  if (name == "model name" || name == "cpu") into.model = printable(value, 120);
  if (name == "flags" || name == "Features") take_flags(value, into);
  // "46 bits physical, 48 bits virtual"
  if (name == "address sizes") into.physical_address_bits = number_of(take_word(value), 64);
}

}  // namespace

Result<void> read_cpuinfo(std::string_view text, const Location& at, Observed& into) {
  Scan scan(text, at);
  std::int64_t processors = 0;
  while (scan.next_line()) {
    const std::string_view line = scan.rest();
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view name = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "processor") {
      scan.number(value, "processor", kMostCpus - 1);
      ++processors;
    }
    // They are alike as far as matters here: the first tells.
    if (processors <= 1) take_field(name, value, into.processors);
  }
  const auto read = scan.result(processors > 0, "/proc/cpuinfo; it begins with \"processor\"");
  if (!read) return read;
  into.processors.count = processors;
  into.found.push_back({"processors", "/proc/cpuinfo"});
  return {};
}

}  // namespace mhp::observed
