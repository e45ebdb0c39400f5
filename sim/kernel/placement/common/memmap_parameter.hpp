#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mhp::kernel {

/// What the kernel parameter memory_hotplug.memmap_on_memory is set to (mm/memory_hotplug.c; force:
/// Linux 6.6 and later).
enum class MemmapOnMemory : std::uint8_t { off, on, force };

/// What a text sets it to (set_memmap_mode, kstrtobool); nothing if the kernel refuses the text.
std::optional<MemmapOnMemory> parse_memmap_on_memory(std::string_view text);

/// Name of the placement that a kernel with this setting is asked for. Whether it can be followed
/// is the placement's to say, also where a driver calls without MHP_MEMMAP_ON_MEMORY.
const char* placement_of(MemmapOnMemory setting);

}  // namespace mhp::kernel
