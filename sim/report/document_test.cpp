#include "sim/report/document.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "sim/core/scratch_folder.hpp"
#include "sim/report/run_files.hpp"
#include "sim/report/study_part.hpp"
#include "sim/study/compare/compare.hpp"

namespace mhp::report {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostBytes = std::size_t{4} << 20;

std::int64_t sum(const ordered_json& rows, const char* member) {
  std::int64_t all = 0;
  for (const auto& row : rows) all += row[member].get<std::int64_t>();
  return all;
}

/// The document of these runs, by way of files.
ordered_json document_of_runs(const config::Scenario& s, std::int64_t replicates) {
  const ScratchFolder folder;
  for (const char* placement : {"boot_memory", "hotplugged_range"})
    for (std::int64_t r = 0; r < replicates; ++r)
      keep(content_of(s, placement, static_cast<std::uint64_t>(r)),
           folder.path(std::string(placement) + "-r" + std::to_string(r) + ".h5"));
  const auto in = read_inputs({folder.path()});
  EXPECT_TRUE(in.has_value());
  auto document = document_of(*in);
  EXPECT_TRUE(document.has_value());
  return std::move(*document);
}

TEST(Document, of_a_comparison_adds_up) {
  const auto d = document_of_runs(small_guest(), 1);
  EXPECT_EQ(d["schema"], "mhpsim-report/1");
  EXPECT_EQ(d["kind"], "comparison");
  EXPECT_EQ(d["baseline"], "boot_memory");
  EXPECT_EQ(d["page_bytes"], 4096);
  EXPECT_FALSE(d["question"].get<std::string>().empty());
  EXPECT_FALSE(d["answer"].empty());
  ASSERT_FALSE(d["reasons"].empty());
  for (const auto& reason : d["reasons"]) {
    EXPECT_EQ(sum(reason["steps"], "time"), reason["difference"]) << reason["metric"];
    EXPECT_EQ(
        reason["to"]["value"].get<std::int64_t>() - reason["from"]["value"].get<std::int64_t>(),
        reason["difference"]);
  }
  ASSERT_FALSE(d["parts"].empty());
  for (const auto& part : d["parts"]) {
    EXPECT_EQ(sum(part["rows"], "time"), part["value"]) << part["metric"];
    for (const auto& row : part["rows"])
      EXPECT_EQ(row["time"].get<std::int64_t>(), row["own"].get<std::int64_t>() +
                                                     row["stall"].get<std::int64_t>() +
                                                     row["contention"].get<std::int64_t>());
  }
  for (std::size_t i = 0; i < d["resting"].size(); ++i) {
    std::int64_t all = 0;
    for (const auto& [basis, time] : d["resting"][i]["by_basis"].items())
      all += time.get<std::int64_t>();
    EXPECT_EQ(all, d["parts"][i]["value"]) << d["resting"][i];
  }
  for (const auto& a : d["assumptions"])
    for (const auto& [placement, share] : a["share"].items()) {
      EXPECT_GT(share, 0) << a["name"];
      EXPECT_LE(share, 1) << a["name"];
    }
}

TEST(Document, of_a_run_shows_all_memory_and_all_operations) {
  const auto d = document_of_runs(small_guest(), 1);
  ASSERT_EQ(d["runs"].size(), 2u);
  for (const auto& run : d["runs"]) {
    // 1 GiB in 8 blocks of 128 MiB, added at once.
    std::int64_t pages = 0, blocks = 0;
    for (const auto& s : run["map"]["runs"]) {
      if (s["kind"] != "hot_added") continue;
      pages += s["pages"].get<std::int64_t>();
      blocks += s["count"].get<std::int64_t>();
    }
    EXPECT_EQ(pages, 262144);
    EXPECT_EQ(blocks, 8);
    EXPECT_EQ(run["operations_all"], 9);
    EXPECT_EQ(sum(run["operations"], "count"), 9);
    EXPECT_EQ(run["topology"]["nodes"][0]["added_bytes"], 1LL << 30);
    for (const auto& zone : run["memory"])
      for (const char* column : {"free", "min", "low", "high", "managed"})
        EXPECT_EQ(zone[column].size(), zone["time"].size()) << column;
  }
}

TEST(Document, of_a_run_has_its_traffic_counters_and_latencies) {
  const auto d = document_of_runs(small_guest({"workload.kind=steady"}), 1);
  for (const auto& run : d["runs"]) {
    ASSERT_FALSE(run["traffic"].empty());
    EXPECT_EQ(run["traffic"][0]["kind"], "controller");
    EXPECT_GT(run["traffic"][0]["bytes"], run["traffic"][0]["kernel_bytes"]);
    const auto& series = run["series"];
    std::set<std::string> names;
    for (const auto& curve : series["curves"]) {
      names.insert(curve["name"]);
      EXPECT_FALSE(curve["kind"].get<std::string>().empty()) << curve["name"];
      for (const char* column : {"last", "min", "max"})
        EXPECT_EQ(curve.value(column, curve["last"]).size(), series["time"].size())
            << curve["name"];
    }
    EXPECT_TRUE(names.contains("bandwidth"));
    EXPECT_FALSE(names.contains("bandwidth_max")) << "extremes belong to their curve";
    ASSERT_EQ(run["latency"].size(), 1u);
    std::int64_t operations = 0;
    for (const auto& n : run["latency"][0]["count"]) operations += n.get<std::int64_t>();
    EXPECT_GT(operations, 0);
    // The map has the memory of boot, too, and says where its struct pages lie.
    EXPECT_EQ(run["map"]["runs"][0]["kind"], "boot");
    EXPECT_TRUE(run["map"]["runs"][0].contains("memmap_owner"));
  }
}

TEST(Document, has_the_figures_of_the_comparison) {
  const auto s = small_guest({"workload.kind=steady"});
  const auto d = document_of_runs(s, 3);
  study::CompareOptions options;
  options.placements = {"boot_memory", "hotplugged_range"};
  options.replicates = 3;
  const auto c = study::compare(s, options);
  std::size_t found = 0;
  for (const auto& row : c.metrics)
    for (const auto& m : d["metrics"]) {
      if (m["name"] != row.name || m["phase"] != word(row.phase)) continue;
      ++found;
      for (const std::string& placement : options.placements) {
        const auto& value = row.values.at(placement);
        ASSERT_EQ(m["values"][placement].is_null(), !value.has_value()) << row.name;
        if (!value) continue;
        EXPECT_NEAR(m["values"][placement]["value"].get<double>(), value->centre(),
                    1e-8 * std::abs(value->centre()))
            << row.name;
        EXPECT_EQ(m["values"][placement]["n"], 3);
      }
      const auto& diff = row.diff.at("hotplugged_range");
      ASSERT_EQ(m["diff"]["hotplugged_range"].is_null(), !diff.has_value()) << row.name;
      if (!diff) continue;
      EXPECT_EQ(m["diff"]["hotplugged_range"]["significant"],
                diff->significant ? ordered_json(*diff->significant) : ordered_json(nullptr))
          << row.name;
    }
  EXPECT_EQ(found + d["metrics_zero"].size(), c.metrics.size());
}

TEST(Document, one_run_each_claims_no_significance) {
  const auto d = document_of_runs(small_guest(), 1);
  for (const auto& m : d["metrics"]) {
    if (m["diff"]["hotplugged_range"].is_null()) continue;
    EXPECT_TRUE(m["diff"]["hotplugged_range"]["significant"].is_null()) << m["name"];
    EXPECT_TRUE(m["diff"]["hotplugged_range"]["lo"].is_null()) << m["name"];
  }
  EXPECT_NE(d["answer"][0].get<std::string>().find("one run each"), std::string::npos)
      << d["answer"][0];
}

TEST(Document, a_failure_is_the_answer) {
  const ScratchFolder folder;
  const auto s = shipped("small-guest.toml", {});
  keep(content_of(s, "boot_memory"), folder.path("a.h5"));
  keep(content_of(s, "hotplugged_range"), folder.path("b.h5"));
  const auto in = read_inputs({folder.path()});
  ASSERT_TRUE(in.has_value());
  const auto d = document_of(*in);
  ASSERT_TRUE(d.has_value());
  std::string all;
  for (const auto& sentence : (*d)["answer"]) all += sentence.get<std::string>() + '\n';
  EXPECT_NE(all.find("with boot_memory it never is"), std::string::npos) << all;
  EXPECT_NE(all.find("boot_memory ends with enomem"), std::string::npos) << all;
}

TEST(Document, the_same_files_give_the_same_bytes) {
  EXPECT_EQ(text_of(document_of_runs(small_guest(), 2)),
            text_of(document_of_runs(small_guest(), 2)));
}

/// A run file as of a machine of 64 TiB that is added in blocks of 128 MiB.
record::FileContent largest() {
  constexpr std::size_t kBlocks = 524'288, kTimes = 400, kNodes = 16, kZones = 5;
  auto file = content_of(small_guest(), "boot_memory");
  std::erase_if(file.groups, [](const record::Group& g) {
    return g.name == "hotplug" || g.name == "memmap" || g.name == "zones" || g.name == "buddy" ||
           g.name == "sections";
  });
  const auto count = [](std::size_t n, auto f) {
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < n; ++i) out.push_back(f(static_cast<std::int64_t>(i)));
    return out;
  };
  const auto number = [](std::int64_t i) { return i; };
  const auto flags = [](std::size_t n, std::vector<std::string> words) {
    return record::Flags{std::vector<std::uint8_t>(n, 0), std::move(words)};
  };
  const std::vector<std::string> op{"op"}, block{"block"}, series{"time", "node", "zone"};
  file.group("hotplug")
      .coordinate("op", count(kBlocks, number), "1", "-")
      .variable("kind", op, flags(kBlocks, {"online"}), "1", "-")
      .variable("device", op, count(kBlocks, number), "1", "-")
      .variable("block", op, count(kBlocks, number), "1", "-")
      .variable("node", op, count(kBlocks, [](auto i) { return i % 16; }), "1", "-")
      .variable("submitted", op, count(kBlocks, number), "ns", "-")
      .variable("started", op, count(kBlocks, [](auto i) { return i * 1000; }), "ns", "-")
      .variable("finished", op, count(kBlocks, [](auto i) { return i * 1000 + 900; }), "ns", "-")
      .variable("result", op, flags(kBlocks, {"ok"}), "1", "-")
      .variable("failure_reason", op, std::vector<std::string>(kBlocks), "1", "-");
  file.group("memmap")
      .coordinate("block", count(kBlocks, number), "1", "-")
      .variable("start_pfn", block, count(kBlocks, [](auto i) { return i * 32768; }), "page", "-")
      .variable("pages", block, count(kBlocks, [](auto) { return 32768; }), "page", "-")
      .variable("memmap_pages", block, count(kBlocks, [](auto) { return 512; }), "page", "-")
      .variable("memmap_node", block, count(kBlocks, [](auto i) { return i % 3; }), "1", "-")
      .variable("memmap_zone", block, flags(kBlocks, {"Normal"}), "1", "-")
      .variable("placement", block, flags(kBlocks, {"boot_memory"}), "1", "-")
      .variable("init_start", block, count(kBlocks, number), "ns", "-")
      .variable("online_at", block, count(kBlocks, number), "ns", "-")
      .variable("unusable_pages", block, count(kBlocks, [](auto) { return 0; }), "page", "-");
  auto& zones =
      file.group("zones")
          .coordinate("time", count(kTimes, number), "ns", "-")
          .coordinate("node", count(kNodes, number), "1", "-")
          .coordinate("zone",
                      std::vector<std::string>{"DMA", "DMA32", "Normal", "Movable", "Device"}, "1",
                      "-");
  for (const char* name : {"nr_free_pages", "managed_pages", "min", "low", "high"})
    zones.variable(
        name, series,
        count(kTimes * kNodes * kZones, [](auto i) { return 4'000'000'000 + i * 7919 % 100'003; }),
        "page", "-");
  return file;
}

TEST(Document, of_two_runs_of_64_tib_stays_small) {
  auto content = std::make_shared<const record::FileContent>(largest());
  Inputs in;
  for (const char* column : {"boot_memory", "hotplugged_range"}) {
    auto run = run::recorded_run(*content, "largest.h5");
    ASSERT_TRUE(run.has_value());
    in.columns.emplace_back(column);
    in.runs.push_back({.file = {"largest.h5", "00000000"},
                       .column = column,
                       .placement = column,
                       .run = std::move(*run),
                       .figures = {},
                       .content = content});
  }
  const auto d = document_of(in);
  ASSERT_TRUE(d.has_value());
  EXPECT_LT(text_of(*d).size(), kMostBytes);
  EXPECT_EQ(sum((*d)["runs"][0]["operations"], "count"), 524'288);
  EXPECT_EQ(sum((*d)["runs"][0]["map"]["runs"], "pages"), 64LL << 28) << "64 TiB in pages";
}

/// A study file with so many metrics, over sizes, loads and two placements.
record::FileContent study_of(std::size_t sizes, std::size_t loads, std::size_t metrics) {
  constexpr std::size_t kReplicates = 3;
  const std::size_t points = sizes * loads * 2;
  record::FileContent file;
  file.attribute("schema", "mhpsim-study/1")
      .attribute("study", "large")
      .attribute("doc", "Is it small?")
      .attribute("baseline", "placement=boot_memory")
      .attribute("status", "complete");
  const auto numbers = [](std::size_t n) {
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<std::int64_t>(i) << 30);
    return out;
  };
  const std::vector<std::string> dims{"size", "load", "placement"};
  auto all = dims;
  all.emplace_back("replicate");
  for (const char* name : {"runs", "results_ci", "compare"})
    file.group(name)
        .coordinate("size", numbers(sizes), "byte", "-")
        .coordinate("load", numbers(loads), "1", "-")
        .coordinate("placement", std::vector<std::string>{"boot_memory", "hotplugged_range"}, "1",
                    "-");
  file.groups[0].coordinate("replicate", numbers(kReplicates), "1", "-");
  const std::vector<std::uint8_t> zeros(points * kReplicates, 0);
  file.groups[0]
      .variable("status", all, record::Flags{zeros, {"complete", "missing"}}, "1", "-")
      .variable("outcome", all, record::Flags{zeros, {"ok", "enomem", "none"}}, "1", "-");
  std::vector<std::string> names, units, texts;
  for (std::size_t m = 0; m < metrics; ++m) {
    const std::string name = m == 0 ? "time_to_usable" : "metric_" + std::to_string(m);
    names.push_back(name);
    units.emplace_back("ns");
    texts.emplace_back("lower");
    std::vector<double> mean, diff;
    for (std::size_t p = 0; p < points; ++p) {
      mean.push_back(1e9 / 3 * static_cast<double>(p * 7919 % 10'007 + m + 1));
      diff.push_back(p % 2 == 0 ? 0 : 1e7 / 3 * (static_cast<double>(p) - 500));
    }
    for (const char* suffix : {"_mean", "_lo", "_hi"})
      file.groups[1].variable(name + suffix, dims, mean, "ns", "-");
    for (const char* suffix : {"_diff", "_lo", "_hi"})
      file.groups[2].variable(name + suffix, dims, diff, "ns", "-");
    file.groups[2].variable(
        name + "_significant", dims,
        record::Flags{std::vector<std::uint8_t>(points, 1), {"no", "yes", "unknown"}}, "1", "-");
  }
  const std::vector<std::string> rows{"metric"};
  file.group("provenance")
      .coordinate("metric", numbers(metrics), "1", "-")
      .variable("name", rows, names, "1", "-")
      .variable("phase", rows, units, "1", "-")
      .variable("unit", rows, units, "1", "-")
      .variable("better", rows, texts, "1", "-")
      .variable("definition", rows, names, "1", "-")
      .text("study_config", "name = \"large\"\n", "-");
  return file;
}

Inputs inputs_of(record::FileContent study) {
  Inputs in;
  in.study_file = InputFile{"study.h5", "00000000"};
  in.study = std::move(study);
  return in;
}

TEST(Document, of_a_study_of_1000_points_stays_small) {
  const auto d = document_of(inputs_of(study_of(25, 20, 100)));
  ASSERT_TRUE(d.has_value());
  const auto& study = (*d)["study"];
  EXPECT_LT(text_of(*d).size(), kMostBytes);
  EXPECT_EQ(study["metrics"][0]["mean"].size(), 1000u);
  EXPECT_EQ(study["metrics"][0]["headline"], true);
  EXPECT_EQ(study["metrics"].size() + study["left_out"].size(), 100u);
  EXPECT_GT(study["metrics"].size(), 30u);
  EXPECT_EQ(study["baseline"], (ordered_json{{"axis", 2}, {"level", 0}}));
  EXPECT_EQ((*d)["answer"][0].get<std::string>().find("time_to_usable: of the 500 points"), 0u)
      << (*d)["answer"][0];
}

TEST(Document, a_study_that_is_too_large_is_refused_in_one_line) {
  EXPECT_TRUE(document_of(inputs_of(study_of(500, 100, 3))).has_value());
  const auto d = document_of(inputs_of(study_of(501, 100, 1)));
  ASSERT_FALSE(d.has_value());
  EXPECT_NE(d.error()[0].text().find("100200 points"), std::string::npos) << d.error()[0].text();
}

TEST(Document, of_an_answer_is_the_answer) {
  const ScratchFolder folder;
  std::ofstream(folder.path("answer.json"))
      << R"({"schema": "mhpsim-plan/1", "question": "q", "answers": [)"
         R"({"at": {"placement": "boot_memory"}, "sentence": "the largest is 3GiB"}, 7]})";
  const auto in = read_inputs({folder.path()});
  ASSERT_TRUE(in.has_value());
  const auto d = document_of(*in);
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ((*d)["kind"], "answer");
  EXPECT_EQ((*d)["title"], "q");
  EXPECT_EQ((*d)["answer"], ordered_json{"placement=boot_memory: the largest is 3GiB."});
}

}  // namespace
}  // namespace mhp::report
