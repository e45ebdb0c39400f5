#!/usr/bin/env bash
# The program built by both compilers, optimised more and less, with the instructions of newer processors and without:
# `compare --json` of every shipped scenario is the same bytes from each, and from the reference where the C library may not
# use what newer processors have.
# usage: .ci/configurations.sh REFERENCE [NAME...]   REFERENCE: the mhpsim to compare with
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
reference=$(realpath -- "$1")
shift

# name, compiler, flags. Fused multiply-add is there with -mfma; -ffp-contract=off of the build keeps compilers from it.
configurations=(
  'gcc-O0 g++ -O0'
  'gcc-O1 g++ -O1'
  'gcc-O2 g++ -O2'
  'gcc-O3 g++ -O3'
  'gcc-O3-fma g++ -O3 -mfma -mavx2'
  'gcc-O3-native g++ -O3 -march=native'
  'clang-O0 clang++-14 -O0'
  'clang-O1 clang++-14 -O1'
  'clang-O2 clang++-14 -O2'
  'clang-O3 clang++-14 -O3'
  'clang-O3-fma clang++-14 -O3 -mfma -mavx2'
)
folder=build/configurations
mkdir -p "$folder/json"
# g++ resumes coroutines by tail calls in optimised builds alone: elsewhere the stack grows with a run.
ulimit -s 8388608 2>/dev/null || ulimit -s "$(ulimit -H -s)"

# compared NAME MHPSIM...: the answers of a program, or of one with what stands before it, are those of the reference.
compared() {
  local name=$1 path scenario bad=0
  shift
  for path in configs/scenarios/*.toml; do
    scenario=$(basename -s .toml "$path")
    if [[ ! -s $folder/json/$scenario.json ]]; then
      "$reference" compare "$path" --json >"$folder/json/$scenario.json"
    fi
    if ! "$@" compare "$path" --json 2>"$folder/$name.said" | cmp -s - "$folder/json/$scenario.json"; then
      printf '%s: %s differs\n' "$name" "$scenario"
      bad=$((bad + 1))
    fi
  done
  return "$bad"
}

rm -f "$folder"/json/*.json
failed=0
if (($# == 0)) || [[ " $* " == *' masked '* ]]; then
  masked='glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-FMA,-FMA4,-BMI1,-BMI2,-ERMS,-SSE4_1,-SSE4_2,-SSSE3'
  start=$SECONDS
  if compared masked env GLIBC_TUNABLES="$masked" "$reference"; then verdict='the same bytes'; else verdict=FAILED failed=1; fi
  printf 'masked (%s): %s; compared in %d s\n' "$masked" "$verdict" $((SECONDS - start))
fi
for configuration in "${configurations[@]}"; do
  read -r name compiler flags <<<"$configuration"
  if (($# > 0)) && [[ " $* " != *" $name "* ]]; then continue; fi
  start=$SECONDS
  cmake -S . -B "$folder/$name" -G Ninja -D CMAKE_BUILD_TYPE=None -D CMAKE_CXX_COMPILER="$compiler" \
    -D CMAKE_CXX_FLAGS="$flags" -D BUILD_TESTING=OFF -D MHP_BENCHMARKS=OFF -D MHP_WERROR=OFF >"$folder/$name.log"
  cmake --build "$folder/$name" --target sim/cli/mhpsim >>"$folder/$name.log"
  built=$SECONDS
  if compared "$name" "$folder/$name/sim/cli/mhpsim"; then verdict='the same bytes'; else verdict=FAILED failed=1; fi
  printf '%s (%s %s): %s; built in %d s, compared in %d s\n' "$name" "$compiler" "$flags" "$verdict" \
    $((built - start)) $((SECONDS - built))
done
exit "$failed"
