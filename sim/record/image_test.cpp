#include "sim/record/image.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hdf5_hl.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "sim/record/h5.hpp"
#include "sim/record/tests/miniature.hpp"

namespace mhp::record::image_test {
namespace {

using Bytes = std::vector<std::byte>;
using Integers = std::vector<std::int64_t>;

Bytes encoded(const FileContent& content) {
  Result<Bytes> image = encode(content, "x.h5");
  EXPECT_TRUE(image.has_value()) << image.error()[0].problem;
  return image.value_or(Bytes{});
}

std::string difference_after_round_trip(const FileContent& content) {
  const Result<FileContent> back = decode(encoded(content), "x.h5");
  return back ? first_difference(content, *back) : back.error()[0].problem;
}

TEST(Image, what_is_written_is_read_back) {
  EXPECT_EQ(difference_after_round_trip(miniature()), "");
}

TEST(Image, axes_of_length_zero_are_read_back) {
  EXPECT_EQ(difference_after_round_trip(without_operations()), "");
}

TEST(Image, a_dataset_of_several_chunks_is_read_back) {
  // 8 bytes * 3 * 20000 = 469 KiB, of which a chunk of 128 KiB takes a third of the inner axis.
  FileContent file;
  Integers times, values;
  for (std::int64_t i = 0; i < 20'000; ++i) times.push_back(i * i);
  for (std::int64_t i = 0; i < 60'000; ++i) values.push_back(i * 7919 % 104'729);
  file.group("zones")
      .coordinate("node", Integers{0, 1, 2}, "1", "NUMA node")
      .coordinate("time", times, "ns", "time")
      .variable("free", {"node", "time"}, values, "page", "free pages");
  EXPECT_EQ(difference_after_round_trip(file), "");
}

TEST(Image, the_longest_names_are_read_back) {
  const std::string name(200, 'a');
  FileContent file;
  file.group(name).coordinate(name, Integers{7}, "1", "an axis");
  file.groups[0].variable(name + "b", {name}, Integers{8}, "1", "a value");
  file.groups[0].variables[0].name.erase(0, 1);
  EXPECT_EQ(difference_after_round_trip(file), "");
}

TEST(Image, what_deflate_shrinks_most_is_read_back) {
  FileContent file;
  file.group("zeros").coordinate("i", Integers(1'000'000, 0), "1", "index");
  file.groups[0].variable("flag", {"i"}, Flags{std::vector<std::uint8_t>(1'000'000, 0), {"none"}},
                          "1", "a flag");
  EXPECT_EQ(difference_after_round_trip(file), "");
}

TEST(Image, a_group_of_many_variables_and_a_file_of_many_attributes_keep_their_order) {
  FileContent file;
  for (int i = 40; i-- > 0;) file.attribute(fmt::format("a{}", i), std::int64_t{i});
  Group& zones = file.group("zones").coordinate("node", Integers{0}, "1", "NUMA node");
  for (int i = 200; i-- > 0;) {
    zones.variable(fmt::format("v{}", i), {"node"}, Integers{i}, "page", "a number");
  }
  EXPECT_EQ(difference_after_round_trip(file), "");
}

RC_GTEST_PROP(Image, any_numbers_and_texts_are_read_back, ()) {
  const auto numbers = *rc::gen::arbitrary<Integers>();
  const auto reals =
      *rc::gen::container<std::vector<double>>(numbers.size(), rc::gen::arbitrary<double>());
  const auto texts =
      *rc::gen::container<std::vector<std::string>>(numbers.size(), rc::gen::string<std::string>());
  FileContent file;
  file.group("any")
      .coordinate("i", numbers, "1", "index")
      .variable("real", {"i"}, reals, "1", "a number")
      .variable("text", {"i"}, texts, "1", "a text");
  if (!validate(file, "x.h5").empty()) {  // bytes that are no UTF-8 are refused, not written
    RC_ASSERT(!encode(file, "x.h5").has_value());
  } else {
    RC_ASSERT(difference_after_round_trip(file) == "");
  }
}

TEST(Image, content_that_is_not_valid_is_refused) {
  FileContent file;
  file.group("zones").variable("free", {"node"}, Integers{1}, "page", "free pages");
  const Result<Bytes> image = encode(file, "x.h5");
  ASSERT_FALSE(image.has_value());
  EXPECT_EQ(image.error()[0].problem, "dataset /zones/free has an axis node without coordinate");
}

TEST(Image, every_axis_has_its_scale_attached) {
  const Bytes image = encoded(miniature());
  h5::Session s;
  const h5::Id file = h5::open_image(s, image);
  int attached = 0;
  for (const Group& group : miniature().groups) {
    for (const Variable& v : group.variables) {
      const h5::Id dataset(s, H5Dopen2(file, (group.name + "/" + v.name).c_str(), H5P_DEFAULT),
                           H5Dclose, "open", v.name);
      for (unsigned axis = 0; axis < v.dims.size(); ++axis) {
        const h5::Id scale(s,
                           H5Dopen2(file, (group.name + "/" + v.dims[axis]).c_str(), H5P_DEFAULT),
                           H5Dclose, "open", v.dims[axis]);
        EXPECT_EQ(H5DSis_scale(scale), 1) << v.dims[axis];
        EXPECT_EQ(H5DSis_attached(dataset, scale, axis), 1) << group.name << "/" << v.name;
        ++attached;
      }
    }
  }
  // zones 2 * 3 axes, buddy 4, memmap 3, hotplug 4, provenance 1
  EXPECT_EQ(attached, 18);
  EXPECT_EQ(s.error(), "");
}

TEST(Image, the_superblock_is_version_2) {
  // HDF5 File Format Specification 3.0, II.A: the version follows the 8 bytes of the signature.
  EXPECT_EQ(encoded(miniature()).at(8), std::byte{2});
}

TEST(Image, threads_write_the_same_bytes_as_one) {
  const Bytes alone = encoded(miniature());
  std::vector<int> equal(4, 0);
  std::vector<std::thread> threads;
  for (int& e : equal) {
    threads.emplace_back([&e, &alone] { e = encoded(miniature()) == alone; });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(equal, std::vector<int>(4, 1));
}

TEST(Image, a_changed_byte_of_a_chunk_is_reported_by_its_checksum) {
  const Bytes image = encoded(miniature());
  hsize_t offset[3] = {}, size = 0;
  haddr_t address = 0;
  unsigned filters_off = 0;
  {
    h5::Session s;
    const h5::Id file = h5::open_image(s, image);
    const h5::Id dataset(s, H5Dopen2(file, "zones/nr_free_pages", H5P_DEFAULT), H5Dclose, "open",
                         "nr_free_pages");
    const h5::Id space(s, H5Dget_space(dataset), H5Sclose, "read space of", "nr_free_pages");
    ASSERT_GE(H5Dget_chunk_info(dataset, space, 0, offset, &filters_off, &address, &size), 0);
  }
  EXPECT_EQ(filters_off, 0U);
  ASSERT_GT(size, 0U);
  for (hsize_t i = 0; i < size; ++i) {
    Bytes damaged = image;
    damaged.at(address + i) ^= std::byte{0x10};
    const Result<FileContent> back = decode(damaged, "x.h5");
    ASSERT_FALSE(back.has_value()) << i;
    EXPECT_EQ(back.error()[0].problem,
              "cannot read /zones/nr_free_pages: data error detected by Fletcher32 checksum");
  }
}

TEST(Image, verify_names_what_differs) {
  const Bytes image = encoded(miniature());
  FileContent meant = miniature();
  EXPECT_TRUE(verify(image, meant, "x.h5").has_value());
  std::get<Flags>(meant.groups[2].variables[1].data).values[1] = 1;
  const Result<void> same = verify(image, meant, "x.h5");
  ASSERT_FALSE(same.has_value());
  EXPECT_EQ(same.error()[0].problem,
            "does not hold what was to be written: memmap/placement: value 1 is '0' and not '1'");
  meant = miniature();
  meant.group("latency");
  EXPECT_FALSE(verify(image, meant, "x.h5").has_value());
}

TEST(Image, bytes_that_are_no_file_are_reported) {
  for (const std::size_t size : {0U, 1U, 8U, 100U, 5000U}) {
    EXPECT_FALSE(decode(Bytes(size, std::byte{'H'}), "x.h5").has_value()) << size;
  }
  Bytes cut = encoded(miniature());
  cut.resize(cut.size() / 2);
  EXPECT_FALSE(decode(cut, "x.h5").has_value());
}

TEST(Image, an_axis_without_scale_is_reported) {
  Bytes image;
  {
    h5::Session s;
    {
      const h5::Id file = h5::create_file(s, image);
      const h5::Id group = h5::create_group(s, file, "zones");
      h5::create_dataset(s, group, "free", H5T_STD_I64LE, {3});
    }
    h5::trim_to_end_of_file(s, image);
    ASSERT_EQ(s.error(), "");
  }
  const Result<FileContent> back = decode(image, "x.h5");
  ASSERT_FALSE(back.has_value());
  EXPECT_EQ(back.error()[0].problem, "axis 0 of /zones/free has no scale");
}

TEST(Image, a_dataset_that_claims_more_than_is_stored_is_reported) {
  Bytes image;
  {
    h5::Session s;
    {
      const h5::Id file = h5::create_file(s, image);
      const h5::Id group = h5::create_group(s, file, "zones");
      const h5::Id dataset =
          h5::create_dataset(s, group, "node", H5T_STD_I64LE, {hsize_t{1} << 50});
      H5DSset_scale(dataset, "node");
    }
    h5::trim_to_end_of_file(s, image);
    ASSERT_EQ(s.error(), "");
  }
  const Result<FileContent> back = decode(image, "x.h5");
  ASSERT_FALSE(back.has_value());
  EXPECT_EQ(back.error()[0].problem,
            "/zones/node claims 1125899906842624 values, more than are stored");
}

TEST(Chunk, holds_128_KiB_of_whole_inner_axes) {
  using h5::chunk_of;
  using h5::Shape;
  // 128 KiB are 16384 values of 8 bytes.
  EXPECT_EQ(chunk_of({16'384}, 8), (Shape{16'384}));
  EXPECT_EQ(chunk_of({16'385}, 8), (Shape{16'384}));
  EXPECT_EQ(chunk_of({5, 3}, 8), (Shape{5, 3}));
  EXPECT_EQ(chunk_of({100, 8'192}, 8), (Shape{2, 8'192}));
  EXPECT_EQ(chunk_of({100, 8'193}, 8), (Shape{1, 8'193}));
  EXPECT_EQ(chunk_of({100, 16'385}, 8), (Shape{1, 16'384}));
  EXPECT_EQ(chunk_of({1'000'000, 8, 4}, 8), (Shape{512, 8, 4}));
  EXPECT_EQ(chunk_of({1'000'000}, 1), (Shape{131'072}));
}

}  // namespace
}  // namespace mhp::record::image_test
