#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// The part of the HDF5 C library this project uses: resources that close themselves, property
/// lists that make equal content equal bytes, and failures as text. Files exist in memory, unless
/// they are written chunk by chunk.
namespace mhp::record::h5 {

/// One use of the library. Holds every other thread off (the high-level library is not
/// thread-safe), keeps the library from printing, and remembers the first failure. Calls after a
/// failure are harmless, so code runs straight through and asks `ok()` at the end.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Passes the return code of a call through. A negative one becomes the error, unless there is
  /// one already: "cannot <doing> <subject>: <innermost message of the library>".
  template <class Code>
  Code check(Code code, const char* doing, const std::string& subject) {
    if (code < 0) fail(doing, subject);
    return code;
  }

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }
  /// The errno that the library tells with its first failure; 0 if it tells none.
  int system_error() const { return system_error_; }

 private:
  void fail(const char* doing, const std::string& subject);

  std::lock_guard<std::mutex> lock_;
  H5E_auto2_t printer_ = nullptr;
  void* printer_data_ = nullptr;
  std::string error_;
  int system_error_ = 0;
};

/// Keeps every other thread out of the library, as a Session does, while the process is copied; the
/// copy lets go of it before it uses the library.
std::unique_lock<std::mutex> keep_others_out();

/// Owns one HDF5 identifier. What fails while it is closed goes to the session too.
class Id {
 public:
  using Closer = herr_t (*)(hid_t);

  Id() = default;
  Id(Session& session, hid_t id, Closer closer, const char* doing, const std::string& subject)
      : session_(&session), id_(session.check(id, doing, subject)), closer_(closer) {}
  Id(Id&& other) noexcept { swap(other); }
  Id& operator=(Id&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Id() {
    if (id_ >= 0) session_->check(closer_(id_), "close", "an HDF5 object");
  }

  operator hid_t() const { return id_; }  // NOLINT: so that it is passed to the C calls as it is

 private:
  void swap(Id& other) noexcept {
    std::swap(session_, other.session_);
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
  }

  Session* session_ = nullptr;
  hid_t id_ = -1;
  Closer closer_ = nullptr;
};

using Shape = std::vector<hsize_t>;

/// A new file that lives in `memory`, with superblock version 2 and no time stamps. The memory
/// holds the whole file once the Id is gone and trim_to_end_of_file() has cut off its spare room.
Id create_file(Session& s, std::vector<std::byte>& memory);
void trim_to_end_of_file(Session& s, std::vector<std::byte>& memory);
/// A new file on disk, likewise; and one opened for reading.
Id create_file_at(Session& s, const std::string& path);
Id open_file_at(Session& s, const std::string& path);
/// Opens the bytes of a file for reading. The library keeps its own copy of them.
Id open_image(Session& s, std::span<const std::byte> image);

Id create_group(Session& s, hid_t parent, const std::string& name);
/// A dataset of that shape: chunked, compressed and checksummed, or plain where there is nothing to
/// filter: a scalar, an axis of length 0, strings. Chunks are as chunk_of() has them, unless they
/// are given: then the dataset is written chunk by chunk and none is kept in memory.
Id create_dataset(Session& s, hid_t group, const std::string& name, hid_t type, const Shape& shape,
                  const Shape& chunk = {});
/// The chunk of a dataset: whole trailing axes as far as 128 KiB reach, then part of the next.
Shape chunk_of(const Shape& shape, std::size_t value_bytes);
/// The type of variable-length UTF-8 strings.
Id string_type(Session& s);

void write_attribute(Session& s, hid_t owner, const std::string& name, const std::string& value);
void write_attribute(Session& s, hid_t owner, const std::string& name, std::int64_t value);
void write_attribute(Session& s, hid_t owner, const std::string& name,
                     const std::vector<std::uint8_t>& values);

/// A text attribute; the empty text when there is none.
std::string read_text_attribute(Session& s, hid_t owner, const std::string& name);

}  // namespace mhp::record::h5
