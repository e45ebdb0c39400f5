# shellcheck shell=bash
# What `.ci/run nightly` asks besides what has to hold before a change is merged; sourced by .ci/run. No limit of time:
# some hours on two processors.

# Seeds of property tests, and how many cases of each property are drawn with each.
nightly_seeds=(1 2 3 5 8 13 21 34)
nightly_cases=300

# The names of the property tests as a filter of GoogleTest, whatever their prefix and parameters.
properties() {
  # shellcheck disable=SC2016  # $0 is awk's
  cmake/lint/files.sh | grep '_test\.cpp$' | tr '\n' '\0' | xargs -0 awk '
    match($0, /^(TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(/) {
      split(substr($0, RLENGTH + 1), part, /[,) ]+/)
      name = part[1] "." part[2]
      drawn = $0 ~ /^RC_GTEST/
    }
    /rc::check\(/ { drawn = 1 }
    drawn && name != "" { print "*" name "*"; name = "" }' | paste -sd:
}

# Every property holds of other cases than those that each run draws.
other_seeds() {
  local seed=$1 filter program
  filter=$(properties)
  [[ -n $filter ]] || return
  while read -r program; do
    RC_PARAMS="seed=$seed max_success=$nightly_cases" "$program" --gtest_filter="$filter" --gtest_brief=1 || return
  done < <(find build/release -name '*_test' -type f -executable | sort)
}

# What valgrind finds in one run ends it with an exit code that no command of the program has.
under_valgrind() {
  ./dev setup nightly
  valgrind --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible --quiet \
    build/release/sim/cli/mhpsim compare "configs/scenarios/$1.toml" --json "${@:2}" >"${logs:?}/$1.valgrind.json" || return
  mhpsim release compare "configs/scenarios/$1.toml" --json "${@:2}" | cmp - "$logs/$1.valgrind.json"
}

nightly() {
  local path scenario seed
  check "all tests with g++" ./dev test all
  check "each file by itself: what it uses it includes" ./dev -p plain build
  check "tests with the model verified after every event" ./dev -p checked test all
  check "all tests under address and undefined behaviour sanitizers" ./dev -p asan test all
  check "threads under the thread sanitizer" ./dev -p tsan test -R '^(SweepTest|AnswerTest|compare|uncertainty|run|shipped)'
  for seed in "${nightly_seeds[@]}"; do
    check "properties with seed $seed" other_seeds "$seed"
  done
  check "fuzzing of all readers" ./dev fuzz 600
  check "every call by which a file is written fails, 500 kills" ./dev faults
  check "relations between runs of 100 pairs each" /usr/bin/python3 sim/tests/relations_test.py \
    build/release/sim/cli/mhpsim . --cases 100 --seed 2
  for scenario in small-guest kata-48x; do
    check "$scenario: valgrind finds nothing" under_valgrind "$scenario"
  done
  check "tests with clang" ./dev -p clang test all
  check "captures of real kernels with clang" ./dev -p clang run verify captures
  check "memory pressure of real kernels with clang" ./dev -p clang run verify pressure
  check "published measurements with clang" ./dev -p clang run verify published
  check "clang without optimisation" ./dev -p debug build
  for path in configs/scenarios/*.toml; do
    scenario=${path##*/}
    scenario=${scenario%.toml}
    check "$scenario: optimised by g++ and by clang, the same bytes" same_from_both_compilers "$scenario" clang
    check "$scenario: with and without optimisation, the same bytes" same_from_both_compilers "$scenario" debug
  done
}
