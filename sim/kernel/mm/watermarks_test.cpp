// Watermarks of random machines against their closed forms.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/kernel/mm/mm.hpp"

namespace mhp::kernel::watermarks_test {
namespace {

struct Sums {
  std::int64_t zones = 0;    ///< populated kernel zones
  std::int64_t managed = 0;  ///< pages of all of them
  std::int64_t above = 0;    ///< pages above the high watermarks
};

Sums sums(const Mm& mm) {
  Sums s;
  for (std::size_t n = 0; n < mm.nodes(); ++n)
    for (const Zone& z : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones) {
      if (!z.populated()) continue;
      ++s.zones;
      s.managed += z.managed_pages.value;
      s.above += std::max<std::int64_t>(0, (z.managed_pages - z.watermark.high).value);
    }
  return s;
}

/// min = floor(min_free_pages * managed / sum of managed), low and high a quarter of it or
/// managed * factor / 10,000 above, whichever is more.
void check_zones(const Mm& mm, std::int64_t factor) {
  const Sums s = sums(mm);
  for (std::size_t n = 0; n < mm.nodes(); ++n)
    for (const Zone& z : mm.node(NodeId{static_cast<std::int32_t>(n)}).zones) {
      if (!z.populated()) continue;
      const std::int64_t managed = z.managed_pages.value;
      const std::int64_t min = mm.min_free_kbytes() / 4 * managed / s.managed;
      const std::int64_t gap = std::max(min / 4, managed * factor / 10'000);
      RC_ASSERT(z.watermark.min.value == min);
      RC_ASSERT(z.watermark.low.value == min + gap);
      RC_ASSERT(z.watermark.high.value == min + 2 * gap);
    }
}

machine::Description machine_of(std::int64_t mib0, std::int64_t mib1) {
  machine::Description m;
  m.nodes = {{Bytes{mib0 * kMiB}, 2}, {Bytes{mib1 * kMiB}, 2}};
  m.distance = {{10, 20}, {20, 10}};
  return m;
}

RC_GTEST_PROP(watermarks, are_those_of_the_closed_form, ()) {
  const auto mib0 = *rc::gen::inRange<std::int64_t>(600, 40'000);
  const auto mib1 = *rc::gen::inRange<std::int64_t>(0, 40'000);
  KernelConfig config;
  config.watermark_scale_factor = *rc::gen::inRange<std::int64_t>(1, 300);
  config.transparent_hugepage =
      *rc::gen::element(ThpEnabled::always, ThpEnabled::madvise, ThpEnabled::never);
  Mm mm(boot(machine_of(mib0, mib1), config), config, {});
  check_zones(mm, config.watermark_scale_factor);
  mm.init_per_zone_wmark_min();
  check_zones(mm, config.watermark_scale_factor);

  const auto kbytes = *rc::gen::inRange<std::int64_t>(1024, 200'000);
  mm.set_min_free_kbytes(kbytes);
  RC_ASSERT(mm.min_free_kbytes() == kbytes);
  check_zones(mm, config.watermark_scale_factor);
}

// Without huge pages min_free_kbytes = isqrt(16 * KiB above the high watermarks), within 128 and
// 262144; it never falls by less than what raises it: computed again from fixed watermarks it
// stays.
RC_GTEST_PROP(watermarks, min_free_kbytes_is_the_root_of_low_memory, ()) {
  KernelConfig config;
  config.transparent_hugepage = ThpEnabled::never;
  Mm mm(boot(machine_of(*rc::gen::inRange<std::int64_t>(600, 60'000),
                        *rc::gen::inRange<std::int64_t>(0, 60'000)),
             config),
        config, {});
  const std::int64_t kib = 4 * sums(mm).above;
  mm.init_per_zone_wmark_min();
  const std::int64_t m = mm.min_free_kbytes();
  RC_ASSERT(m * m <= 16 * kib && 16 * kib < (m + 1) * (m + 1));
}

}  // namespace
}  // namespace mhp::kernel::watermarks_test
