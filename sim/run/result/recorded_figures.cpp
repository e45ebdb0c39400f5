#include "sim/run/result/recorded_figures.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "sim/run/result/metric/record.hpp"
#include "sim/run/result/recorded_run.hpp"

namespace mhp::run {

namespace {

std::uint64_t number_of(const record::FileContent& file, std::string_view name) {
  for (const record::Attribute& a : file.attributes)
    if (a.name == name)
      if (const auto* n = std::get_if<std::int64_t>(&a.value))
        return static_cast<std::uint64_t>(*n);
  return 0;
}

}  // namespace

std::optional<std::int64_t> whole_number(double value) {
  if (!(std::abs(value) < 0x1p63)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

Result<RecordedFigures> recorded_figures(const record::FileContent& file, const std::string& path) {
  if (run_schema(file) == 0)
    return fail({path, 0, 0}, "this is no run file of mhpsim", "give a file of mhpsim run -o");
  RecordedFigures out{record::text_of(file.attributes, "study"),
                      record::text_of(file.attributes, "placement"),
                      number_of(file, "seed"),
                      number_of(file, "replicate"),
                      Outcome::ok,
                      record::text_of(file.attributes, "reason"),
                      0,
                      record::text_of(file.attributes, "kernel_note"),
                      {}};
  const std::string fingerprint = record::text_of(file.attributes, "fingerprint");
  std::from_chars(fingerprint.data(), fingerprint.data() + fingerprint.size(), out.fingerprint, 16);
  const auto outcome = named<Outcome>(record::text_of(file.attributes, "outcome"));
  for (const RecordedMetric& m : recorded_metrics(file))
    out.metrics.push_back({m.name, m.unit, m.better, m.phase,
                           m.value ? whole_number(*m.value) : std::nullopt,
                           definition_of(m.name, m.phase)});
  if (!outcome || out.metrics.empty())
    return fail({path, 0, 0}, "the file's outcome and metrics are not those of a run",
                "it is of another program: run the scenario again");
  out.outcome = *outcome;
  return out;
}

}  // namespace mhp::run
