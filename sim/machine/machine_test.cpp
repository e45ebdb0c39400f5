// Machine files that are wrong: one line each, at the place where it stands.
#include "sim/machine/machine.hpp"

#include <gtest/gtest.h>

namespace mhp::machine::machine_test {
namespace {

Value text(const char* value, int line) { return {std::string(value), {"m.toml", line, 18}}; }

/// A machine of one node whose host backs it by pages of `size`.
Value backed_by(const char* size) {
  const Value node{Value::Table{{"memory", text("1GiB", 4)}, {"cpus", {std::int64_t{2}, {}}}}, {}};
  return {Value::Table{{"name", text("guest", 1)},
                       {"hypervisor", {true, {}}},
                       {"host_page_size", text(size, 2)},
                       {"node", {Value::Array{node}, {}}}},
          {"m.toml", 1, 1}};
}

TEST(read_machine, takes_a_host_with_pages_of_4_kib_or_2_mib) {
  for (const auto& [size, bytes] : {std::pair{"4KiB", 4 * kKiB}, {"2MiB", 2 * kMiB}}) {
    Diagnostics errors;
    const Machine m = read_machine(backed_by(size), errors, nullptr);
    EXPECT_TRUE(errors.empty());
    EXPECT_EQ(m.general.host_page_size, Bytes{bytes});
  }
}

TEST(read_machine, refuses_a_host_with_other_pages) {
  for (const char* size : {"0B", "2KiB", "64KiB", "1GiB"}) {
    Diagnostics errors;
    read_machine(backed_by(size), errors, nullptr);
    ASSERT_EQ(errors.size(), 1) << size;
    EXPECT_EQ(errors.front().where.line, 2);
    EXPECT_NE(errors.front().text().find("host_page_size"), std::string::npos)
        << errors.front().text();
  }
}

TEST(read_machine, leaves_misses_in_flight_to_the_prices_or_has_one_at_the_least) {
  const auto overlapping = [](std::int64_t misses, Diagnostics& errors) {
    Value table = backed_by("2MiB");
    const Value core{Value::Table{{"misses_in_flight_stride", {misses, {"m.toml", 7, 3}}}}, {}};
    table.table()->push_back({"core", core, {}});
    return read_machine(table, errors, nullptr).core.misses_in_flight_stride;
  };
  for (const std::int64_t misses : {0, 1000, 5000}) {
    Diagnostics errors;
    EXPECT_EQ(overlapping(misses, errors), misses);
    EXPECT_TRUE(errors.empty());
  }
  Diagnostics errors;
  overlapping(999, errors);
  ASSERT_EQ(errors.size(), 1);
  EXPECT_EQ(errors.front().text(),
            "m.toml:7:3: machine.core.misses_in_flight_stride is 999, less than one miss; at least "
            "1000, or 0 for the core of the cost profile");
}

TEST(read_machine, takes_a_medium_of_whole_lines) {
  for (const auto& [unit, fits] : {std::pair{"64B", true}, {"256B", true}, {"96B", false}}) {
    const Value node{Value::Table{{"memory", text("1GiB", 4)},
                                  {"cpus", {std::int64_t{2}, {}}},
                                  {"access_unit", text(unit, 5)}},
                     {}};
    const Value machine{
        Value::Table{{"name", text("server", 1)}, {"node", {Value::Array{node}, {}}}},
        {"m.toml", 1, 1}};
    Diagnostics errors;
    read_machine(machine, errors, nullptr);
    EXPECT_EQ(errors.empty(), fits) << unit;
    if (!fits) {
      EXPECT_NE(errors.front().text().find("machine.node.0.access_unit"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace mhp::machine::machine_test
