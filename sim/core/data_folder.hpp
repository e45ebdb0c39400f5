#pragma once

#include <string>
#include <string_view>

namespace mhp {

/// The environment variable that names the folder of what ships.
inline constexpr const char* kDataVariable = "MHPSIM_DATA";

/// The folder of what ships: it has `configs` and `analysis/validation`, as the source tree has.
/// The first of these: what MHPSIM_DATA says; what use_data_folder() was told; share/mhpsim of the
/// place that the running program was installed to; the source tree that this was built from.
const std::string& data_folder();

/// Says where an installed library has what ships, before anybody has asked for it. The first to
/// say so is heard.
void use_data_folder(const std::string& folder);

/// A file or folder of what ships, for example "configs/kernels".
std::string shipped(std::string_view path);

/// Where data_folder() looks, for tests: the value of the variable, what was told, the program.
struct DataPlaces {
  std::string variable;
  std::string told;
  std::string program;
};
std::string choose_data_folder(const DataPlaces& places);

}  // namespace mhp
