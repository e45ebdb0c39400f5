#include "analysis/validation/growth/count_run.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/core/read_file.hpp"

namespace mhp::validation {

using nlohmann::json;

namespace {

/// A hundred times the longest that ships.
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

}  // namespace

Result<CountRun> load_count_run(const std::string& path) {
  const Location where{path, 0, 0};
  const auto text = read_file_text(path, kMostBytes);
  if (!text) return tl::unexpected<Diagnostics>(text.error());
  const json file = json::parse(*text, nullptr, false);
  if (file.is_discarded() || !file.is_object() || !file.contains("functions") ||
      !file.contains("series") || !file.contains("dimm_bytes"))
    return fail(where, "this is no run of instruction counts",
                "it is a JSON object with dimm_bytes, functions and series");
  CountRun run;
  try {
    run.name = file.value("name", path);
    run.kernel = file.value("kernel", "");
    run.dimm = Bytes{file.at("dimm_bytes").get<std::int64_t>()};
    run.dimms = file.value("dimms", std::int64_t{1});
    if (file.value("memmap_on_memory", false)) run.memmap_on_memory = kernel::MemmapOnMemory::on;
    run.online = file.value("online", "online_kernel");
    for (const auto& [name, f] : file.at("functions").items())
      run.functions[name] = {f.value("calls", std::int64_t{0}), f.value("min", std::int64_t{0}),
                             f.value("median", std::int64_t{0})};
    for (const auto& [name, calls] : file.at("series").items())
      run.series[name] = calls.get<std::vector<std::int64_t>>();
  } catch (const json::exception& e) {
    return fail(where, fmt::format("a value is of another type than its name says: {}", e.what()),
                "see analysis/validation/growth/README.md");
  }
  return run;
}

}  // namespace mhp::validation
