#include "sim/core/invariant.hpp"

#include <cstdio>
#include <cstdlib>

#include "sim/core/quantity.hpp"

namespace mhp {
namespace {

/// The exit code of a broken invariant (see the list of exit codes in the user guide).
constexpr int kExitInvariant = 6;

}  // namespace

void invariant_failed(const char* condition, const char* file, int line,
                      const std::string& detail) {
  fmt::print(stderr,
             "mhpsim: broken invariant: {}\n  {}\n  at {}:{}\n"
             "  This is a bug of mhpsim, not of the input.\n",
             condition, detail, file, line);
  std::fflush(nullptr);
  // No destructors and no exit handlers: they could rename an unfinished file into a finished one.
  std::_Exit(kExitInvariant);
}

#ifdef MHP_CHECKED
void detail::nothing_named(std::int32_t id) {
  invariant_failed("value >= 0", __FILE__, __LINE__,
                   fmt::format("an identifier that names nothing ({}) is used as a place", id));
}
#endif

}  // namespace mhp
