#!/usr/bin/env bash
# Prints the files of the project, one a line, from the repository root: what git tracks or would track. A copy
# without a repository is listed by find.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
root=$(pwd -P)

{
  # A clone that belongs to another user (a container's bind mount) is safe to list.
  git -c safe.directory="$root" ls-files --cached --others --exclude-standard 2>/dev/null ||
    find . \( -name .git -o -name build -o -name 'build-*' -o -name __pycache__ \) -prune -o -type f -printf '%P\n'
} | while read -r path; do
  if [[ -f $path ]]; then printf '%s\n' "$path"; fi
done | sort
