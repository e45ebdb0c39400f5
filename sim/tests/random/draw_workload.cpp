#include <functional>

#include "sim/tests/random/dice.hpp"

namespace mhp::random {
namespace {

const std::vector<std::string> kExtents{"4KiB", "16KiB", "32KiB", "64KiB", "256KiB", "2MiB"};

std::string nodes_of_policy(Dice& dice, std::int64_t nodes) {
  const std::int64_t first = dice.number(0, nodes - 1);
  const std::int64_t last = dice.number(first, nodes - 1);
  return first == last ? fmt::format("\"{}\"", first) : fmt::format("\"{}-{}\"", first, last);
}

void draw_policy(Dice& dice, std::int64_t nodes, Writer& workload) {
  if (!dice.chance(35)) return;
  workload.line("policy", dice.quoted({"preferred", "bind", "interleave", "weighted_interleave"}))
      .line("policy_nodes", nodes_of_policy(dice, nodes));
}

using Drawn = std::function<void(Dice&, Writer&)>;
struct Kind {
  const char* name;
  bool charged;  ///< joins a cgroup and has a policy
  Drawn draw;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"anon_growth", true,
       [](Dice& d, Writer& w) {
         w.line("interval", d.amount(1, 200, "ms"))
             .line("step", d.amount(1, 128, "MiB"))
             .maybe(50, "limit", [&] { return d.amount(64, 4096, "MiB"); })
             .maybe(30, "extent", [&] { return d.chance(30) ? "\"thp\"" : d.quoted(kExtents); })
             .maybe(30, "touched_percent", [&] { return d.integer(0, 100); })
             .maybe(20, "locked_percent", [&] { return d.integer(0, 100); })
             .maybe(20, "madvise", [&] { return d.truth(); })
             .maybe(30, "restart", [&] { return d.truth(); })
             .maybe(30, "page_tables", [&] { return d.truth(); });
       }},
      {"dentry_cache", false,
       [](Dice& d, Writer& w) {
         w.line("interval", d.amount(1, 50, "ms"))
             .line("files", d.integer(1000, 1000000))
             .maybe(50, "pattern",
                    [&] {
                      return d.quoted({"random", "in_order", "once"});
                    })
             .maybe(30, "pinned_percent", [&] { return d.integer(0, 60); });
       }},
      {"fragmenter", false,
       [](Dice& d, Writer& w) {
         w.line("interval", d.amount(1, 50, "ms"))
             .maybe(50, "share_percent", [&] { return d.integer(0, 100); })
             .maybe(50, "kept_pages", [&] { return d.integer(1, 511); })
             .maybe(30, "hold", [&] { return d.amount(1, 2000, "ms"); });
       }},
      {"hugetlb_pool", false,
       [](Dice& d, Writer& w) {
         w.line("interval", d.amount(200, 2000, "ms"))
             .maybe(30, "size",
                    [&] {
                      return d.quoted({"2MiB", "1GiB"});
                    })
             .maybe(50, "low_percent", [&] { return d.integer(0, 50); })
             .maybe(50, "high_percent", [&] { return d.integer(50, 100); });
       }},
      {"idle", false, [](Dice& d, Writer& w) { w.line("interval", d.amount(100, 2000, "ms")); }},
      {"kernel_background", false,
       [](Dice& d, Writer& w) {
         w.line("interval", d.amount(1, 50, "ms"))
             .maybe(50, "lifetime", [&] { return d.amount(10, 2000, "ms"); })
             .maybe(50, "kept_permille", [&] { return d.integer(0, 300); })
             .maybe(50, "large_percent", [&] { return d.integer(0, 100); });
       }},
      {"memory_stream", false,
       [](Dice& d, Writer& w) {
         w.line("threads", d.integer(1, 4))
             .line("array", d.amount(2, 256, "MiB"))
             .line("chunk", d.amount(64, 128, "MiB"));
       }},
      {"network_buffers", false,
       [](Dice& d, Writer& w) {
         w.line("sockets", d.integer(0, 5000))
             .line("interval", d.amount(5, 50, "ms"))
             .maybe(50, "burst", [&] { return d.amount(0, 16, "MiB"); })
             .maybe(30, "receive", [&] { return d.truth(); });
       }},
      {"page_cache", true,
       [](Dice& d, Writer& w) {
         w.line("interval", d.amount(1, 20, "ms"))
             .line("files", d.amount(64, 20000, "MiB"))
             .line("readers", d.integer(1, 4))
             .maybe(70, "extent", [&] { return d.quoted(kExtents); })
             .maybe(50, "write_percent", [&] { return d.integer(0, 100); })
             .maybe(50, "pattern",
                    [&] {
                      return d.quoted({"random", "in_order", "once"});
                    })
             .maybe(30, "access",
                    [&] {
                      return d.quoted({"read", "map"});
                    })
             .maybe(50, "hot_percent", [&] { return d.integer(1, 100); });
       }},
      {"shared_memory", true,
       [](Dice& d, Writer& w) {
         w.line("segment", d.amount(1, 2048, "MiB"))
             .line("processes", d.integer(1, 50))
             .maybe(30, "page",
                    [&] {
                      return d.quoted({"4KiB", "2MiB", "1GiB"});
                    })
             .maybe(50, "extent",
                    [&] {
                      return d.quoted({"64KiB", "256KiB", "2MiB"});
                    })
             .maybe(30, "touched_percent", [&] { return d.integer(1, 100); });
       }},
      {"slab_churn", false,
       [](Dice& d, Writer& w) {
         w.line("interval", d.amount(1, 20, "ms"))
             .line("objects", d.integer(1000, 500000))
             .maybe(50, "order", [&] { return d.integer(0, 3); })
             .maybe(30, "reclaimable", [&] { return d.truth(); })
             .maybe(30, "object_size", [&] {
               return d.quoted({"8B", "192B", "1KiB", "4KiB"});
             });
       }},
      {"steady", false,
       [](Dice& d, Writer& w) {
         w.line("interval", d.amount(2, 50, "ms"))
             .maybe(50, "resident_percent", [&] { return d.integer(0, 95); })
             .maybe(50, "batch_pages", [&] { return d.integer(1, 2000); })
             .maybe(50, "batches_held", [&] { return d.integer(1, 200); })
             .maybe(50, "stream", [&] { return d.amount(0, 64, "MiB"); });
       }},
      {"buffer_pool", false,
       [](Dice& d, Writer& w) {
         w.line("query_interval", d.amount(1, 20, "ms"))
             .maybe(50, "pool_percent", [&] { return d.integer(0, 95); })
             .maybe(50, "miss_permille", [&] { return d.integer(0, 1000); });
       }},
      {"vm_fleet", false,
       [](Dice& d, Writer& w) {
         w.line("sizes_gib", "[1, 2, 4]")
             .line("weights", "[5, 3, 1]")
             .line("arrival", d.amount(100, 2000, "ms"))
             .line("lifetime", d.amount(500, 5000, "ms"))
             .maybe(50, "initial_percent", [&] { return d.integer(0, 95); });
       }},
  };
  return all;
}

}  // namespace

DraftTable draw_workload(Dice& dice, std::int64_t nodes, std::int64_t number, bool cgroup) {
  const Kind& kind = kinds()[static_cast<std::size_t>(dice.number(0, std::ssize(kinds()) - 1))];
  DraftTable table{"[[workload]]", {}};
  Writer workload(dice, table);
  workload.line("kind", fmt::format("\"{}\"", kind.name))
      .line("name", fmt::format("\"{}_{}\"", kind.name, number));
  kind.draw(dice, workload);
  if (kind.charged) draw_policy(dice, nodes, workload);
  if (kind.charged && cgroup && dice.chance(70)) workload.line("cgroup", "\"limited\"");
  return table;
}

}  // namespace mhp::random
