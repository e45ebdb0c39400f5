#include "analysis/validation/captures/corruption.hpp"

#include <algorithm>
#include <set>

namespace mhp::validation {

namespace {

using nlohmann::json;
using Numbers = std::map<std::string, std::vector<json*>>;

void add(Numbers& numbers, const std::string& of, json& object, const std::string& key) {
  if (object.is_object() && object.contains(key)) numbers[of].push_back(&object[key]);
}
void add_all(Numbers& numbers, const std::string& of, json& list) {
  for (json& one : list) numbers[of].push_back(&one);
}

void snapshot_numbers(Numbers& n, json& snapshot) {
  for (json& z : snapshot["zones"]) {
    if (z["present"] == 0) continue;
    for (const char* key : {"start_pfn", "spanned", "present", "managed", "min", "low", "high",
                            "promo", "free", "pcp", "pcp_batch"})
      add(n, std::string("zone/") + key, z, key);
    add_all(n, "zone/protection", z["protection"]);
  }
  for (const char* key :
       {"MemTotal", "DirectMap4k", "DirectMap2M", "DirectMap1G", "HugePages_Total",
        "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp", "Hugepagesize", "Hugetlb"})
    add(n, std::string("meminfo/") + key, snapshot["meminfo_kB"], key);
  for (const char* key : {"nr_memmap_pages", "nr_memmap_boot_pages", "oom_kill"})
    add(n, std::string("vmstat/") + key, snapshot["vmstat"], key);
  add(n, "min_free_kbytes", snapshot, "min_free_kbytes");
  add_all(n, "lowmem_reserve_ratio", snapshot["lowmem_reserve_ratio"]);
  add(n, "block_size_hex", snapshot, "block_size_hex");
  add_all(n, "memory_blocks", snapshot["memory_blocks"]);
  add(n, "memory_hotplug/auto_movable_ratio", snapshot["memory_hotplug_params"],
      "auto_movable_ratio");
  for (json& r : snapshot["iomem"])
    for (const char* key : {"start", "end"}) add(n, "iomem", r, key);
  for (auto& [id, node] : snapshot["nodes"].items()) {
    for (const char* key : {"hugepages-2048kB", "hugepages-1048576kB"})
      add(n, "node/hugepages", node, key);
    add_all(n, "node/distance", node["distance"]);
    add(n, "node/MemTotal", node["meminfo_kB"], "MemTotal");
    for (const char* key : {"HugePages_Total", "HugePages_Free"})
      add(n, "node/HugePages", node["meminfo_kB"], key);
  }
  for (json& row : snapshot["buddy"]) n["buddy"].push_back(&row["nr_free"][10]);
  for (json& row : snapshot["pagetype"]["blocks"])
    for (const char* key : {"Unmovable", "Movable", "Reclaimable"}) add(n, "pagetype", row, key);
  for (const char* of : {"buddy", "pagetype"})
    for (json& row : of == std::string("buddy") ? snapshot[of] : snapshot[of]["blocks"])
      add(n, std::string(of) + "/node", row, "node");
  for (json& z : snapshot["zones"]) add(n, "zone/node", z, "node");
}

void sequence_numbers(Numbers& n, json& snapshot) {
  for (json& z : snapshot["zones"]) {
    for (const char* key :
         {"start_pfn", "spanned", "present", "managed", "min", "low", "high", "pcp", "free"})
      add(n, std::string("sequence/") + key, z, key);
    for (json& c : z["cpus"])
      for (const char* key : {"count", "high", "batch"})
        add(n, std::string("sequence/cpu/") + key, c, key);
  }
  for (json& row : snapshot["buddy"]) add_all(n, "sequence/buddy", row["nr_free"]);
  for (json& row : snapshot["pagetype"]["free"])
    add_all(n, "sequence/free_by_type", row["nr_free"]);
  for (json& row : snapshot["pagetype"]["blocks"])
    for (const char* key : {"Unmovable", "Movable", "Reclaimable"})
      add(n, "sequence/pagetype", row, key);
  if (snapshot.contains("huge2M"))
    for (auto& [key, value] : snapshot["huge2M"].items()) n["sequence/huge2M"].push_back(&value);
}

void operation_numbers(Numbers& n, Capture::Step& step) {
  json& record = step.recorded;
  for (const char* key : {"first_block", "last_block", "pfns"})
    add(n, std::string("op/") + key, record, key);
  if (record.contains("result") && step.op != "tron" && step.op != "trace_pages")
    for (const char* key : {"ok", "failed", "absent", "first_errno", "errno", "fail_block",
                            "alloc_mib", "rc", "events", "lost"})
      if (key != std::string("rc") || step.op == "w")
        add(n, std::string("op/") + key, record["result"], key);
  if (record.contains("dimm"))
    for (const char* key : {"addr", "size", "node"})
      add(n, std::string("op/dimm/") + key, record["dimm"], key);
  if (record.contains("ost")) add(n, "op/ost", record["ost"], "status");
  if (step.op == "del" && record["event"] == "ACPI_DEVICE_OST")
    add(n, "op/status", record["data"]["info"], "status");
  if (step.op == "add" && step.args.size() > 1) n["op/add"].push_back(&step.args[1]);
  if (step.op == "alloc") n["op/alloc"].push_back(&step.args[0]);
  if (record.contains("page_allocs")) {
    json& traced = record["page_allocs"];
    for (const char* key : {"hotplug_pages", "slab_pages"})
      add(n, std::string("alloc/") + key, traced, key);
    for (json& a : traced["hotplug"]) add(n, "alloc/count", a, "count");
  }
  if (record.contains("trace")) add_all(n, "op/trace", record["trace"]);
}

/// Another number in place of the last one of a text: blocks, frames, addresses.
std::string changed_text(const std::string& text, bool hexadecimal, Rng& rng) {
  const std::string digits = hexadecimal ? "0123456789abcdef" : "0123456789";
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (digits.find(text[i]) != std::string::npos) places.push_back(i);
  std::string out = text;
  char& digit = out[places[below(rng, places.size())]];
  const char was = digit;
  while (digit == was) digit = digits[below(rng, digits.size())];
  return out;
}

/// Members that are for people, times, and counters that nothing is compared with.
bool is_compared(const std::vector<std::string>& way) {
  static const std::set<std::string> not_compared{"what",
                                                  "boot_wall_s",
                                                  "wall_s",
                                                  "total_wall_s",
                                                  "console_tail",
                                                  "key_tail",
                                                  "outcome",
                                                  "error",
                                                  "boot_dmesg",
                                                  "console",
                                                  "node_stat",
                                                  "stat",
                                                  "mono_ns",
                                                  "noise_pages",
                                                  "noise_allocs",
                                                  "osts",
                                                  "data",
                                                  "slot",
                                                  "slot-type",
                                                  "device",
                                                  "source",
                                                  "cma",
                                                  "node_unreclaimable",
                                                  "pcp_high",
                                                  "write_ns_total",
                                                  "write_ns_max",
                                                  "wall_ns",
                                                  "ns",
                                                  "pageblock_order",
                                                  "HighAtomic",
                                                  "Isolate",
                                                  "CMA",
                                                  "boost",
                                                  "by",
                                                  "reproducible",
                                                  "touched",
                                                  "freed",
                                                  "align2m",
                                                  "pagemap",
                                                  "high_min",
                                                  "high_max",
                                                  "text",
                                                  "qemu_args",
                                                  "cmdline"};
  for (const std::string& name : way)
    if (not_compared.contains(name)) return false;
  // Of /proc/meminfo and /proc/vmstat a few lines are; `rc` of what only switches tracing is not.
  const std::string& last = way.back();
  const bool counter =
      way.size() > 1 && (way[way.size() - 2] == "meminfo_kB" || way[way.size() - 2] == "vmstat");
  // A step less is a shorter recording, and labels are for people.
  const bool whole_step = way.size() == 2 && way[0] == "steps";
  const bool word = way.size() == 4 && way[2] == "op" && last != "0";
  return !counter && !whole_step && !word && last != "rc";
}

std::string joined(const std::vector<std::string>& way) {
  std::string out;
  for (const std::string& name : way) out += (out.empty() ? "" : "/") + name;
  return out;
}

json another_type(const json& value, Rng& rng) {
  const std::vector<json> others{nullptr, "x", json::array(), json::object(), true, 0.5};
  for (;;) {
    const json& other = others[below(rng, others.size())];
    if (other.type() != value.type()) return other;
  }
}

json far_out(Rng& rng) {
  const std::vector<json> numbers{9999,
                                  -1,
                                  1'000'000'000,
                                  -9'000'000'000'000'000'000,
                                  9'000'000'000'000'000'000,
                                  18'446'744'073'709'551'615U,
                                  11};
  return numbers[below(rng, numbers.size())];
}

}  // namespace

std::map<std::string, std::vector<json*>> numbers_of(Capture& capture) {
  Numbers numbers;
  for (auto& step : capture.steps) {
    operation_numbers(numbers, step);
    if (step.snapshot() != nullptr) snapshot_numbers(numbers, step.recorded["snapshot"]);
    if (step.recorded.contains("bsnapshot")) sequence_numbers(numbers, step.recorded["bsnapshot"]);
  }
  return numbers;
}

void change_number(const std::string& of, json& value, Rng& rng) {
  if (value.is_string()) {
    value = changed_text(value, of == "iomem" || of == "block_size_hex", rng);
    return;
  }
  // Free pages move by up to 1024 pages, watermarks at boot are stale by up to 64, slab by 14.
  const bool noisy = of == "zone/free" || of == "zone/pcp" || of == "buddy" ||
                     of == "alloc/slab_pages" || of == "sequence/free";
  const bool stale = of == "zone/min" || of == "zone/low" || of == "zone/high" ||
                     of == "zone/protection" || of == "min_free_kbytes";
  const std::int64_t least = noisy ? 20'000 : stale ? 200 : 1;
  std::int64_t by = least + static_cast<std::int64_t>(below(rng, static_cast<std::size_t>(least)));
  if (below(rng, 2) == 0 && value.get<std::int64_t>() >= by) by = -by;
  value = value.get<std::int64_t>() + by;
}

Damage damage(json& file, Rng& rng) {
  std::vector<std::string> way;
  json* at = &file;
  // Down at random, with a chance to stop at each level; the steps are most of a file.
  while (at->is_structured() && !at->empty()) {
    auto it = at->begin();
    std::advance(it, static_cast<std::ptrdiff_t>(below(rng, at->size())));
    if (way.empty() && below(rng, 4) != 0) it = at->find("steps");
    way.push_back(at->is_object() ? it.key() : std::to_string(it - at->begin()));
    json& next = *it;
    const bool stop =
        !next.is_structured() || next.empty() || (way.size() > 1 && below(rng, 4) == 0);
    if (!stop) {
      at = &next;
      continue;
    }
    Damage done{joined(way), "", is_compared(way)};
    switch (below(rng, 3)) {
      case 0:
        done.what = "taken out";
        if (at->is_object())
          at->erase(way.back());
        else
          at->erase(static_cast<std::size_t>(it - at->begin()));
        break;
      case 1:
        done.what = "of another type";
        next = another_type(next, rng);
        break;
      default:
        if (next.is_number()) {
          done.what = "far out";
          json other = far_out(rng);
          done.compared = done.compared && other != next;
          next = std::move(other);
        } else if (next.is_array() && !next.empty()) {
          done.what = "cut short";
          done.compared = done.compared && way.back() != "op";  // the last word may be the default
          next.erase(next.size() - 1);
        } else {
          done.what = "empty";
          next = next.is_string() ? json("") : json::object();
        }
    }
    return done;
  }
  return {"", "nothing", false};
}

}  // namespace mhp::validation
