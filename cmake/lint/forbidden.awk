# The rules of forbidden.sh. Reads C++ sources, CMake, shell, Python, configuration and documentation files.

# Which paths the sources of a room may include; the longest prefix of a file's path is its room.
BEGIN {
  below_run = "sim/core/ sim/stats/ sim/engine/ sim/machine/ sim/kernel/ sim/cost/ sim/record/ sim/observed/ workloads/ sim/config/ "
  may["sim/core/"]            = "sim/core/"
  may["sim/stats/"]           = "sim/core/ sim/stats/"
  may["sim/engine/"]          = "sim/core/ sim/engine/"
  may["sim/machine/"]         = "sim/core/ sim/engine/ sim/machine/"
  may["sim/kernel/"]          = "sim/core/ sim/kernel/ sim/machine/description.hpp"
  may["sim/cost/"]            = "sim/core/ sim/cost/ sim/kernel/primitives.hpp sim/machine/"
  may["workloads/"]           = "sim/core/ sim/engine/ sim/machine/ sim/kernel/ sim/cost/ sim/record/ workloads/"
  may["sim/record/"]          = "sim/core/ sim/record/"
  may["sim/observed/"]        = "sim/core/ sim/kernel/ sim/machine/ sim/observed/"
  may["sim/config/"]          = "sim/core/ sim/machine/ sim/kernel/ sim/cost/ sim/observed/ workloads/ sim/config/"
  may["sim/run/"]             = below_run "sim/run/"
  may["sim/study/"]           = below_run "sim/run/ sim/study/"
  may["sim/api/"]             = below_run "sim/run/ sim/study/ sim/api/"
  may["include/"]             = "sim/kernel/placement/plugin.hpp"
  may["sim/report/"]          = below_run "sim/run/ sim/study/ sim/report/"
  may["analysis/validation/captures/"]  = below_run "sim/run/ analysis/validation/captures/"
  may["analysis/validation/pressure/"]  = below_run "sim/run/ analysis/validation/pressure/ analysis/validation/captures/field.hpp"
  may["analysis/validation/growth/"]    = below_run "sim/run/ analysis/validation/growth/"
  may["analysis/validation/published/"] = below_run "sim/run/ analysis/validation/published/"
  may["analysis/validation/host/"]      = below_run "sim/run/ analysis/validation/host/"
  may["sim/cli/"]             = "sim/ workloads/ analysis/"
  may["sim/tests/"]           = "sim/ workloads/ analysis/"
  may["benchmarks/"]          = "sim/ workloads/ analysis/ benchmarks/"
}

function report(line, rule) {
  printf "%s:%d: %s\n", file, line, rule
  found = 1
}

function room_of(path,    room, best) {
  best = ""
  for (room in may)
    if (index(path, room) == 1 && length(room) > length(best)) best = room
  return best
}

function check_include(target,    n, i, prefixes) {
  if (target !~ /^(sim|workloads|analysis|benchmarks)\//) {
    report(FNR, "project headers are included by their path from the repository root: \"" target "\"")
    return
  }
  n = split(may[room], prefixes, " ")
  for (i = 1; i <= n; i++)
    if (index(target, prefixes[i]) == 1) return
  report(FNR, room " must not include " target "; it may include " may[room])
}

function forbid(pattern, rule) {
  if (code ~ pattern) report(FNR, rule)
}

function check_determinism() {
  forbid("std::unordered_",
         "no unordered containers on the simulation path: their order differs between libraries")
  forbid("std::(multi)?(map|set)<(const )?[A-Za-z_0-9:]+( const)? ?[*]",
         "no order by pointer value: addresses differ between runs")
  forbid("(^|[^A-Za-z0-9_])(s?rand|rand_r|[dlm]rand48)[(]|std::(random_device|default_random_engine)",
         "random numbers come from sim/core's keyed streams only")
  forbid("std::[a-z_]+_distribution",
         "no std distributions: libraries implement them differently")
  forbid("<chrono>|std::chrono|clock_gettime|gettimeofday|std::time[(]|(^|[^A-Za-z0-9_.>])time[(](nullptr|NULL|0|&)",
         "no wall clock on the simulation path")
  forbid("std::(log|log2|log10|log1p|exp|exp2|expm1|pow|sin|cos|tan|cbrt|tgamma|lgamma|erf)[fl]?[(]",
         "no libm transcendental functions on the simulation path: their last bits differ between libraries")
}

function end_of_file() {
  if (header && !guarded) { printf "%s:1: a header starts with #pragma once\n", file; found = 1 }
}

FNR == 1 {
  end_of_file()
  file = FILENAME
  header = file ~ /\.hpp$/
  source = file ~ /\.(cpp|hpp)$/
  test = file ~ /_test\.cpp$/ || file ~ /\/tests\//
  deterministic = source && file ~ /^(sim\/(engine|machine|kernel|cost)|workloads)\//
  room = source ? room_of(file) : ""
  guarded = 0
}

/(^|[^A-Za-z_])(TODO|FIXME)([^A-Za-z_]|$)/ { report(FNR, "unfinished work is left out or finished, not marked") }
/(^|[^A-Za-z0-9_.}])\/(home|Users|work|workspace)\// { report(FNR, "no absolute path of somebody's machine") }

!source { next }
/^#pragma once$/ { guarded = 1 }
/\/\/ lint: ?[^ ]/ {
  if (test) next
  report(FNR, "only tests may exempt a line from the rules")
}
/^#include "/ {
  split($0, quoted, "\"")
  if (room != "") check_include(quoted[2])
  next
}
deterministic {
  code = $0
  gsub(/"[^"]*"/, "\"\"", code)
  sub(/\/\/.*/, "", code)
  check_determinism()
}

END {
  end_of_file()
  exit found
}
