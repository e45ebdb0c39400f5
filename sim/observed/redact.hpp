#pragma once

#include <string>

namespace mhp::observed {

/// What of /proc/version no run needs and says who built the kernel where is left out: "Linux
/// version 6.12.117+deb12-amd64" remains.
std::string redacted_version(const std::string& text);

/// Of a kernel command line the options that concern memory; paths, names and keys of the others
/// are nobody's business. `left_out`: how many these were.
std::string redacted_cmdline(const std::string& text, int& left_out);

/// /proc/swaps without the names of devices and files.
std::string redacted_swaps(const std::string& text);

/// Of /proc/iomem the System RAM: the names of devices are left out.
std::string redacted_iomem(const std::string& text);

/// Of /proc/cpuinfo the first processor.
std::string first_processor(const std::string& text);

}  // namespace mhp::observed
