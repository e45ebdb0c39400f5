#!/usr/bin/env bash
# Every shipped scenario in a small form under valgrind: no error, no leak, and the bytes of the run without it.
# usage: .ci/valgrind.sh MHPSIM [SCENARIO...]
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
mhpsim=$1
shift
scenarios=("$@")
if (($# == 0)); then mapfile -t scenarios < <(basename -s .toml configs/scenarios/*.toml); fi
out=$(mktemp -d)
trap 'rm -rf -- "$out"' EXIT

# The settings that make a scenario small: little memory, and an early end. What goes away again does so before it.
small() {
  case $1 in
    growth) printf '%s\n' until=3s ;;
    virtio-resize) printf '%s\n' until=70s ;;
    unplug) printf '%s\n' 'hotplug.*.size=256MiB' until=70s ;;
    busy-cache | cxl-reclaim | vm-fleet) printf '%s\n' 'hotplug.*.size=2GiB' until=1s ;;
    *) printf '%s\n' 'hotplug.*.size=2GiB' until=12s ;;
  esac
}

failed=0
for scenario in "${scenarios[@]}"; do
  settings=()
  while read -r setting; do settings+=(--set "$setting"); done < <(small "$scenario")
  start=$SECONDS verdict=clean
  if ! "$mhpsim" run "configs/scenarios/$scenario.toml" "${settings[@]}" --json >"$out/plain.json"; then
    verdict='FAILS without valgrind'
  elif ! valgrind --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,possible --quiet \
    "$mhpsim" run "configs/scenarios/$scenario.toml" "${settings[@]}" --json >"$out/valgrind.json" 2>"$out/said"; then
    verdict="FAILED: $(head -n 20 "$out/said")"
  elif ! cmp -s "$out/plain.json" "$out/valgrind.json"; then
    verdict='FAILED: other bytes than without valgrind'
  fi
  if [[ $verdict != clean ]]; then failed=$((failed + 1)); fi
  printf '%s: %s (%d s)\n' "$scenario" "$verdict" $((SECONDS - start))
done
printf '%d of %d scenarios clean\n' $((${#scenarios[@]} - failed)) "${#scenarios[@]}"
((failed == 0))
