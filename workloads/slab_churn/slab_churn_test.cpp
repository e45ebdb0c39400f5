#include "workloads/common/test_bed.hpp"

namespace mhp::workloads::slab_churn_test {
namespace {

TestBed::Settings churn(std::int64_t objects) {
  return {{"objects", TestBed::number(objects)}, {"object_size", TestBed::text("256B")}};
}

// 16 objects of 256 bytes a slab of one page.
TEST(SlabChurn, holds_its_objects_in_no_fewer_slabs_than_they_fill) {
  TestBed bed;
  const PageCount free = bed.mm.mem_free();
  const Workload& w = bed.start("slab_churn", churn(100'000));
  bed.run_until(kSecond);
  EXPECT_EQ(figure(w, "live_objects"), 100'000);
  EXPECT_GE(figure(w, "slab_pages"), 100'000 / 16);
  EXPECT_LE(figure(w, "slab_pages"), figure(w, "slab_pages_max"));
  EXPECT_EQ((free - bed.mm.mem_free()).value, figure(w, "slab_pages"));
  bed.mm.validate();
}

// New objects fill the holes that dead ones leave, so that slabs stay nearly full: a batch of 1000
// new objects needs at most 1000 / 16 slabs more than the holes hold.
TEST(SlabChurn, churn_alone_does_not_grow) {
  TestBed bed;
  const Workload& w = bed.start("slab_churn", churn(50'000));
  bed.run_until(kSecond);
  const std::int64_t then = figure(w, "slab_pages_max");
  bed.run_until(kSecond * 5);
  EXPECT_LE(figure(w, "slab_pages_max"), then + 1000 / 16);
}

TEST(SlabChurn, more_than_there_is_fails_and_is_counted) {
  TestBed bed({TestBed::node(Bytes{128 * kMiB})});
  TestBed::Settings settings = churn(10'000'000);
  settings.push_back({"batch", TestBed::number(50'000)});
  const Workload& w = bed.start("slab_churn", settings);
  bed.run_until(kSecond * 3);
  EXPECT_GT(figure(w, "failures"), 0);
  bed.mm.validate();
}

}  // namespace
}  // namespace mhp::workloads::slab_churn_test
