#pragma once

#include "analysis/validation/captures/capture.hpp"
#include "sim/core/types.hpp"
#include "sim/kernel/boot/boot_state.hpp"

namespace mhp::validation {

// Memory that the kernel frees after it has first computed the watermarks.

/// What of it the boot messages tell by sizes: its own init sections, the initial RAM disk, and
/// what lies between code or read-only data and the next 2 MiB.
PageCount late_image_memory(const Capture& capture);
/// The most that it may be: what the lines say in which it is freed, if they were kept; else the
/// above, and the rest of one 2 MiB of data that encrypted guests share
/// (mem_encrypt_free_decrypted_mem).
PageCount late_memory_at_most(const Capture& capture);
/// As if so much of DMA32, where kernels and their initrd lie, were not there yet.
void take_late_memory(kernel::BootState& state, PageCount pages);
/// Whether transparent huge pages are off because there was too little memory when that was
/// decided.
bool too_small_for_huge_pages(const Capture& capture);

}  // namespace mhp::validation
