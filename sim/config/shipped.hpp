#pragma once

#include <array>
#include <string>
#include <vector>

#include "sim/core/diagnostic.hpp"

namespace mhp::config {

/// `configs` has a folder for each kind.
inline constexpr std::array<const char*, 6> kShippedKinds{"scenarios", "studies", "questions",
                                                          "machines",  "devices", "costs"};

/// A configuration that ships.
struct ShippedFile {
  std::string name;  ///< by which it can be called: "quickstart"
  std::string path;
  std::string doc;  ///< what it says of itself: its doc, else its name
};

/// Those of a kind, by name.
std::vector<ShippedFile> shipped_files(const std::string& folder);

/// The file that is meant by `named`. A file or folder that is there is itself. Else a name such as
/// "quickstart" is configs/FOLDER/quickstart.toml of what ships, and "configs/costs/xeon.toml" that
/// path of it (sim/core/data_folder.hpp). What is neither stays as it is.
std::string find_shipped(const std::string& named, const std::string& folder);

/// Whether there is a regular file.
bool is_file(const std::string& path);

/// Whether a text is a name rather than a path: it has neither a folder nor an ending.
bool is_plain_name(const std::string& text);

/// What is wrong with a name that find_shipped() did not find; `where` names it.
Diagnostic no_such_name(const Location& where, const std::string& named, const std::string& folder);

}  // namespace mhp::config
