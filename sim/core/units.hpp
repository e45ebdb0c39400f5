#pragma once

#include <string>
#include <string_view>

#include "sim/core/diagnostic.hpp"
#include "sim/core/types.hpp"

namespace mhp {

// One reader of units for files and the command line. A number is decimal digits with optional `_`
// between them and an optional fraction; the unit follows at once or after one space. The
// arithmetic is exact: what is no whole number of the target's unit, negative or beyond 2^63 - 1 is
// refused, never rounded. `where` is the place the diagnostic names.

/// "64GiB", "1.5TiB", "4096B", "80GB": KiB..PiB are powers of 1024, KB..PB powers of 1000.
/// A plain K, M, G, T or P means either, depending on whom one asks, and is refused.
Result<Bytes> parse_bytes(std::string_view text, const Location& where = {});

/// "250ns", "10us", "1.5ms", "90s", "15min", "2h". Finer than 1 ns is refused.
Result<SimTime> parse_time(std::string_view text, const Location& where = {});

/// The units of time again, and "ps", for costs: "54.7ns" is 54700 ps. Finer than 1 ps is refused.
Result<Picoseconds> parse_picoseconds(std::string_view text, const Location& where = {});

/// A size per second: "113.1GB/s", "90GiB/s".
Result<BytesPerSecond> parse_bandwidth(std::string_view text, const Location& where = {});

// Exact texts, in the largest unit that needs at most three decimals; the readers give the same
// value back.
std::string format_bytes(Bytes amount);               ///< 1536 MiB is "1.5 GiB"
std::string format_time_exact(SimTime amount);        ///< "1.5 ms", "1000001 ns"
std::string format_picoseconds(Picoseconds amount);   ///< "54.7 ns"
std::string format_bandwidth(BytesPerSecond amount);  ///< "113.1 GB/s"

/// For people: four significant digits, halves rounded away from zero: "412.1 ms", "86400 s".
std::string format_time(SimTime amount);

}  // namespace mhp
