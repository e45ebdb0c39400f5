#include "sim/config/size_requests.hpp"

#include <gtest/gtest.h>

#include "sim/config/scenario.hpp"

namespace mhp::config::size_requests_test {
namespace {

TEST(size_request, is_a_moment_and_a_size) {
  const auto at = parse_size_request("90s 4GiB");
  ASSERT_TRUE(at);
  EXPECT_EQ(at->when, SizeRequest::When::time);
  EXPECT_EQ(at->at.value, 90'000'000'000);
  EXPECT_EQ(at->size.value, 4 * kGiB);
  const auto below = parse_size_request("free<512MiB 6GiB");
  ASSERT_TRUE(below);
  EXPECT_EQ(below->when, SizeRequest::When::free_below);
  EXPECT_EQ(below->free.value, 512 * kMiB);
  EXPECT_EQ(parse_size_request("free>8GiB 2GiB")->when, SizeRequest::When::free_above);
  EXPECT_EQ(parse_size_request("0s 0B")->size.value, 0);
}

TEST(size_request, says_what_is_wrong_with_it) {
  for (const char* wrong : {"", "4GiB", "10s", "soon 4GiB", "10s many", "free=1GiB 2GiB",
                            "free<much 2GiB", "-1s 4GiB"}) {
    const auto request = parse_size_request(wrong);
    ASSERT_FALSE(request) << wrong;
    EXPECT_NE(request.error().front().text().find("write \"10s 4GiB\""), std::string::npos);
  }
}

std::string error(const std::vector<std::string>& settings) {
  const auto s = load_scenario(MHP_SOURCE_DIR "/configs/scenarios/virtio-resize.toml", settings);
  return s ? "" : s.error().front().text();
}

TEST(size_request, must_fit_the_device_and_its_blocks) {
  EXPECT_EQ(error({}), "");
  EXPECT_NE(error({"hotplug.0.requested=[\"0s 17GiB\"]"}).find("its size is 16 GiB"),
            std::string::npos);
  EXPECT_NE(error({"hotplug.0.requested=[\"0s 3MiB\"]"}).find("device_block_size is 2 MiB"),
            std::string::npos);
  EXPECT_NE(error({"hotplug.0.device_block_size=3MiB"}).find("no power of two"), std::string::npos);
  EXPECT_NE(error({"hotplug.0.bbm_block_size=300MiB"}).find("the driver would ignore it"),
            std::string::npos);
}

TEST(size_request, that_hangs_on_free_memory_asks_when_the_run_ends) {
  const std::string free = "hotplug.0.requested=[\"free<1GiB 2GiB\"]";
  EXPECT_EQ(error({free}), "");
  EXPECT_NE(error({free, "until=0s"}).find("say when the run ends"), std::string::npos);
  EXPECT_NE(error({"hotplug.0.requested_by=agent", "until=0s"}).find("say when the run ends"),
            std::string::npos);
}

TEST(size_request, is_for_virtio_mem_alone) {
  EXPECT_NE(error({"hotplug.0.adder=acpi_dimm"}).find("acpi_dimm has no 'requested'"),
            std::string::npos);
}

}  // namespace
}  // namespace mhp::config::size_requests_test
