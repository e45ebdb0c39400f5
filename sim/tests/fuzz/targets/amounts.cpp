// Amounts, names of steps and ranges as people write them; what is taken is printed and read back
// as the same.
#include "analysis/validation/published/target.hpp"
#include "sim/config/size_requests.hpp"
#include "sim/core/units.hpp"
#include "sim/kernel/boot/early_reservations.hpp"
#include "sim/kernel/placement/common/memmap_parameter.hpp"
#include "sim/study/design/constraint.hpp"
#include "sim/tests/fuzz/target.hpp"
#include "sim/tests/fuzz/tools.hpp"
#include "workloads/script/steps.hpp"

namespace mhp::fuzz {

namespace amounts_target {
namespace {

template <class Parse, class Format>
void round_trip(const std::string& text, Parse parse, Format format) {
  const auto value = parse(text, Location{"f", 1, 1});
  if (!checked(value)) return;
  MHP_INVARIANT(value->value >= 0, "'{}' is {}", text, value->value);
  const std::string written = format(*value);
  const auto again = parse(written, Location{"f", 1, 1});
  MHP_INVARIANT(again && again->value == value->value, "'{}' is written as '{}'", text, written);
}

void read(const std::string& text) {
  round_trip(text, parse_bytes, format_bytes);
  round_trip(text, parse_time, format_time_exact);
  round_trip(text, parse_picoseconds, format_picoseconds);
  round_trip(text, parse_bandwidth, format_bandwidth);
  for (const Unit unit : {Unit::one, Unit::byte, Unit::ns, Unit::page})
    checked(study::amount(text, unit, {"f", 1, 1}));
  checked(config::parse_size_request(text, {"f", 1, 1}));
  checked(workloads::parse_step(text, "steps.0", {"f", 1, 1}));
  kernel::parse_swiotlb(text);
  kernel::parse_crashkernel(text, Bytes{64 * kGiB});
  kernel::parse_memmap_on_memory(text);
  published::parse_quantity(text);
}

std::vector<std::string> written() {
  return {"64GiB",
          "1.5TiB",
          "4096B",
          "113.1GB/s",
          "250ns",
          "1.5ms",
          "2h",
          "54.7ns",
          "9_223_372_036_854_775_807 B",
          "10s 4GiB",
          "free<1GiB 4GiB",
          "free>8GiB 2GiB",
          "round 1GiB 64MiB 4KiB 10ms",
          "hold 1GiB thp",
          "unmovable 1GiB 5",
          "sleep 10s",
          "swiotlb=65536,4,force",
          "65536,4,noforce",
          "512M-2G:64M,2G-:128M@16M",
          "256M,high",
          "72M,low",
          "force",
          "20%"};
}

}  // namespace
}  // namespace amounts_target

void register_fuzz_target_amounts(TargetRegistry& registry) {
  registry.add({"amounts", "sizes, times, speeds, requests, steps and boot parameters",
                amounts_target::written, amounts_target::read, 20'000});
}

}  // namespace mhp::fuzz
