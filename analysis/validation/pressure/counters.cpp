#include "analysis/validation/pressure/counters.hpp"

#include <string_view>

namespace mhp::pressure {

namespace {

using E = kernel::VmEvents;

constexpr Counter kCounters[] = {{"pgsteal_kswapd", &E::pgsteal_kswapd},
                                 {"pgsteal_direct", &E::pgsteal_direct},
                                 {"pgscan_kswapd", &E::pgscan_kswapd},
                                 {"pgscan_direct", &E::pgscan_direct},
                                 {"pgsteal_anon", &E::pgsteal_anon},
                                 {"pgsteal_file", &E::pgsteal_file},
                                 {"pswpout", &E::pswpout},
                                 {"pswpin", &E::pswpin},
                                 {"pgmigrate_success", &E::pgmigrate_success},
                                 {"compact_stall", &E::compact_stall},
                                 {"compact_success", &E::compact_success},
                                 {"allocstall", &E::allocstall},
                                 {"workingset_refault_file", &E::workingset_refault_file},
                                 {"workingset_refault_anon", &E::workingset_refault_anon},
                                 {"oom_kill", &E::oom_kill}};

constexpr std::string_view kMoved = "pgmigrate_success";

constexpr Rise kRises[] = {
    {"pgsteal", [](const E& e) { return e.pgsteal(); }, true, Kind::amount, true},
    {"pgscan", [](const E& e) { return e.pgscan(); }, true, Kind::amount, true},
    {"pgsteal_anon", [](const E& e) { return e.pgsteal_anon; }},
    {"pgsteal_file", [](const E& e) { return e.pgsteal_file; }, true, Kind::amount, true},
    {"pswpout", [](const E& e) { return e.pswpout; }},
    {"pswpin", [](const E& e) { return e.pswpin; }},
    {"workingset_refault_file", [](const E& e) { return e.workingset_refault_file; }},
    {"workingset_refault_anon", [](const E& e) { return e.workingset_refault_anon; }},
    {"allocstall", [](const E& e) { return e.allocstall; }, false},
    {"compact_stall", [](const E& e) { return e.compact_stall; }, false},
    {"compact_success", [](const E& e) { return e.compact_success; }, false},
    {kMoved.data(), [](const E& e) { return e.pgmigrate_success; }},
    {"oom_kill", [](const E& e) { return e.oom_kill; }, false, Kind::outcome}};

}  // namespace

std::span<const Counter> counters() { return kCounters; }
std::span<const Rise> rises() { return kRises; }
bool is_moved(const Rise& rise) { return rise.name == kMoved; }

}  // namespace mhp::pressure
