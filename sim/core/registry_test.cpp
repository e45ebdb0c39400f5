#include "sim/core/registry.hpp"

#include <gtest/gtest.h>

namespace mhp::registry_test {
namespace {

struct Part {
  std::string name;
  std::string doc;
  int payload = 0;
};

Registry<Part> two_parts() {
  Registry<Part> registry;
  registry.add({"virtio_mem", "Plugs in small blocks", 2});
  registry.add({"dimm", "Plugs a whole module", 1});
  return registry;
}

TEST(registry, finds_by_name) {
  const Registry<Part> registry = two_parts();
  ASSERT_NE(registry.find("dimm"), nullptr);
  EXPECT_EQ(registry.find("dimm")->payload, 1);
  EXPECT_EQ(registry.find("dim"), nullptr);
}

TEST(registry, names_are_sorted_whatever_the_order_of_adding) {
  EXPECT_EQ(two_parts().names(), (std::vector<std::string>{"dimm", "virtio_mem"}));
}

TEST(registry, lists_itself_with_docs_in_one_column) {
  EXPECT_EQ(two_parts().listing(),
            "  dimm        Plugs a whole module\n"
            "  virtio_mem  Plugs in small blocks\n");
}

TEST(registry, pointers_survive_later_additions) {
  Registry<Part> registry = two_parts();
  const Part* dimm = registry.find("dimm");
  for (int i = 0; i < 100; ++i) registry.add({fmt::format("a{}", i), "x", 0});
  EXPECT_EQ(registry.find("dimm"), dimm);
}

TEST(registry_death, refuses_duplicates_and_missing_names_or_docs) {
  Registry<Part> registry = two_parts();
  EXPECT_EXIT(registry.add({"dimm", "Another", 3}), testing::ExitedWithCode(6), "twice");
  EXPECT_EXIT(registry.add({"cxl", "", 3}), testing::ExitedWithCode(6), "no documentation");
  EXPECT_EXIT(registry.add({"", "Nameless", 3}), testing::ExitedWithCode(6), "no name");
}

}  // namespace
}  // namespace mhp::registry_test
