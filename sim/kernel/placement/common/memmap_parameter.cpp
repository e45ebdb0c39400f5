#include "sim/kernel/placement/common/memmap_parameter.hpp"

namespace mhp::kernel {

// Of a truth value the kernel reads the first letter, of "on" and "off" the second.
std::optional<MemmapOnMemory> parse_memmap_on_memory(std::string_view text) {
  if (text == "force" || text == "FORCE") return MemmapOnMemory::force;
  const bool two = text.size() > 1 && (text[0] == 'o' || text[0] == 'O');
  const std::string_view letter = text.substr(two ? 1 : 0, 1);
  if (letter.empty()) return std::nullopt;
  const std::string_view on = two ? "nN" : "yYtT1";
  const std::string_view off = two ? "fF" : "nNfF0";
  if (on.find(letter) != on.npos) return MemmapOnMemory::on;
  if (off.find(letter) != off.npos) return MemmapOnMemory::off;
  return std::nullopt;
}

const char* placement_of(MemmapOnMemory setting) {
  switch (setting) {
    case MemmapOnMemory::on:
      return "hotplugged_range";
    case MemmapOnMemory::force:
      return "hotplugged_range_force";
    case MemmapOnMemory::off:
      break;
  }
  return "boot_memory";
}

}  // namespace mhp::kernel
