#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/record/dataset.hpp"
#include "sim/record/run_file.hpp"

namespace mhp::record {

/// An array that is written piece by piece.
struct StreamArray {
  enum class Type : std::uint8_t { integer, real, flags };

  std::string group;  ///< one of the header's, with coordinates for all `dims`
  std::string name;
  std::vector<std::string> dims;
  Type type = Type::real;
  std::string units;
  std::string long_name;
  std::vector<std::string> meanings;       ///< of flags
  std::vector<Attribute> attributes = {};  ///< what else there is to say of it
};

/// Writes a result file too large for memory, sealed like every other (see write_file): first all
/// that is small, then the arrays in pieces, each of one chunk. What is in memory is one piece and
/// the library's index of chunks. The bytes depend on what is written and its order alone.
/// Nobody else uses HDF5 until it is gone.
class StreamFile {
 public:
  /// `arrays` may use the coordinates that the groups of `header` have. `chunk` is the chunk along
  /// each axis by name; axes without entry are whole in each chunk.
  StreamFile(const FileContent& header, const std::vector<StreamArray>& arrays,
             const std::vector<std::pair<std::string, std::size_t>>& chunk, std::string path,
             FileSink& sink);
  ~StreamFile();

  /// Writes the piece of array `index` that begins at `start` and has that shape; the first axis is
  /// slowest.
  void write(std::size_t index, const std::vector<std::size_t>& start,
             const std::vector<std::size_t>& shape, std::span<const double> values);
  void write(std::size_t index, const std::vector<std::size_t>& start,
             const std::vector<std::size_t>& shape, std::span<const std::int64_t> values);
  void write(std::size_t index, const std::vector<std::size_t>& start,
             const std::vector<std::size_t>& shape, std::span<const std::uint8_t> values);

  /// Reads every array back, seals the file and gives it its name.
  [[nodiscard]] tl::expected<void, WriteFailure> finish(bool force);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mhp::record
