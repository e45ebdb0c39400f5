#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/param_spec.hpp"
#include "sim/run/explain/time_table.hpp"

namespace mhp::run {

/// How a part of a time that names no constant, or one without a basis, is called.
inline constexpr const char* kUnstated = "unstated";

/// The constants of a run by their path.
class Constants {
 public:
  explicit Constants(const std::vector<ParamValue>& used);

  const ParamValue* find(const std::string& path) const;
  /// The weakest of the constants named: an assumed one before a fitted one before a derived one;
  /// of equals the first. Null if none is known.
  const ParamValue* weakest(const std::vector<std::string>& paths) const;

 private:
  std::map<std::string, const ParamValue*> by_path_;
};

std::string basis_of(const ParamValue* constant);

/// How much of a time rests on constants of each basis. A part of a time rests on the weakest of
/// its constants.
struct Resting {
  SimTime time;
  std::map<std::string, SimTime> by_basis;
  std::map<std::string, SimTime> by_constant;  ///< of assumed and fitted ones

  void add(const Resting& other);
  /// The share of a basis; 0 of a time of 0.
  double share(const std::string& basis) const;
};

/// Of amounts in the order of the rows.
Resting resting_of(const std::vector<TimeRow>& rows, const std::vector<Amounts>& amounts,
                   const Constants& constants);

/// The assumed or fitted constants of a resting time by their share, the largest first.
std::vector<std::string> constants_of(const Resting& resting, const Constants& constants,
                                      const std::string& basis);

/// The three of them with the largest share: " (costs.a.cpu, costs.b.cpu, costs.c.cpu, ...)"; empty
/// without any.
std::string largest_text(const Resting& resting, const Constants& constants,
                         const std::string& basis);

/// "12.3 % of it rests on assumed constants, 3.0 % on fitted ones (costs.b.cpu)".
std::string resting_summary(const Resting& resting, const Constants& constants);
/// "12.3 % of it rests on assumed constants (costs.a.cpu 9.1 %, ...), 3.0 % on fitted ones
/// (costs.b.cpu)".
std::string resting_text(const Resting& resting, const Constants& constants);

}  // namespace mhp::run
