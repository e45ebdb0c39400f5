#pragma once

#include <cstddef>
#include <span>

#include "analysis/validation/host/host.hpp"
#include "analysis/validation/host/kernels.hpp"

namespace mhp::host {

/// Anonymous memory of a node, in huge pages where the system gives them, touched throughout.
class Buffer {
 public:
  /// `bytes` is rounded up to whole 2 MiB.
  static Result<Buffer> make(const Host& host, const HostNode& node, Bytes bytes);
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  /// Part `i` of `parts` equal ones, as records of a memmap.
  std::span<PageRecord> part(std::size_t i, std::size_t parts) const;
  Bytes size() const { return Bytes{static_cast<std::int64_t>(bytes_)}; }
  bool bound() const { return bound_; }
  /// Share of the memory in huge pages, in percent.
  int huge_percent() const { return huge_percent_; }

 private:
  Buffer() = default;

  void* map_ = nullptr;
  std::size_t map_bytes_ = 0;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  bool bound_ = false;
  int huge_percent_ = 0;
};

}  // namespace mhp::host
