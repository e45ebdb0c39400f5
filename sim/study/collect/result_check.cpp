#include "sim/record/promise.hpp"
#include "sim/record/run_file.hpp"
#include "sim/run/result/recorded_run.hpp"
#include "sim/study/collect/study_check.hpp"
#include "workloads/trace/hdf5_trace.hpp"

namespace mhp::study {

namespace {

run::FileCheck check_trace_file(const record::FileContent& file) {
  using Type = record::Promise::Type;
  constexpr record::Promise kPromises[] = {
      {"events", "event", "event", "1", Type::integer},
      {"events", "time", "event", "ns", Type::integer},
      {"events", "kind", "event", "1", Type::flags},
      {"events", "pfn", "event", "1", Type::integer},
      {"events", "order", "event", "1", Type::integer},
      {"events", "migratetype", "event", "1", Type::integer},
      {"events", "gfp_flags", "event", "1", Type::flags},
  };
  run::FileCheck check;
  check.looked_at.push_back(std::to_string(std::size(kPromises)) +
                            " variables, each with the axes, unit and long_name that the schema "
                            "promises");
  check.faults = record::broken_promises(file, kPromises);
  return check;
}

}  // namespace

Result<CheckedFile> check_result_file(const std::string& path) {
  const auto file = record::read_file(path);
  if (!file) return tl::unexpected<Diagnostics>(file.error());
  CheckedFile out{record::text_of(file->attributes, "schema"),
                  record::text_of(file->attributes, "program_version"),
                  {}};
  if (const int version = run::run_schema(*file); version > 0)
    out.check = run::check_run_file(*file, version);
  else if (out.schema == "mhpsim-study/1")
    out.check = check_study_file(*file);
  else if (out.schema == "mhpsim-shard/1")
    out.check = check_shard_file(*file);
  else if (out.schema == workloads::kTraceSchema)
    out.check = check_trace_file(*file);
  else
    return fail({path, 0, 0}, "its schema '" + out.schema + "' is none that this program knows",
                "it may be of a later program, or no result file of mhpsim");
  return out;
}

}  // namespace mhp::study
