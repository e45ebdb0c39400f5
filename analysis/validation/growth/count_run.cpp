#include "analysis/validation/growth/count_run.hpp"

#include "sim/core/json_field.hpp"
#include "sim/core/json_text.hpp"

namespace mhp::validation {

namespace {

/// A hundred times the longest that ships.
constexpr std::size_t kMostBytes = std::size_t{16} << 20;
constexpr std::int64_t kMostDimms = 4096;

std::int64_t count(const JsonField& object, const char* name) {
  const auto said = object.find(name);
  return said ? said->integer() : 0;
}

std::string text(const JsonField& object, const char* name, const std::string& otherwise) {
  const auto said = object.find(name);
  return said ? said->text() : otherwise;
}

CountRun read_run(const JsonField& file, const std::string& path) {
  CountRun run;
  run.name = text(file, "name", path);
  run.kernel = text(file, "kernel", "");
  run.dimm = Bytes{file.at("dimm_bytes").integer(1)};
  if (const auto dimms = file.find("dimms")) run.dimms = dimms->integer(1, kMostDimms);
  if (const auto on = file.find("memmap_on_memory"); on && on->flag())
    run.memmap_on_memory = kernel::MemmapOnMemory::on;
  run.online = text(file, "online", "online_kernel");
  for (const auto& [name, f] : file.at("functions").members())
    run.functions[name] = {count(f, "calls"), count(f, "min"), count(f, "median")};
  for (const auto& [name, calls] : file.at("series").members())
    for (const JsonField& one : calls.elements()) run.series[name].push_back(one.integer());
  return run;
}

}  // namespace

Result<CountRun> load_count_run(const std::string& path) {
  const auto file = load_json(path, kMostBytes, "run of instruction counts");
  if (!file) return tl::unexpected<Diagnostics>(file.error());
  const Location where{path, 0, 0};
  if (!file->is_object() || !file->contains("functions") || !file->contains("series") ||
      !file->contains("dimm_bytes"))
    return fail(where, "this is no run of instruction counts",
                "it is a JSON object with dimm_bytes, functions and series");
  try {
    return read_run(JsonField(*file, ""), path);
  } catch (const BadJson& e) {
    return fail(where, e.what(), "see analysis/validation/growth/README.md");
  }
}

}  // namespace mhp::validation
