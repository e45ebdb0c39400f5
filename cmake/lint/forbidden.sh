#!/usr/bin/env bash
# Refuses what the compilers cannot: sources of non-determinism on the simulation path, includes against the arrows of
# the architecture, headers without a guard, marks of unfinished work. Prints "file:line: rule" for each finding and
# exits 1 if there is any. A test may exempt a line with a comment `// lint: <reason>`.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

# Third-party text and recorded data are not held to the rules.
cmake/lint/files.sh |
  grep -E '(\.(cpp|hpp|cmake|md|py|sh|toml|txt|json|yml)|^dev|^\.ci/run)$' |
  grep -vE '(/captures/|/third_party/)' |
  tr '\n' '\0' | xargs -0 awk -f cmake/lint/forbidden.awk || exit 1
