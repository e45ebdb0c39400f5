#include "sim/run/timeline/trace_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/core/product.hpp"
#include "sim/core/version.hpp"
#include "sim/run/timeline/columns_of.hpp"
#include "sim/run/timeline/timeline.hpp"
#include "sim/run/timeline/trace_events.hpp"

namespace mhp::run {

namespace {

/// Where events of a run go. No number of a thread is that of another, be it of another process:
/// some viewers take threads for one that have the same. What is of a run as a whole is on a thread
/// of the process's own number.
struct TrackPlace {
  std::int64_t pid = 0;
  std::int64_t boot_pid = 0;
  std::int64_t first_tid = 0;
};

/// The rows of a run.
struct Rows {
  struct Row {
    std::string name;
    std::int64_t pid = 0;
    std::int64_t tid = 0;
  };
  explicit Rows(TrackPlace of) : place(of) {}

  TrackPlace place;
  std::vector<Row> rows;
  std::map<std::int64_t, std::int64_t> tid_of_device;  ///< its first

  void add(std::string name, bool boot, std::optional<std::int64_t> device) {
    const std::int64_t tid = place.first_tid + static_cast<std::int64_t>(rows.size());
    rows.push_back({std::move(name), boot ? place.boot_pid : place.pid, tid});
    if (device) tid_of_device.try_emplace(*device, tid);
  }
};

std::int64_t number_of(const record::FileContent& file, const std::string& attribute) {
  const record::Attribute* found = record::find(file.attributes, attribute);
  const auto* number = found != nullptr ? std::get_if<std::int64_t>(&found->value) : nullptr;
  return number != nullptr ? *number : 0;
}

std::string counted(std::int64_t n) { return fmt::to_string(n); }

std::string title_of(const record::FileContent& file) {
  std::string out = fmt::format("{} ({})", record::text_of(file.attributes, "study"),
                                record::text_of(file.attributes, "placement"));
  if (const auto replicate = number_of(file, "replicate"); replicate > 0)
    out += fmt::format(", replicate {}", replicate);
  return out;
}

Rows rows_of(const ColumnsOf& tracks, TrackPlace place) {
  Rows out(place);
  const std::size_t n = tracks.length("track");
  const auto kinds = tracks.words("kind", n);
  const auto& names = tracks.texts("name", n);
  const auto& lanes = tracks.ints("lane", n);
  const auto& devices = tracks.ints("device", n);
  for (std::size_t i = 0; i < n; ++i) {
    // Lanes of one name are numbered one by one, each a track.
    if (lanes[i] < 0 || static_cast<std::size_t>(lanes[i]) >= n)
      throw FileLacks{fmt::format("a track in lane {}, of {} tracks", lanes[i], n)};
    const std::string name =
        lanes[i] > 0 ? fmt::format("{} ({})", names[i], lanes[i] + 1) : names[i];
    const bool device = kinds[i] == word(TrackKind::device);
    out.add(name, kinds[i] == word(TrackKind::boot),
            device ? std::optional(devices[i]) : std::nullopt);
  }
  return out;
}

/// Both are of simulated time, which begins at 0: so their difference is a time, too.
void check_times(std::int64_t begin, std::int64_t end, std::string_view of_what) {
  if (begin < 0) throw FileLacks{fmt::format("{} that begins before the run", of_what)};
  if (end < begin) throw FileLacks{fmt::format("{} that ends before it begins", of_what)};
}

void put_spans(TraceEvents& out, const Rows& rows, const ColumnsOf& spans) {
  const std::size_t n = spans.length("span");
  const auto& tracks = spans.ints("track", n);
  const auto names = spans.words("name", n);
  const auto kinds = spans.words("kind", n);
  const auto results = spans.words("result", n);
  const auto& begins = spans.ints("begin", n);
  const auto& ends = spans.ints("end", n);
  const auto& devices = spans.ints("device", n);
  const auto& blocks = spans.ints("block", n);
  const auto& pages = spans.ints("pages", n);
  const auto& units = spans.ints("units", n);
  const auto& by = spans.ints("by", n);
  const auto row = [&](std::int64_t track) -> const Rows::Row& {
    if (track < 0 || static_cast<std::size_t>(track) >= rows.rows.size())
      throw FileLacks{fmt::format("a span of track {}, which it does not have", track)};
    return rows.rows[static_cast<std::size_t>(track)];
  };
  for (std::size_t i = 0; i < n; ++i) {
    check_times(begins[i], ends[i], "a span");
    TraceArgs args;
    const auto number = [&](std::string_view name, std::int64_t value, bool there) {
      if (there) args.emplace_back(name, counted(value));
    };
    number("device", devices[i], devices[i] >= 0);
    number("block", blocks[i], blocks[i] >= 0);
    number("pages", pages[i], pages[i] > 0);
    number("units", units[i], units[i] > 0);
    if (by[i] >= 0) args.emplace_back("by", json_text(row(by[i]).name));
    if (kinds[i] == word(SpanKind::operation)) args.emplace_back("result", json_text(results[i]));
    const Rows::Row& on = row(tracks[i]);
    out.complete(on.pid, on.tid, names[i], kinds[i], SimTime{begins[i]}, SimTime{ends[i]}, args);
  }
}

/// Operations as a file without spans has them, and those that failed as instants.
struct Operations {
  explicit Operations(const ColumnsOf& ops)
      : n(ops.length("op")),
        kinds(ops.words("kind", n)),
        results(ops.words("result", n)),
        reasons(ops.texts("failure_reason", n)),
        devices(ops.ints("device", n)),
        blocks(ops.ints("block", n)),
        started(ops.ints("started", n)),
        finished(ops.ints("finished", n)) {}

  std::size_t n;
  std::vector<std::string_view> kinds, results;
  const std::vector<std::string>& reasons;
  const std::vector<std::int64_t>&devices, &blocks, &started, &finished;
};

void put_operations(TraceEvents& out, const Rows& rows, const Operations& ops) {
  for (std::size_t i = 0; i < ops.n; ++i) {
    check_times(ops.started[i], ops.finished[i], "an operation");
    TraceArgs args{{"device", counted(ops.devices[i])}};
    if (ops.blocks[i] >= 0) args.emplace_back("block", counted(ops.blocks[i]));
    args.emplace_back("result", json_text(ops.results[i]));
    out.complete(rows.place.pid, rows.tid_of_device.at(ops.devices[i]), ops.kinds[i],
                 word(SpanKind::operation), SimTime{ops.started[i]}, SimTime{ops.finished[i]},
                 args);
  }
}

void put_failures(TraceEvents& out, const Rows& rows, const Operations& ops) {
  for (std::size_t i = 0; i < ops.n; ++i) {
    if (ops.results[i] == word(kernel::Status::ok)) continue;
    const auto device = rows.tid_of_device.find(ops.devices[i]);
    const std::int64_t pid = rows.place.pid;
    TraceArgs args{{"device", counted(ops.devices[i])}, {"reason", json_text(ops.reasons[i])}};
    if (ops.blocks[i] >= 0) args.emplace_back("block", counted(ops.blocks[i]));
    out.instant(pid, device == rows.tid_of_device.end() ? pid : device->second,
                fmt::format("{}: {}", ops.kinds[i], ops.results[i]), SimTime{ops.finished[i]},
                args);
  }
}

/// Counters of each zone that ever had pages: where they change, at the first moment and the last.
void put_zones(TraceEvents& out, TrackPlace place, const ColumnsOf& zones) {
  const std::size_t times = zones.length("time");
  const std::size_t nodes = zones.length("node");
  const std::size_t types = zones.length("zone");
  const std::size_t all = product_up_to(times, product_up_to(nodes, types));
  const auto& at = zones.ints("time", times);
  const auto& names = zones.texts("zone", types);
  const auto& free = zones.ints("nr_free_pages", all);
  const auto& present = zones.ints("present_pages", all);
  const auto& low = zones.ints("low", all);
  const auto& min = zones.ints("min", all);
  const auto& high = zones.ints("high", all);
  if (all == 0) return;
  const std::size_t stride = nodes * types;
  for (std::size_t z = 0; z < stride; ++z) {
    bool there = false;
    for (std::size_t i = z; i < all; i += stride) there = there || present[i] > 0;
    if (!there) continue;
    const std::string zone = fmt::format("node {} {}", z / types, names[z % types]);
    for (std::size_t t = 0; t < times; ++t) {
      const std::size_t i = t * stride + z;
      const bool edge = t == 0 || t + 1 == times;
      const auto changes = [&](const std::vector<std::int64_t>& values) {
        return edge || values[i] != values[i - stride];
      };
      if (changes(free))
        out.counter(place.pid, zone + " free pages", SimTime{at[t]}, {{"free", counted(free[i])}});
      if (changes(min) || changes(low) || changes(high))
        out.counter(
            place.pid, zone + " watermarks", SimTime{at[t]},
            {{"min", counted(min[i])}, {"low", counted(low[i])}, {"high", counted(high[i])}});
    }
  }
}

/// A mean over a bucket stands from the bucket's beginning; a bucket is named by its end.
void put_bandwidth(TraceEvents& out, TrackPlace place, const ColumnsOf& series) {
  if (!series.has("bandwidth")) return;
  const std::size_t times = series.length("time");
  const std::size_t resources = series.length("resource");
  const auto& at = series.ints("time", times);
  const auto& names = series.texts("resource", resources);
  const auto& rates = series.doubles("bandwidth", product_up_to(times, resources));
  for (std::size_t r = 0; r < resources; ++r) {
    const std::string name = fmt::format("bandwidth of {}", names[r]);
    std::optional<double> last;
    const auto put = [&](SimTime when, double rate) {
      if (!std::isfinite(rate) || last == rate) return;
      last = rate;
      out.counter(place.pid, name, when, {{"byte/s", fmt::format("{}", rate)}});
    };
    for (std::size_t t = 1; t < times; ++t) put(SimTime{at[t - 1]}, rates[t * resources + r]);
    if (times > 1) put(SimTime{at[times - 1]}, 0);
  }
}

const record::Group& group(const record::FileContent& file, std::string_view name) {
  const record::Group* found = file.find(std::string(name));
  if (found == nullptr) throw FileLacks{fmt::format("no group '{}'", name)};
  return *found;
}

SimTime end_of(const record::FileContent& file) {
  const ColumnsOf zones(group(file, "zones"));
  const auto& times = zones.ints("time", zones.length("time"));
  return times.empty() ? SimTime{} : SimTime{times.back()};
}

/// Returns the first number of a thread that it leaves free.
std::int64_t put_run(TraceEvents& out, TrackPlace place, const record::FileContent& file) {
  const record::Group* spans = file.find("spans");
  const Operations ops(ColumnsOf(group(file, "hotplug")));
  Rows rows(place);
  if (spans != nullptr)
    rows = rows_of(ColumnsOf(group(file, "tracks")), place);
  else
    for (const std::int64_t d : ops.devices)
      if (!rows.tid_of_device.contains(d)) rows.add(fmt::format("device {}", d), false, d);
  const std::string title = title_of(file);
  const std::string missing = left_out(file);
  const std::string outcome = record::text_of(file.attributes, "outcome");
  out.process(place.pid, title, missing.empty() ? outcome : outcome + "; " + missing);
  const bool boots = std::any_of(rows.rows.begin(), rows.rows.end(),
                                 [&](const Rows::Row& r) { return r.pid == place.boot_pid; });
  if (boots) out.process(place.boot_pid, title + ": memmap at boot, in boot's own time", "");
  out.thread(place.pid, place.pid, "run");
  for (const Rows::Row& row : rows.rows) out.thread(row.pid, row.tid, row.name);
  if (spans != nullptr)
    put_spans(out, rows, ColumnsOf(*spans));
  else
    put_operations(out, rows, ops);
  put_failures(out, rows, ops);
  if (outcome != "ok")
    out.instant(place.pid, place.pid, outcome, end_of(file),
                {{"reason", json_text(record::text_of(file.attributes, "reason"))}});
  put_zones(out, place, ColumnsOf(group(file, "zones")));
  if (const auto* series = file.find("series")) put_bandwidth(out, place, ColumnsOf(*series));
  return place.first_tid + static_cast<std::int64_t>(rows.rows.size());
}

nlohmann::ordered_json about(const record::FileContent& file) {
  nlohmann::ordered_json out;
  for (const char* name : {"title", "schema", "run_id", "study", "program_version", "model_version",
                           "fingerprint", "placement", "outcome", "reason"})
    out[name] = record::text_of(file.attributes, name);
  for (const char* name : {"placement_note", "kernel_note"})
    if (std::string note = record::text_of(file.attributes, name); !note.empty())
      out[name] = std::move(note);
  for (const char* name : {"seed", "replicate"}) out[name] = number_of(file, name);
  out["left_out"] = left_out(file);
  return out;
}

bool is_run(const record::FileContent& file) {
  return record::text_of(file.attributes, "schema").starts_with("mhpsim-run/");
}

}  // namespace

std::string left_out(const record::FileContent& file) {
  const record::Group* found = file.find("tracks");
  if (found == nullptr) return is_run(file) ? "the file holds operations and no other spans" : "";
  const ColumnsOf tracks(*found);
  std::string out;
  try {
    const std::size_t n = tracks.length("kind_name");
    const auto& kinds = tracks.texts("kind_name", n);
    const auto& dropped = tracks.ints("dropped", n);
    for (std::size_t i = 0; i < n; ++i)
      if (dropped[i] > 0)
        out += fmt::format("{}{} of {}s", out.empty() ? "" : ", ", dropped[i], kinds[i]);
  } catch (const FileLacks&) {
    return {};
  }
  return out.empty() ? out : "shorter spans left out: " + out;
}

Result<std::string> trace_json(const std::vector<TracedRun>& runs) {
  TraceEvents out;
  auto runs_about = nlohmann::ordered_json::array();
  std::int64_t pid = 1;
  std::int64_t tid = 2 * static_cast<std::int64_t>(runs.size()) + 1;
  for (const TracedRun& run : runs) {
    if (!is_run(run.file))
      return fail({run.path, 0, 0}, "this is no run file of mhpsim",
                  "give a file of mhpsim run -o");
    try {
      tid = put_run(out, {pid, pid + 1, tid}, run.file);
    } catch (const FileLacks& lacks) {
      return fail({run.path, 0, 0}, fmt::format("the file has {}", lacks.what),
                  "it is damaged or of another program: run the scenario again");
    }
    runs_about.push_back(about(run.file));
    pid += 2;
  }
  nlohmann::ordered_json whole;
  whole["made_by"] = fmt::format("mhpsim {}", kProgramVersion);
  whole["runs"] = std::move(runs_about);
  return out.text(whole.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace mhp::run
