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

nightly() {
  local seed
  check "all tests with g++" ./dev test all
  check "each file by itself: what it uses it includes" ./dev -p plain build
  check "tests with the model verified after every event" ./dev -p checked test all
  check "all tests under address and undefined behaviour sanitizers" ./dev -p asan-all test all
  check "threads under the thread sanitizer" ./dev -p tsan test -R '^(SweepTest|AnswerTest|compare|uncertainty|run|shipped)'
  for seed in "${nightly_seeds[@]}"; do
    check "properties with seed $seed" other_seeds "$seed"
  done
  for seed in "${nightly_seeds[@]}"; do
    check "readers under the sanitizers with seed $seed" env MHP_READERS_SEED="$seed" ./dev -p asan-all test -R '^fuzz/Readers'
  done
  check "fuzzing of all readers" ./dev fuzz 600
  check "every call by which a file is written fails, 500 kills" ./dev faults
  check "relations between runs of 100 pairs each" /usr/bin/python3 sim/tests/relations_test.py \
    build/release/sim/cli/mhpsim . --cases 100 --seed 2
  check "random scenarios, optimised" ./dev random 100000 "$(date +%Y%m%d)"
  check "random scenarios under the sanitizers, verified after every event" ./dev -p asan-all random 1000
  check "threads of random scenarios" ./dev -p tsan random 50
  check "mutants" ./dev mutants
  check "coverage" ./dev coverage
  check "packages of the nightly checks" ./dev setup nightly
  check "small forms of every scenario: valgrind finds nothing" .ci/valgrind.sh build/release/sim/cli/mhpsim
  check "instructions of some runs" ./dev bench --check
  check "how time and memory grow" ./dev bench --growth
  check "tests with clang" ./dev -p clang test all
  check "captures of real kernels with clang" ./dev -p clang run verify captures
  check "memory pressure of real kernels with clang" ./dev -p clang run verify pressure
  check "published measurements with clang" ./dev -p clang run verify published
  check "every scenario, both compilers, optimised more and less, FMA or not: the same bytes" \
    .ci/configurations.sh build/release/sim/cli/mhpsim
}
