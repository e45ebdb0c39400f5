// Memory that does not go to the page allocator when it goes online: what Hyper-V's driver asks for
// and keeps, and pages that come out of a balloon.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/kernel/arch/x86_64.hpp"
#include "sim/kernel/hotplug/hv_hot_add.hpp"
#include "sim/kernel/placement/test_machine.hpp"

namespace mhp::kernel::hand_over_test {
namespace {

using HandOver = MemoryHotplug::HandOver;

PfnRange mib(std::int64_t from, std::int64_t to) {
  return {pfn_of(Bytes{from * kMiB}), pfn_of(Bytes{to * kMiB})};
}
constexpr PageCount kChunk{128 * kMiB / kPageSize};

/// "start-end" in MiB of each call, and what of it the host does not back.
std::string told(const HvHotAdd::Request& request) {
  const auto text = [](PfnRange r) {
    return std::to_string(bytes_of(r.start - Pfn{0}).value / kMiB) + "-" +
           std::to_string(bytes_of(r.end - Pfn{0}).value / kMiB);
  };
  std::string all = request.there.empty() ? "" : "there " + text(request.there) + " ";
  for (const HvHotAdd::Call& call : request.calls) {
    all += "add " + text(call.range) + " ";
    for (const PfnRange& part : call.unbacked) all += "without " + text(part) + " ";
  }
  return all;
}

/// A request whose calls all succeed.
std::string request(HvHotAdd& hv, PfnRange pages) {
  const HvHotAdd::Request done = hv.request(pages);
  for (const HvHotAdd::Call& call : done.calls) hv.added(call);
  return told(done);
}

TEST(HvHotAdd, adds_whole_chunks_and_keeps_what_the_host_does_not_back) {
  HvHotAdd hv(kChunk);
  EXPECT_EQ(request(hv, mib(4096, 4296)), "add 4096-4224 add 4224-4352 without 4296-4352 ");
  // The next begins where the pages of the last end: those go online at once, then chunks follow.
  EXPECT_EQ(request(hv, mib(4296, 4496)),
            "there 4296-4352 add 4352-4480 add 4480-4608 without 4496-4608 ");
  EXPECT_EQ(request(hv, mib(4496, 4500)), "there 4496-4500 ");
  EXPECT_EQ(request(hv, mib(8192, 8320)), "add 8192-8320 ") << "a region of its own";
}

// A region begins at a chunk and is as long as the pages need: what lies behind it is not added.
TEST(HvHotAdd, a_region_that_begins_within_a_chunk_may_be_too_short) {
  HvHotAdd hv(kChunk);
  EXPECT_EQ(request(hv, mib(4160, 4288)), "add 4096-4224 without 4096-4160 ");
  EXPECT_EQ(request(hv, {}), "");
  hv.give_up();
  EXPECT_EQ(request(hv, mib(8192, 8320)), "");
}

RC_GTEST_PROP(HvHotAdd, adds_each_page_once_and_none_that_no_request_names, ()) {
  HvHotAdd hv(kChunk);
  IntervalSet added;
  IntervalSet unbacked;
  Pfn next = mib(4096, 4096).start;
  PageCount wanted;
  for (const auto step :
       *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, 300))) {
    const PfnRange pages{next, next + PageCount{step * 512}};
    const HvHotAdd::Request done = hv.request(pages);
    unbacked.erase(done.there.start.value, done.there.end.value);
    for (const HvHotAdd::Call& call : done.calls) {
      RC_ASSERT(added.covered(call.range.start.value, call.range.end.value) == 0);
      RC_ASSERT(call.range.pages() == kChunk);
      added.insert(call.range.start.value, call.range.end.value);
      for (const PfnRange& part : call.unbacked) unbacked.insert(part.start.value, part.end.value);
      hv.added(call);
    }
    next = pages.end;
    wanted += pages.pages();
    RC_ASSERT(added.total() - unbacked.total() == wanted.value);
    RC_ASSERT(unbacked.total() < kChunk.value);
  }
}

class HandedOver : public ::testing::Test {
 protected:
  explicit HandedOver(const char* adder = "hv_balloon") : machine_("boot_memory", adder) {}
  PageCount hand_over(PfnRange range, HandOver order = HandOver::ascending,
                      PageCount most = PageCount{1 << 30}) {
    auto task = machine_.hotplug().hand_over(host_, range, order, most);
    return CountingHost::run(std::move(task));
  }
  const Zone& normal() const { return machine_.zone(ZoneType::normal); }
  OpResult online(PfnRange range) {
    return machine_.online(machine_.block_of(range.start), OnlineType::online_kernel);
  }

  TestMachine machine_;
  CountingHost host_;
};

// A block of 128 MiB of which the host backs 72: 18,432 pages are free, 14,336 the driver's.
TEST_F(HandedOver, pages_that_the_host_backs_are_free_and_the_others_are_the_drivers) {
  const PfnRange block = mib(65'536, 65'664);
  const PfnRange kept = mib(65'608, 65'664);
  machine_.hotplug().keep_offline(kept);
  ASSERT_EQ(machine_.add(block).status, Status::ok);
  ASSERT_EQ(online(block).status, Status::ok);
  EXPECT_EQ(normal().present_pages, PageCount{32'768});
  EXPECT_EQ(normal().managed_pages, PageCount{18'432});
  EXPECT_EQ(normal().free_pages(), PageCount{18'432});
  EXPECT_EQ(machine_.counters().pages_onlined, 18'432);
  // hv_online_page frees them one by one.
  EXPECT_EQ(machine_.counters().free_chunks_order10, 0);
  EXPECT_EQ(machine_.counters().free_chunks_smaller, 18'432);
  machine_.mm().validate();

  const OpResult refused = machine_.offline(machine_.block_of(block.start));
  EXPECT_EQ(refused.status, Status::ebusy);
  EXPECT_NE(refused.reason.find("14336 pages"), std::string::npos) << refused.reason;

  EXPECT_EQ(hand_over(mib(65'608, 65'612)), PageCount{1024});
  EXPECT_EQ(normal().managed_pages, PageCount{19'456});
  EXPECT_EQ(hand_over(block), PageCount{13'312});
  EXPECT_EQ(normal().managed_pages, PageCount{32'768});
  EXPECT_EQ(normal().free_pages(), PageCount{32'768});
  EXPECT_EQ(normal().buddy.free_blocks(10) + normal().buddy.free_blocks(9) / 2 > 0, true);
  machine_.mm().validate();
  EXPECT_EQ(machine_.offline(machine_.block_of(block.start)).status, Status::ok);
  EXPECT_EQ(machine_.remove(block).status, Status::ok);
}

TEST_F(HandedOver, pages_that_are_backed_before_their_block_goes_online_go_with_it) {
  const PfnRange block = mib(65'536, 65'664);
  machine_.hotplug().keep_offline(mib(65'608, 65'664));
  ASSERT_EQ(machine_.add(block).status, Status::ok);
  EXPECT_EQ(hand_over(block), PageCount{14'336});
  ASSERT_EQ(online(block).status, Status::ok);
  EXPECT_EQ(normal().free_pages(), PageCount{32'768});
}

class Ballooned : public HandedOver {
 protected:
  Ballooned() : HandedOver("xen_balloon") {}
};

// All of it goes into the balloon; what went in last comes out first.
TEST_F(Ballooned, memory_is_populated_from_the_highest_page_down) {
  const PfnRange range = mib(65'536, 65'792);
  machine_.hotplug().keep_offline(range);
  ASSERT_EQ(machine_.add(range).status, Status::ok);
  for (Pfn p = range.start; p < range.end; p += kChunk)
    ASSERT_EQ(online({p, p}).status, Status::ok);
  EXPECT_EQ(normal().present_pages, PageCount{65'536});
  EXPECT_EQ(normal().managed_pages, PageCount{0});
  EXPECT_EQ(hand_over(range, HandOver::descending, PageCount{1000}), PageCount{1000});
  EXPECT_EQ(machine_.hotplug().kept_offline({range.end - PageCount{1000}, range.end}),
            PageCount{0});
  EXPECT_EQ(machine_.hotplug().kept_offline(range), PageCount{64'536});
  EXPECT_EQ(normal().managed_pages, PageCount{1000});
  machine_.mm().validate();
}

TEST_F(Ballooned, memory_holds_no_gigantic_page_until_it_is_there) {
  const PfnRange range = mib(65'536, 66'560);
  machine_.hotplug().keep_offline(range);
  ASSERT_EQ(machine_.add(range).status, Status::ok);
  for (Pfn p = range.start; p < range.end; p += kChunk)
    ASSERT_EQ(online({p, p}).status, Status::ok);
  EXPECT_EQ(machine_.hotplug().gigantic_pages_possible(range), 0);
  EXPECT_EQ(hand_over(range, HandOver::descending), PageCount{262'144});
  EXPECT_EQ(machine_.hotplug().gigantic_pages_possible(range), 1);
}

// On every placement that these drivers may have: who keeps what is never lost.
RC_GTEST_PROP(HandedOverAtRandom, pages_are_free_or_kept, ()) {
  const auto names = placements().names();
  TestMachine machine(*rc::gen::elementOf(names), "hv_balloon");
  CountingHost host;
  PageCount online;
  std::int64_t next = 65'536;
  const auto blocks = *rc::gen::inRange(1, 6);
  for (int b = 0; b < blocks; ++b, next += 128) {
    const PfnRange block = mib(next, next + 128);
    const auto from = *rc::gen::inRange<std::int64_t>(0, 32'769);
    const PfnRange kept{block.start + PageCount{from}, block.end};
    machine.hotplug().keep_offline(kept);
    RC_ASSERT(machine.add(block).status == Status::ok);
    RC_ASSERT(machine.online(machine.block_of(block.start), OnlineType::online).status ==
              Status::ok);
    online += block.pages();
    PageCount managed;
    for (const ZoneType type : {ZoneType::normal, ZoneType::movable})
      managed += machine.zone(type).managed_pages;
    const PfnRange all = mib(65'536, next + 128);
    RC_ASSERT(managed + machine.hotplug().kept_offline(all) == online);
    if (*rc::gen::arbitrary<bool>()) {
      auto task = machine.hotplug().hand_over(
          host, all, *rc::gen::element(HandOver::ascending, HandOver::descending),
          PageCount{*rc::gen::inRange<std::int64_t>(1, 20'000)});
      CountingHost::run(std::move(task));
    }
    machine.mm().validate();
  }
}

}  // namespace
}  // namespace mhp::kernel::hand_over_test
