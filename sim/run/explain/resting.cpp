#include "sim/run/explain/resting.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/param_standing.hpp"

namespace mhp::run {

namespace {

/// So many constants are named.
constexpr std::size_t kMost = 3;

/// The larger, the weaker; what nobody has stated is as weak as what is assumed.
std::size_t weakness(const ParamValue& p) {
  const auto& bases = param_bases();
  return static_cast<std::size_t>(
      std::find_if(bases.begin(), bases.end(), [&](const Choice& c) { return c.name == p.basis; }) -
      bases.begin());
}

/// The constants of one basis with their share of the time; at most three.
std::string names_text(const Resting& r, const Constants& constants, const std::string& basis) {
  const auto names = constants_of(r, constants, basis);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(kMost, names.size()); ++i)
    parts.push_back(fmt::format("{} {:.1f} %", names[i],
                                100.0 * static_cast<double>(r.by_constant.at(names[i]).value) /
                                    static_cast<double>(r.time.value)));
  if (names.size() > kMost) parts.emplace_back("...");
  return parts.empty() ? "" : fmt::format(" ({})", fmt::join(parts, ", "));
}

std::string unstated_text(const Resting& r) {
  if (r.share(kUnstated) == 0) return "";
  return fmt::format(", {:.1f} % on numbers without a stated basis", 100 * r.share(kUnstated));
}

}  // namespace

Constants::Constants(const std::vector<ParamValue>& used) {
  for (const ParamValue& p : used) by_path_.emplace(p.name, &p);
}

const ParamValue* Constants::find(const std::string& path) const {
  const auto it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : it->second;
}

const ParamValue* Constants::weakest(const std::vector<std::string>& paths) const {
  const ParamValue* found = nullptr;
  for (const std::string& path : paths) {
    const ParamValue* p = find(path);
    if (p != nullptr && (found == nullptr || weakness(*p) > weakness(*found))) found = p;
  }
  return found;
}

std::string basis_of(const ParamValue* constant) {
  return constant == nullptr || constant->basis.empty() ? kUnstated : constant->basis;
}

void Resting::add(const Resting& other) {
  time += other.time;
  for (const auto& [basis, t] : other.by_basis) by_basis[basis] += t;
  for (const auto& [path, t] : other.by_constant) by_constant[path] += t;
}

double Resting::share(const std::string& basis) const {
  const auto it = by_basis.find(basis);
  if (it == by_basis.end() || time.value == 0) return 0;
  return static_cast<double>(it->second.value) / static_cast<double>(time.value);
}

Resting resting_of(const std::vector<TimeRow>& rows, const std::vector<Amounts>& amounts,
                   const Constants& constants) {
  Resting out;
  const auto part = [&](SimTime time, const std::vector<std::string>& paths) {
    if (time.value == 0) return;
    const ParamValue* weakest = constants.weakest(paths);
    const std::string basis = basis_of(weakest);
    out.time += time;
    out.by_basis[basis] += time;
    if (basis == "assumed" || basis == "fitted") out.by_constant[weakest->name] += time;
  };
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    part(amounts[i].own, rows[i].own_rests_on);
    part(amounts[i].stall, rows[i].stall_rests_on);
    part(amounts[i].contention, rows[i].contention_rests_on);
  }
  return out;
}

std::vector<std::string> constants_of(const Resting& r, const Constants& constants,
                                      const std::string& basis) {
  std::vector<std::string> names;
  for (const auto& [path, time] : r.by_constant)
    if (basis_of(constants.find(path)) == basis) names.push_back(path);
  std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return r.by_constant.at(a) > r.by_constant.at(b);
  });
  return names;
}

std::string largest_text(const Resting& r, const Constants& constants, const std::string& basis) {
  auto names = constants_of(r, constants, basis);
  if (names.empty()) return "";
  if (names.size() > kMost) {
    names.resize(kMost);
    names.emplace_back("...");
  }
  return fmt::format(" ({})", fmt::join(names, ", "));
}

std::string resting_summary(const Resting& r, const Constants& constants) {
  return fmt::format("{:.1f} % of it rests on assumed constants, {:.1f} % on fitted ones{}{}",
                     100 * r.share("assumed"), 100 * r.share("fitted"),
                     largest_text(r, constants, "fitted"), unstated_text(r));
}

std::string resting_text(const Resting& r, const Constants& constants) {
  return fmt::format("{:.1f} % of it rests on assumed constants{}, {:.1f} % on fitted ones{}{}",
                     100 * r.share("assumed"), names_text(r, constants, "assumed"),
                     100 * r.share("fitted"), names_text(r, constants, "fitted"), unstated_text(r));
}

}  // namespace mhp::run
