#include "sim/core/params.hpp"

#include <gtest/gtest.h>

#include <array>

namespace mhp::params_test {
namespace {

struct Memory {
  std::string policy = "boot_memory";
  bool online = true;
  std::int64_t scale = 10;
  Bytes block{128 * kMiB};
  PageCount batch{63};
  SimTime poll{10'000'000};
  Picoseconds init_page{54'700};
  BytesPerSecond copy{113'100'000'000};
  NodeId node{0};
  std::vector<std::int64_t> orders{0, 9};
  std::vector<std::string> tags;
};

ParamSet<Memory> memory_params() {
  return ParamSet<Memory>()
      .add("policy", &Memory::policy,
           {.doc = "Where the memmap goes",
            .linux_name = "memory_hotplug.memmap_on_memory",
            .choices = {{"boot_memory", "On the boot node"}, {"in_range", "In the added range"}}})
      .add("online", &Memory::online, {.doc = "Online at once"})
      .add("scale", &Memory::scale,
           {.doc = "Watermark distance",
            .linux_name = "vm.watermark_scale_factor",
            .source = "mm/page_alloc.c, v6.8",
            .min = 1,
            .max = 3000})
      .add("block", &Memory::block, {.doc = "Bytes of a block", .min = Bytes{kMiB}})
      .add("batch", &Memory::batch, {.doc = "Pages at once", .max = PageCount{512}})
      .add("poll", &Memory::poll, {.doc = "Time between polls"})
      .add("init_page", &Memory::init_page, {.doc = "Cost of a struct page"})
      .add("copy", &Memory::copy, {.doc = "Copy bandwidth"})
      .add("node", &Memory::node, {.doc = "Target node"})
      .add("orders", &Memory::orders, {.doc = "Orders traced", .min = 0, .max = 10})
      .add("tags", &Memory::tags, {.doc = "Free words"})
      .subtable("zone");
}

struct One {
  std::int64_t n = 0;
};

Location at(int line) { return {"m.toml", line, 9}; }

template <class T>
Value::Member member(std::string key, T data, int line) {
  return {std::move(key), Value{std::move(data), at(line)}, {"m.toml", line, 1}};
}
Value::Member text(std::string key, std::string value, int line) {
  return member(std::move(key), std::move(value), line);
}

struct Outcome {
  Memory memory;
  std::vector<std::string> errors;
  std::vector<ParamValue> used;
};

Outcome read(Value::Table members, std::string_view prefix = "mem") {
  Outcome outcome;
  Diagnostics errors;
  const Value table{std::move(members), {"m.toml", 1, 1}};
  memory_params().read(table, outcome.memory, errors, &outcome.used, prefix);
  for (const Diagnostic& d : errors) outcome.errors.push_back(d.text());
  return outcome;
}

using Lines = std::vector<std::string>;

TEST(params, every_type_is_read_from_what_a_file_writes) {
  const Outcome o = read(
      {text("policy", "in_range", 2), member("online", false, 3),
       member("scale", std::int64_t{3000}, 4), text("block", "1MiB", 5),
       member("batch", std::int64_t{512}, 6), text("poll", "1.5ms", 7), text("init_page", "2ns", 8),
       text("copy", "90GiB/s", 9), member("node", std::int64_t{3}, 10),
       member("orders", Value::Array{{std::int64_t{10}, at(11)}, {std::int64_t{0}, at(11)}}, 11),
       member("tags", Value::Array{{std::string("a"), at(12)}}, 12)});
  EXPECT_EQ(o.errors, Lines{});
  EXPECT_EQ(o.memory.policy, "in_range");
  EXPECT_FALSE(o.memory.online);
  EXPECT_EQ(o.memory.scale, 3000);
  EXPECT_EQ(o.memory.block, Bytes{1'048'576});
  EXPECT_EQ(o.memory.batch, PageCount{512});
  EXPECT_EQ(o.memory.poll, SimTime{1'500'000});
  EXPECT_EQ(o.memory.init_page, Picoseconds{2000});
  EXPECT_EQ(o.memory.copy, BytesPerSecond{96'636'764'160});
  EXPECT_EQ(o.memory.node, NodeId{3});
  EXPECT_EQ(o.memory.orders, (std::vector<std::int64_t>{10, 0}));
  EXPECT_EQ(o.memory.tags, (std::vector<std::string>{"a"}));
}

// What a program sets is what a file with the same amount would have set, errors included.
TEST(params, an_amount_needs_no_text) {
  const Outcome o = read({member("block", Amount{1'048'576, Unit::byte}, 2),
                          member("poll", Amount{1'500'000, Unit::ns}, 3),
                          member("init_page", Amount{2, Unit::ns}, 4),
                          member("copy", Amount{7, Unit::byte_per_second}, 5)});
  EXPECT_EQ(o.errors, Lines{});
  EXPECT_EQ(o.memory.block, Bytes{1'048'576});
  EXPECT_EQ(o.memory.poll, SimTime{1'500'000});
  EXPECT_EQ(o.memory.init_page, Picoseconds{2000}) << "another unit of the same kind";
  EXPECT_EQ(o.memory.copy, BytesPerSecond{7});
  EXPECT_EQ(read({member("poll", Amount{-5, Unit::ns}, 2)}).errors,
            Lines{"m.toml:2:9: mem.poll: '-5ns' is negative; a time is zero or more"});
  EXPECT_EQ(read({member("block", Amount{4096, Unit::byte}, 2)}).errors,
            Lines{"m.toml:2:9: mem.block is 4 KiB, out of range; allowed is 1 MiB .. 4 PiB"});
  EXPECT_EQ(read({member("scale", Amount{5, Unit::ns}, 2)}).errors,
            Lines{"m.toml:2:9: mem.scale must be an integer, not an amount"});
}

TEST(params, all_errors_come_at_once_and_name_their_places) {
  const Outcome o = read({text("polcy", "x", 2), member("online", std::int64_t{1}, 3),
                          member("scale", std::int64_t{3001}, 4), text("block", "64G", 5),
                          member("batch", std::int64_t{513}, 6), member("poll", std::int64_t{7}, 7),
                          text("policy", "boot_memry", 8)});
  EXPECT_EQ(
      o.errors,
      (Lines{
          "m.toml:2:1: unknown key mem.polcy; did you mean policy?",
          "m.toml:8:9: mem.policy has no choice 'boot_memry'; did you mean boot_memory?",
          "m.toml:3:9: mem.online must be a boolean, not an integer; write true or false",
          "m.toml:4:9: mem.scale is 3001, out of range; allowed is 1 .. 3000",
          "m.toml:5:9: mem.block: '64G' has the unknown unit 'G'; write GiB for 1073741824 bytes "
          "or GB for 1000000000 bytes",
          "m.toml:6:9: mem.batch is 513, out of range; allowed is <= 512",
          "m.toml:7:9: mem.poll must be a time in quotes, as in \"1.5ms\", not an integer"}));
  EXPECT_EQ(o.memory.scale, 10) << "a wrong value reads as the default";
}

TEST(params, bounds_are_inclusive) {
  EXPECT_EQ(read({member("scale", std::int64_t{1}, 2)}).errors, Lines{});
  EXPECT_EQ(read({member("scale", std::int64_t{0}, 2)}).errors,
            Lines{"m.toml:2:9: mem.scale is 0, out of range; allowed is 1 .. 3000"});
  EXPECT_EQ(read({text("block", "1MiB", 2)}).errors, Lines{});
  EXPECT_EQ(read({text("block", "1023KiB", 2)}).errors,
            Lines{"m.toml:2:9: mem.block is 1023 KiB, out of range; allowed is 1 MiB .. 4 PiB"});
  EXPECT_EQ(read({member("node", std::int64_t{1023}, 2)}).errors, Lines{});
  EXPECT_EQ(read({member("node", std::int64_t{1024}, 2)}).errors,
            Lines{"m.toml:2:9: mem.node is 1024, no node number; nodes are 0 .. 1023"});
  EXPECT_EQ(read({member("node", std::int64_t{-1}, 2)}).errors.size(), 1u);
}

TEST(params, elements_of_lists_are_checked_one_by_one) {
  EXPECT_EQ(
      read({member("orders", Value::Array{{std::int64_t{1}, at(2)}, {std::string("x"), at(3)}}, 2)})
          .errors,
      Lines{"m.toml:3:9: mem.orders must be an integer, not a string"});
  EXPECT_EQ(read({member("orders", Value::Array{{std::int64_t{11}, at(2)}}, 2)}).errors,
            Lines{"m.toml:2:9: mem.orders is 11, out of range; allowed is 0 .. 10"});
  EXPECT_EQ(read({member("orders", std::int64_t{1}, 2)}).errors,
            Lines{"m.toml:2:9: mem.orders must be an array, not an integer; put it in [ ]"});
}

TEST(params, the_value_help_lists_the_choices) {
  EXPECT_EQ(read({text("policy", "help", 2)}).errors, Lines{"m.toml:2:9: choices of mem.policy:\n"
                                                            "  boot_memory  On the boot node\n"
                                                            "  in_range     In the added range"});
}

TEST(params, subtables_are_left_to_the_caller) {
  EXPECT_EQ(read({member("zone", Value::Table{}, 2)}).errors, Lines{});
  EXPECT_EQ(read({member("zones", Value::Table{}, 2)}).errors,
            Lines{"m.toml:2:1: unknown key mem.zones; did you mean zone?"});
}

TEST(params, a_missing_required_key_is_reported_at_its_table) {
  const auto params = ParamSet<One>().add("n", &One::n, {.doc = "how many", .required = true});
  One one;
  Diagnostics errors;
  params.read(Value{Value::Table{}, {"m.toml", 5, 1}}, one, errors);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].text(), "m.toml:5:1: n is missing; integer, how many");
  errors.clear();
  params.read(Value{Value::Table{member("n", std::int64_t{4}, 6)}, {"m.toml", 5, 1}}, one, errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(one.n, 4);
}

TEST(params, what_is_no_table_is_one_error) {
  const auto params = ParamSet<One>().add("n", &One::n, {.doc = "how many", .required = true});
  One one;
  Diagnostics errors;
  params.read(Value{true, at(3)}, one, errors, nullptr, "kernel");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].text(), "m.toml:3:9: kernel must be a table, not a boolean");
}

const ParamValue& used(const Outcome& o, const std::string& name) {
  for (const ParamValue& v : o.used)
    if (v.name == name) return v;
  ADD_FAILURE() << "no parameter " << name;
  return o.used.front();
}

TEST(params, every_parameter_used_is_listed_with_unit_and_kernel_name) {
  const Outcome o = read({text("poll", "1.5ms", 2)});
  ASSERT_EQ(o.used.size(), 11u);
  EXPECT_EQ(used(o, "mem.poll").value, "1500000");
  EXPECT_EQ(used(o, "mem.poll").unit, Unit::ns);
  EXPECT_FALSE(used(o, "mem.poll").is_default);
  EXPECT_EQ(used(o, "mem.block").value, "134217728");
  EXPECT_EQ(used(o, "mem.block").unit, Unit::byte);
  EXPECT_EQ(used(o, "mem.batch").unit, Unit::page);
  EXPECT_EQ(used(o, "mem.init_page").unit, Unit::ps);
  EXPECT_EQ(used(o, "mem.copy").unit, Unit::byte_per_second);
  EXPECT_EQ(used(o, "mem.orders").value, "0,9");
  EXPECT_EQ(used(o, "mem.online").value, "true");
  EXPECT_EQ(used(o, "mem.scale").linux_name, "vm.watermark_scale_factor");
  EXPECT_TRUE(used(o, "mem.scale").is_default);
}

TEST(params, a_value_that_is_a_number_is_recorded_as_one_too) {
  const Outcome o = read({text("poll", "1.5ms", 2), text("policy", "in_range", 3)});
  EXPECT_EQ(used(o, "mem.poll").number, 1'500'000);
  EXPECT_EQ(used(o, "mem.block").number, 134'217'728);
  EXPECT_EQ(used(o, "mem.batch").number, 63);
  EXPECT_EQ(used(o, "mem.scale").number, 10);
  EXPECT_EQ(used(o, "mem.node").number, 0);
  for (const char* other : {"mem.policy", "mem.online", "mem.orders", "mem.tags"})
    EXPECT_FALSE(used(o, other).number) << other;
}

TEST(params, sources_come_from_the_key_the_table_or_the_declaration) {
  const Outcome o = read({text("source", "lab notebook", 1), text("poll", "1ms", 2),
                          text("init_page", "2ns", 3), text("init_page_source", "perf stat", 4)});
  EXPECT_EQ(o.errors, Lines{});
  EXPECT_EQ(used(o, "mem.poll").source, "lab notebook");
  EXPECT_EQ(used(o, "mem.init_page").source, "perf stat");
  EXPECT_EQ(used(o, "mem.scale").source, "mm/page_alloc.c, v6.8") << "the default's own source";
}

TEST(params, a_source_does_not_cover_a_value_from_elsewhere) {
  Value::Member overridden = text("poll", "2ms", 2);
  overridden.value.where = {"--set", 1, 0};
  const Outcome o = read({text("source", "lab notebook", 1), overridden});
  EXPECT_EQ(used(o, "mem.poll").source, "");
}

TEST(params, a_source_must_be_a_string_and_speak_of_a_known_parameter) {
  EXPECT_EQ(read({member("poll_source", std::int64_t{1}, 2), text("pol_source", "x", 3)}).errors,
            (Lines{"m.toml:2:9: mem.poll_source must be a string, not an integer; say where the "
                   "number comes from",
                   "m.toml:3:1: unknown key mem.pol_source"}));
}

TEST(params, describe_says_all_that_was_declared) {
  const std::vector<ParamInfo> all = memory_params().describe("mem");
  ASSERT_EQ(all.size(), 11u);
  EXPECT_EQ(all[0].path, "mem.policy");
  EXPECT_EQ(all[0].choices.size(), 2u);
  EXPECT_EQ(all[2].type, "integer");
  EXPECT_EQ(all[2].default_text, "10");
  EXPECT_EQ(all[2].range, "1 .. 3000");
  EXPECT_EQ(all[2].linux_name, "vm.watermark_scale_factor");
  EXPECT_EQ(all[3].type, "size");
  EXPECT_EQ(all[3].default_text, "128 MiB");
  EXPECT_EQ(all[3].range, "1 MiB .. 4 PiB") << "an amount has a bound even if nobody names one";
  EXPECT_EQ(all[5].default_text, "10 ms");
  EXPECT_EQ(all[7].default_text, "113.1 GB/s");
  EXPECT_EQ(all[9].default_text, "[0, 9]");
}

TEST(params_death, a_bad_declaration_is_a_bug) {
  const auto declare = [](const char* name, ParamOptions<std::int64_t> options) {
    ParamSet<One>().add(name, &One::n, std::move(options));
  };
  EXPECT_EXIT(declare("n", {.doc = ""}), testing::ExitedWithCode(6), "no doc");
  EXPECT_EXIT(declare("source", {.doc = "x"}), testing::ExitedWithCode(6), "reserved");
  EXPECT_EXIT(declare("n_source", {.doc = "x"}), testing::ExitedWithCode(6), "reserved");
  EXPECT_EXIT(declare("n", {.doc = "x", .min = 1}), testing::ExitedWithCode(6), "out of range");
  EXPECT_EXIT(ParamSet<One>().add("n", &One::n, {.doc = "x"}).add("n", &One::n, {.doc = "x"}),
              testing::ExitedWithCode(6), "twice");
}

enum class Walk : std::uint8_t { full, none };
constexpr std::array<Word, 2> words_of(Walk) {
  return {{{"full", "all of it"}, {"no-walk", "nothing"}}};
}
struct Walker {
  Walk walk = Walk::full;
};

TEST(params, an_enumeration_is_read_by_its_words) {
  const auto params = ParamSet<Walker>().add("walk", &Walker::walk, {.doc = "what is walked"});
  const auto read_walk = [&](const char* written, Walker& out) {
    Diagnostics errors;
    std::vector<ParamValue> used;
    params.read(Value{Value::Table{text("walk", written, 2)}, at(1)}, out, errors, &used);
    return errors.empty() ? used.at(0).value : errors.at(0).text();
  };
  Walker w;
  EXPECT_EQ(read_walk("no-walk", w), "no-walk");
  EXPECT_EQ(w.walk, Walk::none);
  EXPECT_NE(read_walk("no-wlk", w).find("did you mean no-walk?"), std::string::npos);
  EXPECT_EQ(w.walk, Walk::full) << "the default";
  const auto described = params.describe();
  EXPECT_EQ(described.at(0).type, "string");
  EXPECT_EQ(described.at(0).default_text, "full");
  EXPECT_EQ(described.at(0).choices.at(1).doc, "nothing");
}

}  // namespace
}  // namespace mhp::params_test
