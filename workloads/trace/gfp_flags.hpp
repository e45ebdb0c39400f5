#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "sim/kernel/mm/alloc_request.hpp"

namespace mhp::workloads {

/// A set of GFP flags, free of the numbers that a kernel gives them.
struct GfpFlags {
  std::uint64_t bits = 0;  ///< by the order of the flags in gfp_flags.cpp
  bool operator==(const GfpFlags&) const = default;
};

/// A kernel's version as far as the numbers of flags depend on it: 6.12 of "6.12.117-amd64".
struct KernelVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const KernelVersion&) const = default;

  /// Nothing if the text does not begin with one.
  static std::optional<KernelVersion> of(std::string_view text);
};

/// Which bits the flags have in kernels from `since` on.
struct GfpLayout {
  KernelVersion since;
  std::string_view flags;  ///< by bit: a flag's name without __GFP_, or `-` of a bit that has none,
                           ///< or `*` of one whose flag hangs on the configuration
};

/// The layout of a kernel, of one before 2.6.32 the first; of no version the newest.
const GfpLayout& gfp_layout(std::optional<KernelVersion> version);
/// "4.18 to 5.0": the kernels of a layout.
std::string kernels_of(const GfpLayout& layout);

/// What is asked of the allocator: gfp_zone(), gfp_to_alloc_flags() and the rules of the slow path.
/// The node is the replay's business.
kernel::AllocRequest request_of(GfpFlags flags, int order, int migratetype);

/// The flags by the names that the kernel prints, the largest combination first, joined by |:
/// "GFP_HIGHUSER_MOVABLE|__GFP_COMP"; "none" of an empty set.
std::string names_of(GfpFlags flags);

/// Reads the field gfp_flags of events: names joined by |, a number (hexadecimal or decimal), or
/// both, as where the kernel had no name for a bit.
class GfpReader {
 public:
  explicit GfpReader(const GfpLayout& layout) : layout_(&layout) {}

  struct Read {
    GfpFlags flags;
    bool numeric = false;  ///< a number was part of it
    /// Kernels under which its numbers would ask for something else; empty: none.
    std::string otherwise;
  };
  struct Wrong {
    std::string problem, remedy;
  };
  tl::expected<Read, Wrong> read(std::string_view text);

  const GfpLayout& layout() const { return *layout_; }

 private:
  const GfpLayout* layout_;
  std::map<std::string, Read, std::less<>> known_;  ///< of texts read before, the first so many
};

}  // namespace mhp::workloads
