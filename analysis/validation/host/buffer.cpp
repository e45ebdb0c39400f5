#include "analysis/validation/host/buffer.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "sim/core/units.hpp"

namespace mhp::host {

namespace {

constexpr std::size_t kHuge = std::size_t{2} << 20;

/// Bytes in huge pages of the mapping that holds an address (/proc/self/smaps).
std::size_t huge_bytes(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    unsigned long kib = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2)
      inside = wanted >= from && wanted < to;
    else if (inside && std::sscanf(line.c_str(), "AnonHugePages: %lu", &kib) == 1)
      return std::size_t{kib} * 1024;
  }
  return 0;
}

}  // namespace

Result<Buffer> Buffer::make(const Host& host, const HostNode& node, Bytes bytes) {
  Buffer b;
  b.bytes_ = static_cast<std::size_t>(round_up(bytes.value, static_cast<std::int64_t>(kHuge)));
  b.map_bytes_ = b.bytes_ + kHuge;
  void* map =
      mmap(nullptr, b.map_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED)
    return fail({}, fmt::format("{} of memory cannot be had", format_bytes(b.size())),
                "give less by --memory");
  b.map_ = map;
  const auto at = reinterpret_cast<std::uintptr_t>(map);
  b.data_ = static_cast<std::byte*>(map) + ((at + kHuge - 1) / kHuge * kHuge - at);
  madvise(b.data_, b.bytes_, MADV_HUGEPAGE);  // advice: what came of it is read below
  b.bound_ = host.bind(b.data_, b.bytes_, node);
  std::memset(b.data_, 1, b.bytes_);
  b.huge_percent_ = static_cast<int>(huge_bytes(b.data_) * 100 / b.bytes_);
  return b;
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(map_, other.map_);
  std::swap(map_bytes_, other.map_bytes_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(bound_, other.bound_);
  std::swap(huge_percent_, other.huge_percent_);
  return *this;
}

Buffer::~Buffer() {
  if (map_ != nullptr) munmap(map_, map_bytes_);
}

std::span<PageRecord> Buffer::part(std::size_t i, std::size_t parts) const {
  const std::size_t each = bytes_ / sizeof(PageRecord) / parts;
  return {reinterpret_cast<PageRecord*>(data_) + i * each, each};
}

}  // namespace mhp::host
