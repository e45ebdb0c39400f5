#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/types.hpp"
#include "sim/kernel/boot/boot_state.hpp"
#include "sim/kernel/config.hpp"

namespace mhp::kernel {

/// What a boot parameter is, or what is wrong with it (in the kernel's words where it has some).
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string wrong;
};

/// swiotlb=<slabs>[,<areas>][,force|noforce] (setup_io_tlb_npages, kernel/dma/swiotlb.c, Linux
/// 6.12).
struct SwiotlbParam {
  std::int64_t slabs = 32'768;  ///< of 2 KiB (IO_TLB_DEFAULT_SIZE: 64 MiB)
  std::int64_t areas = 0;       ///< 0: as many as there are processors
  bool force = false;
  bool noforce = false;
};
Parsed<SwiotlbParam> parse_swiotlb(std::string_view text);

/// crashkernel= of the command line (parse_crashkernel, kernel/crash_reserve.c, Linux 6.12).
struct CrashkernelParam {
  Bytes size;
  Bytes base;  ///< 0: anywhere
  bool high = false;
  Bytes low_size;  ///< with `high`: below 4 GiB
};
/// `system_ram`: all boot memory, which ranges are held against.
Parsed<CrashkernelParam> parse_crashkernel(std::string_view text, Bytes system_ram);

/// What the boot parameters of a PC's kernel set aside, from the highest address that will do
/// (memblock allocates top-down): the crash kernel (arch_reserve_crashkernel), in steps of 16 MiB,
/// then the bounce buffers and their slots (pci_iommu_alloc, swiotlb_init_remap). They are neither
/// free nor managed from then on.
EarlyReservations reserve_early(BootState& state, const KernelConfig& config);

}  // namespace mhp::kernel
