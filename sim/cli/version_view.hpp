#pragma once

#include <string>

namespace mhp::cli {

/// What `--version` prints: program and model.
std::string version_text();

/// What `--version=json` prints, schema mhpsim-version/1: besides, the schemas of files, how the
/// program was built, with which libraries, and where what ships is.
std::string version_json();

}  // namespace mhp::cli
