#include "sim/cli/version_view.hpp"

#include <H5public.h>
#include <fmt/format.h>
#include <hwloc.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "sim/core/data_folder.hpp"
#include "sim/core/version.hpp"

namespace mhp::cli {

namespace {

using nlohmann::ordered_json;

/// Libraries whose version is that of the machine the program runs on.
ordered_json shared_libraries() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  const unsigned hwloc = hwloc_get_api_version();
  return {{"HDF5", fmt::format("{}.{}.{}", major, minor, release)},
          {"hwloc", fmt::format("{}.{}.{}", hwloc >> 16U, hwloc >> 8U & 0xffU, hwloc & 0xffU)},
          {"zlib", zlibVersion()}};
}

/// Null for what does not say its version.
ordered_json version_or_null(const char* version) {
  return *version == '\0' ? ordered_json(nullptr) : ordered_json(version);
}

}  // namespace

std::string version_text() {
  return fmt::format("mhpsim {} (model {})", kProgramVersion, kModelVersion);
}

std::string version_json() {
#ifdef MHP_CHECKED
  constexpr bool kChecked = true;
#else
  constexpr bool kChecked = false;
#endif
  const ordered_json out{{"schema", "mhpsim-version/1"},
                         {"program", kProgramVersion},
                         {"model", kModelVersion},
                         {"schemas", {{"run", kRunSchema}, {"study", kStudySchema}}},
                         {"build",
                          {{"type", MHP_BUILD_TYPE},
                           {"compiler", MHP_COMPILER},
                           {"checked", kChecked},
                           {"sanitizers", MHP_SANITIZERS}}},
                         {"libraries",
                          {{"Boost", version_or_null(MHP_BOOST_VERSION)},
                           {"CLI11", version_or_null(MHP_CLI11_VERSION)},
                           {"fmt", version_or_null(MHP_FMT_VERSION)},
                           {"HDF5", version_or_null(MHP_HDF5_VERSION)},
                           {"hwloc", version_or_null(MHP_HWLOC_VERSION)},
                           {"nlohmann-json", version_or_null(MHP_JSON_VERSION)},
                           {"Random123", version_or_null(MHP_RANDOM123_VERSION)},
                           {"tl-expected", version_or_null(MHP_EXPECTED_VERSION)},
                           {"toml++", version_or_null(MHP_TOML_VERSION)},
                           {"zlib", version_or_null(MHP_ZLIB_VERSION)}}},
                         {"running", shared_libraries()},
                         {"data", data_folder()}};
  return out.dump(2);
}

}  // namespace mhp::cli
