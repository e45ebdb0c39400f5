#pragma once

#include <fmt/format.h>

#include <string>

namespace mhp {

/// Reports a broken model invariant (a bug of mhpsim, never of the input) on standard error and
/// ends the process with exit code 6. Output files in progress keep their .partial names.
[[noreturn]] void invariant_failed(const char* condition, const char* file, int line,
                                   const std::string& detail);

}  // namespace mhp

/// Checks what must hold in every build. The format arguments say what was found.
#define MHP_INVARIANT(condition, ...)                                                      \
  do {                                                                                     \
    if (!(condition)) [[unlikely]]                                                         \
      ::mhp::invariant_failed(#condition, __FILE__, __LINE__, ::fmt::format(__VA_ARGS__)); \
  } while (false)

/// True in builds that verify the conservation of pages after every event and all structures after
/// every hot-plug operation (-DMHP_CHECKED=ON).
#ifdef MHP_CHECKED
inline constexpr bool kMhpChecked = true;
#else
inline constexpr bool kMhpChecked = false;
#endif
