#include "sim/record/h5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <string_view>
#include <system_error>

namespace mhp::record::h5 {
namespace {

/// Middle of the 64 to 256 KiB that read well both whole and in part.
constexpr std::size_t kChunkBytes = 128 * 1024;
constexpr unsigned kDeflateLevel = 4;
/// Steps by which the memory of a file grows.
constexpr std::size_t kImageStep = 1024 * 1024;
/// The library's name of a file that has no name on disk.
const char* const kImageName = "image";

// The lock belongs to the library, which is one for the process.
std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// The errno in a message of the library such as "file write failed: ..., errno = 28, error message
/// = '...', buf = 0x..."; 0 if there is none. What else is in it is of no use to people.
int errno_in(const std::string& message) {
  constexpr std::string_view kMark = "errno = ";
  const std::size_t at = message.find(kMark);
  int number = 0;
  if (at != std::string::npos)
    std::from_chars(message.data() + at + kMark.size(), message.data() + message.size(), number);
  return number;
}

herr_t keep_first_message(unsigned depth, const H5E_error2_t* entry, void* message) {
  if (depth == 0 && entry->desc) *static_cast<std::string*>(message) = entry->desc;
  return 0;
}

// The memory of a file is a vector of the caller. (Asking for a copy of the open file's bytes, as
// H5Fget_file_image does, yields a superblock that HDF5 1.10 itself rejects for its checksum.)
void* grow_memory(void*, std::size_t size, H5FD_file_image_op_t, void* memory) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(memory);
  try {
    bytes.resize(size);
  } catch (const std::exception&) {  // must not pass through C; the library reports the failure
    return nullptr;
  }
  return bytes.data();
}

herr_t keep_memory(void*, H5FD_file_image_op_t, void*) { return 0; }
void* share_memory(void* memory) { return memory; }
herr_t unshare_memory(void*) { return 0; }

Id property_list(Session& s, hid_t kind) {
  return {s, H5Pcreate(kind), H5Pclose, "prepare", "an HDF5 property list"};
}

Id memory_access(Session& s) {
  Id list = property_list(s, H5P_FILE_ACCESS);
  s.check(H5Pset_fapl_core(list, kImageStep, /*backing_store=*/0), "prepare", "a file in memory");
  s.check(H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18), "prepare", "a file version");
  return list;
}

// One writer a path is for the caller to see to, and network file systems may have no locks.
Id disk_access(Session& s) {
  Id list = property_list(s, H5P_FILE_ACCESS);
  s.check(H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18), "prepare", "a file version");
  s.check(H5Pset_file_locking(list, /*use=*/0, /*ignore_when_disabled=*/1), "prepare", "a file");
  return list;
}

// Links and attributes are listed in the order of their making, as netCDF-4 does.
constexpr unsigned kOrder = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

void keep_order(Session& s, hid_t list) {
  s.check(H5Pset_link_creation_order(list, kOrder), "prepare", "the order of links");
  s.check(H5Pset_attr_creation_order(list, kOrder), "prepare", "the order of attributes");
  s.check(H5Pset_obj_track_times(list, false), "switch off", "time tracking");
}

Id attribute(Session& s, hid_t owner, const std::string& name, hid_t type, hid_t space) {
  return {s, H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
          "create attribute", name};
}

Id scalar_space(Session& s) {
  return {s, H5Screate(H5S_SCALAR), H5Sclose, "create", "a scalar space"};
}

}  // namespace

std::unique_lock<std::mutex> keep_others_out() { return std::unique_lock(library_mutex()); }

Session::Session() : lock_(library_mutex()) {
  // A file whose last write failed cannot be closed, and the library dies of it at exit (1.10).
  static const herr_t no_exit_handler = H5dont_atexit();
  static_cast<void>(no_exit_handler);
  H5Eget_auto2(H5E_DEFAULT, &printer_, &printer_data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() { H5Eset_auto2(H5E_DEFAULT, printer_, printer_data_); }

void Session::fail(const char* doing, const std::string& subject) {
  if (!ok()) return;
  std::string message = "no reason given";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first_message, &message);
  system_error_ = errno_in(message);
  if (system_error_ != 0) message = std::generic_category().message(system_error_);
  error_ = fmt::format("cannot {} {}: {}", doing, subject, message);
}

Id create_file(Session& s, std::vector<std::byte>& memory) {
  const Id access = memory_access(s);
  H5FD_file_image_callbacks_t callbacks = {};
  callbacks.image_realloc = grow_memory;
  callbacks.image_free = keep_memory;
  callbacks.udata_copy = share_memory;
  callbacks.udata_free = unshare_memory;
  callbacks.udata = &memory;
  s.check(H5Pset_file_image_callbacks(access, &callbacks), "prepare", "the memory of a file");
  const Id creation = property_list(s, H5P_FILE_CREATE);
  keep_order(s, creation);
  return {s, H5Fcreate(kImageName, H5F_ACC_TRUNC, creation, access), H5Fclose, "create",
          "a file in memory"};
}

void trim_to_end_of_file(Session& s, std::vector<std::byte>& memory) {
  // HDF5 File Format Specification 3.0, II.A: the 8 bytes at offset 28 of superblock version 2.
  constexpr std::size_t kEndOfFileAt = 28;
  std::size_t end = 0;
  for (std::size_t i = 8; i-- > 0 && memory.size() >= kEndOfFileAt + 8;) {
    end = end << 8 | std::to_integer<std::size_t>(memory[kEndOfFileAt + i]);
  }
  const bool whole = end > 0 && end <= memory.size();
  s.check(whole ? 0 : -1, "find the end of", "the file in memory");
  if (whole) memory.resize(end);
}

Id create_file_at(Session& s, const std::string& path) {
  const Id access = disk_access(s);
  const Id creation = property_list(s, H5P_FILE_CREATE);
  keep_order(s, creation);
  return {s, H5Fcreate(path.c_str(), H5F_ACC_EXCL, creation, access), H5Fclose, "create",
          "the file"};
}

Id open_file_at(Session& s, const std::string& path) {
  const Id access = disk_access(s);
  return {s, H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose, "open", path};
}

Id open_image(Session& s, std::span<const std::byte> image) {
  const Id access = memory_access(s);
  // The library copies the bytes and does not change them; its signature merely lacks the const.
  void* bytes = const_cast<std::byte*>(image.data());
  s.check(H5Pset_file_image(access, bytes, image.size()), "take", "the bytes of the file");
  return {s, H5Fopen(kImageName, H5F_ACC_RDONLY, access), H5Fclose, "open", "the file"};
}

Id create_group(Session& s, hid_t parent, const std::string& name) {
  const Id creation = property_list(s, H5P_GROUP_CREATE);
  keep_order(s, creation);
  return {s, H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), H5Gclose,
          "create group", name};
}

Shape chunk_of(const Shape& shape, std::size_t value_bytes) {
  Shape chunk(shape.size(), 1);
  hsize_t room = std::max<hsize_t>(1, kChunkBytes / value_bytes);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    chunk[axis] = std::min(shape[axis], room);
    room = std::max<hsize_t>(1, room / std::max<hsize_t>(1, chunk[axis]));
  }
  return chunk;
}

Id create_dataset(Session& s, hid_t group, const std::string& name, hid_t type, const Shape& shape,
                  const Shape& given_chunk) {
  const Id creation = property_list(s, H5P_DATASET_CREATE);
  const Id access = property_list(s, H5P_DATASET_ACCESS);
  s.check(H5Pset_obj_track_times(creation, false), "switch off", "time tracking");
  s.check(H5Pset_attr_creation_order(creation, kOrder), "prepare", "the order of attributes");
  const int rank = static_cast<int>(shape.size());
  const bool has_values = std::find(shape.begin(), shape.end(), 0) == shape.end();
  // The library refuses filters for strings of variable length, and chunks without values.
  if (rank > 0 && has_values && H5Tis_variable_str(type) == 0) {
    const Shape chunk = given_chunk.empty() ? chunk_of(shape, H5Tget_size(type)) : given_chunk;
    s.check(H5Pset_chunk(creation, rank, chunk.data()), "set chunks of", name);
    s.check(H5Pset_shuffle(creation), "set shuffle of", name);
    s.check(H5Pset_deflate(creation, kDeflateLevel), "set deflate of", name);
    s.check(H5Pset_fletcher32(creation), "set checksum of", name);
    if (!given_chunk.empty())
      s.check(H5Pset_chunk_cache(access, 0, 0, 1), "switch off the cache of", name);
  }
  const Id space = rank == 0 ? scalar_space(s)
                             : Id(s, H5Screate_simple(rank, shape.data(), nullptr), H5Sclose,
                                  "create space of", name);
  return {s, H5Dcreate2(group, name.c_str(), type, space, H5P_DEFAULT, creation, access), H5Dclose,
          "create dataset", name};
}

Id string_type(Session& s) {
  Id type(s, H5Tcopy(H5T_C_S1), H5Tclose, "make", "a string type");
  s.check(H5Tset_size(type, H5T_VARIABLE), "make", "a variable-length string type");
  s.check(H5Tset_cset(type, H5T_CSET_UTF8), "make", "a UTF-8 string type");
  return type;
}

// Attributes are strings of fixed length, as netCDF-4 writes them: their bytes then stand in the
// object header. (Datasets of fixed-length strings are what netCDF readers cannot take.)
void write_attribute(Session& s, hid_t owner, const std::string& name, const std::string& value) {
  const Id type(s, H5Tcopy(H5T_C_S1), H5Tclose, "make", "a string type");
  s.check(H5Tset_size(type, std::max<std::size_t>(1, value.size())), "size attribute", name);
  s.check(H5Tset_strpad(type, H5T_STR_NULLPAD), "pad attribute", name);
  s.check(H5Tset_cset(type, H5T_CSET_UTF8), "encode attribute", name);
  const Id space = scalar_space(s);
  const Id id = attribute(s, owner, name, type, space);
  s.check(H5Awrite(id, type, value.c_str()), "write attribute", name);
}

void write_attribute(Session& s, hid_t owner, const std::string& name, std::int64_t value) {
  const Id space = scalar_space(s);
  const Id id = attribute(s, owner, name, H5T_STD_I64LE, space);
  s.check(H5Awrite(id, H5T_NATIVE_INT64, &value), "write attribute", name);
}

void write_attribute(Session& s, hid_t owner, const std::string& name,
                     const std::vector<std::uint8_t>& values) {
  const hsize_t size = values.size();
  const Id space(s, H5Screate_simple(1, &size, nullptr), H5Sclose, "create space of", name);
  const Id id = attribute(s, owner, name, H5T_STD_U8LE, space);
  s.check(H5Awrite(id, H5T_NATIVE_UINT8, values.data()), "write attribute", name);
}

std::string read_text_attribute(Session& s, hid_t owner, const std::string& name) {
  if (s.check(H5Aexists(owner, name.c_str()), "look for attribute", name) <= 0) return {};
  const Id id(s, H5Aopen(owner, name.c_str(), H5P_DEFAULT), H5Aclose, "open attribute", name);
  const Id type(s, H5Aget_type(id), H5Tclose, "read type of attribute", name);
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0) return {};
  std::string value(H5Tget_size(type), '\0');
  s.check(H5Aread(id, type, value.data()), "read attribute", name);
  value.erase(std::find(value.begin(), value.end(), '\0'), value.end());
  return value;
}

}  // namespace mhp::record::h5
