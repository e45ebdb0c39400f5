#include "sim/kernel/placement/common/plugin_loader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "sim/kernel/placement/plugin.hpp"

namespace mhp::kernel {

Result<void> load_placements(const std::string& path) {
  // A name without a folder is a file, not a library of the system.
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return fail({path, 0, 0}, fmt::format("cannot be loaded: {}", dlerror()),
                "build it as docs/adding.md says");
  const auto api = reinterpret_cast<int (*)()>(dlsym(library, "mhpsim_placement_api"));
  const auto registers =
      reinterpret_cast<void (*)(PlacementRegistry&)>(dlsym(library, "mhpsim_register_placements"));
  if (api == nullptr || registers == nullptr)
    return fail({path, 0, 0}, "is no library of placements", "end it with MHP_PLACEMENT_PLUGIN");
  if (api() != kPlacementApi)
    return fail({path, 0, 0},
                fmt::format("was built for version {} of placements, this program has {}", api(),
                            kPlacementApi),
                "build it again with the headers of this program");
  registers(placements_to_extend());
  return {};
}

}  // namespace mhp::kernel
