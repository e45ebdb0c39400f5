#include "sim/record/stream_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <numeric>
#include <system_error>

#include "sim/core/hash.hpp"
#include "sim/core/invariant.hpp"
#include "sim/record/group_writer.hpp"
#include "sim/record/publication.hpp"
#include "sim/record/seal.hpp"

namespace mhp::record {
namespace {

using h5::Id;
using h5::Session;
using h5::Shape;

/// A piece of an array, and what was in it.
struct Piece {
  Shape start, shape;
  std::uint64_t hash = 0;
};

struct OpenArray {
  const StreamArray* spec = nullptr;
  Id dataset;
  std::vector<Piece> pieces;
};

hid_t file_type(StreamArray::Type type) {
  return type == StreamArray::Type::integer ? H5T_STD_I64LE
         : type == StreamArray::Type::real  ? H5T_IEEE_F64LE
                                            : H5T_STD_U8LE;
}

hid_t memory_type(StreamArray::Type type) {
  return type == StreamArray::Type::integer ? H5T_NATIVE_INT64
         : type == StreamArray::Type::real  ? H5T_NATIVE_DOUBLE
                                            : H5T_NATIVE_UINT8;
}

std::size_t size_of(StreamArray::Type type) { return type == StreamArray::Type::flags ? 1 : 8; }

std::uint64_t hash_of(std::span<const std::byte> bytes) {
  std::uint64_t hash = bytes.size();
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t k = i; k < std::min(i + 8, bytes.size()); ++k)
      word = word << 8 | std::to_integer<std::uint64_t>(bytes[k]);
    hash = hash_combine(hash, word);
  }
  return hash;
}

/// Calls a function with each piece of a file.
Result<void> for_each_piece(const std::string& path,
                            const std::function<void(std::span<const std::byte>)>& take) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<std::byte> buffer(kPieceBytes);
  ssize_t got = fd < 0 ? -1 : 1;
  while (got > 0) {
    got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got > 0)
      take(std::span(buffer).first(static_cast<std::size_t>(got)));
  }
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (got < 0)
    return fail({path, 0, 0},
                fmt::format("cannot be read back: {}", std::generic_category().message(error)));
  return {};
}

}  // namespace

struct StreamFile::State {
  State(std::string path, FileSink& sink) : publication(std::move(path), sink) {}

  Publication publication;
  std::vector<StreamArray> specs;
  std::vector<OpenArray> arrays;
  std::unique_ptr<Session> session;
  Id file;
  std::vector<OpenGroup> groups;

  void write(std::size_t index, const std::vector<std::size_t>& start,
             const std::vector<std::size_t>& shape, std::span<const std::byte> bytes) {
    if (!session || !session->ok()) return;
    OpenArray& array = arrays[index];
    Piece piece{{start.begin(), start.end()}, {shape.begin(), shape.end()}, hash_of(bytes)};
    transfer(array.dataset, *array.spec, piece, [&](hid_t memory, hid_t space) {
      return H5Dwrite(array.dataset, memory_type(array.spec->type), memory, space, H5P_DEFAULT,
                      bytes.data());
    });
    array.pieces.push_back(std::move(piece));
  }

  template <class F>
  void transfer(hid_t dataset, const StreamArray& spec, const Piece& piece, F&& call) {
    Session& s = *session;
    const Id space(s, H5Dget_space(dataset), H5Sclose, "find the space of", spec.name);
    s.check(H5Sselect_hyperslab(space, H5S_SELECT_SET, piece.start.data(), nullptr,
                                piece.shape.data(), nullptr),
            "select a piece of", spec.name);
    const Id memory(
        s, H5Screate_simple(static_cast<int>(piece.shape.size()), piece.shape.data(), nullptr),
        H5Sclose, "create space of", spec.name);
    s.check(call(memory, space), "transfer", spec.name);
  }

  /// Whether every piece is on disk as it was given.
  Result<void> read_back(const std::string& path) {
    session = std::make_unique<Session>();
    {
      const Id opened = h5::open_file_at(*session, path);
      for (const OpenArray& array : arrays) {
        const std::string name = array.spec->group + '/' + array.spec->name;
        const Id dataset(*session, H5Dopen2(opened, name.c_str(), H5P_DEFAULT), H5Dclose, "open",
                         name);
        for (const Piece& piece : array.pieces) {
          const auto count = std::accumulate(piece.shape.begin(), piece.shape.end(), hsize_t{1},
                                             std::multiplies<>());
          std::vector<std::byte> bytes(count * size_of(array.spec->type));
          transfer(dataset, *array.spec, piece, [&](hid_t memory, hid_t space) {
            return H5Dread(dataset, memory_type(array.spec->type), memory, space, H5P_DEFAULT,
                           bytes.data());
          });
          if (session->ok() && hash_of(bytes) != piece.hash)
            return fail({path, 0, 0}, fmt::format("'{}' reads back differently", name),
                        "the disk or its driver is not to be trusted");
        }
      }
    }
    if (!session->ok()) return fail({path, 0, 0}, session->error());
    session.reset();
    return {};
  }
};

StreamFile::StreamFile(const FileContent& header, const std::vector<StreamArray>& arrays,
                       const std::vector<std::pair<std::string, std::size_t>>& chunk,
                       std::string path, FileSink& sink)
    : state_(std::make_unique<State>(path, sink)) {
  if (Diagnostics wrong = validate(header, path); !wrong.empty()) {
    state_->publication.fail_with(WriteError::kInvalidContent, std::move(wrong));
    return;
  }
  state_->specs = arrays;
  state_->session = std::make_unique<Session>();
  Session& s = *state_->session;
  state_->publication.adopt();
  state_->file = h5::create_file_at(s, state_->publication.partial());
  write_attributes(s, state_->file, header.attributes);
  for (const Group& group : header.groups)
    state_->groups.push_back(write_group(s, state_->file, group));
  for (const StreamArray& spec : state_->specs) {
    const auto at = std::find_if(header.groups.begin(), header.groups.end(),
                                 [&](const Group& g) { return g.name == spec.group; });
    MHP_INVARIANT(at != header.groups.end(), "no group {}", spec.group);
    const OpenGroup& group = state_->groups[static_cast<std::size_t>(at - header.groups.begin())];
    Shape shape, pieces;
    for (const std::string& dim : spec.dims) {
      MHP_INVARIANT(at->extent(dim), "{} has no coordinate {}", spec.group, dim);
      shape.push_back(*at->extent(dim));
      const auto given =
          std::find_if(chunk.begin(), chunk.end(), [&](const auto& c) { return c.first == dim; });
      pieces.push_back(given != chunk.end() ? std::min<hsize_t>(given->second, shape.back())
                                            : shape.back());
    }
    OpenArray array{
        &spec, h5::create_dataset(s, group.id, spec.name, file_type(spec.type), shape, pieces), {}};
    if (spec.type == StreamArray::Type::flags) write_meanings(s, array.dataset, spec.meanings);
    h5::write_attribute(s, array.dataset, "units", spec.units);
    h5::write_attribute(s, array.dataset, "long_name", spec.long_name);
    write_attributes(s, array.dataset, spec.attributes);
    attach_scales(s, array.dataset, spec.name, spec.dims, group.scales);
    state_->arrays.push_back(std::move(array));
  }
}

StreamFile::~StreamFile() {
  state_->arrays.clear();
  state_->groups.clear();
  state_->file = Id();
}

void StreamFile::write(std::size_t index, const std::vector<std::size_t>& start,
                       const std::vector<std::size_t>& shape, std::span<const double> values) {
  state_->write(index, start, shape, std::as_bytes(values));
}

void StreamFile::write(std::size_t index, const std::vector<std::size_t>& start,
                       const std::vector<std::size_t>& shape,
                       std::span<const std::int64_t> values) {
  state_->write(index, start, shape, std::as_bytes(values));
}

void StreamFile::write(std::size_t index, const std::vector<std::size_t>& start,
                       const std::vector<std::size_t>& shape,
                       std::span<const std::uint8_t> values) {
  state_->write(index, start, shape, std::as_bytes(values));
}

tl::expected<void, WriteFailure> StreamFile::finish(bool force) {
  State& st = *state_;
  Publication& p = st.publication;
  if (st.session) {
    for (OpenArray& array : st.arrays) array.dataset = Id();
    st.groups.clear();
    st.file = Id();
    // The library may call a file closed that it could not write: what it said first counts.
    if (!st.session->ok()) p.fail_at(st.session->system_error(), st.session->error());
    st.session.reset();
  }
  p.verify([&](const std::string& partial) { return st.read_back(partial); });
  SealMaker seal;
  p.verify([&](const std::string& partial) {
    return for_each_piece(partial, [&](std::span<const std::byte> piece) { seal.add(piece); });
  });
  p.append(seal.line());
  p.publish(force);
  return std::move(p).outcome();
}

}  // namespace mhp::record
