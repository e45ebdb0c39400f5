#pragma once

#include <cstdint>

#include "sim/core/types.hpp"
#include "sim/kernel/mm/alloc_request.hpp"
#include "sim/kernel/mm/thp.hpp"
#include "sim/kernel/mm/zonelists.hpp"

namespace mhp::kernel {

/// min_free_kbytes and what follows from it for every zone: watermarks, lowmem reserves, limits of
/// per-CPU lists. Sysctls that are written at run time take effect at once.
class ZoneWatermarks : public Zonelists {
 public:
  /// Computes them all, unless `boot` gives watermarks and reserves. Transparent huge pages stay
  /// off on small machines whatever `config` says.
  ZoneWatermarks(const BootState& boot, const KernelConfig& config, const KernelProfile& profile);

  std::int64_t min_free_kbytes() const { return min_free_kbytes_; }
  /// Recomputes min_free_kbytes, watermarks and lowmem reserves as after every online and offline
  /// of a block (init_per_zone_wmark_min, then khugepaged_min_free_kbytes_update).
  void init_per_zone_wmark_min();
  /// Reserves alone, as after every read of vm.lowmem_reserve_ratio.
  void setup_per_zone_lowmem_reserve();
  /// vm.min_free_kbytes, in KiB: from then on the least.
  void set_min_free_kbytes(std::int64_t kbytes);
  /// vm.watermark_scale_factor, in 1/10,000 of a zone's managed pages.
  void set_watermark_scale_factor(std::int64_t factor);
  /// transparent_hugepage/enabled: always or never.
  void set_transparent_hugepage(bool enabled);
  const ThpPolicy& thp() const { return thp_; }
  /// vm.percpu_pagelist_high_fraction; 0: per-CPU lists are limited by watermarks.
  void set_percpu_pagelist_high_fraction(std::int64_t fraction);

  /// __zone_watermark_ok, with `free` free pages in the zone.
  static bool watermark_ok(const Zone& zone, PageCount mark, const AllocRequest& rq,
                           PageCount free);

 protected:
  /// True if a request may take pages of a zone and leave it above a watermark; `none`: always.
  static bool may_take(Zone& zone, const AllocRequest& rq, Mark mark);
  /// Takes back the note that a zone is below its high watermark, if it no longer is.
  static void clear_below_high(Zone& zone);
  /// Limits of the per-CPU lists of a zone, from its watermarks and managed pages.
  void update_pcp_limits(Zone& zone);

 private:
  PageCount nr_free_buffer_pages() const;
  std::int64_t kib_per_page() const { return geometry().page_size() / kKiB; }
  void calculate_min_free_kbytes();
  void raise_to_recommended_min_free_kbytes();
  void setup_per_zone_wmarks();
  /// The same without the limits of per-CPU lists, which nobody reads in between where watermarks
  /// are computed twice.
  void setup_watermarks_alone();

  std::int64_t watermark_scale_factor_;
  std::int64_t min_free_kbytes_;
  std::int64_t user_min_free_kbytes_ = -1;  // as written; -1: never
  std::int64_t high_fraction_ = 0;
  ThpPolicy thp_;
};

}  // namespace mhp::kernel
