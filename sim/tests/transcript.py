#!/usr/bin/env python3
"""Runs a transcript: commands and exactly what they print.

  transcript.py MHPSIM SOURCE_FOLDER FILE [--write]

A line of FILE that begins with '$ ' is a command for bash. What follows up to the next command or empty line is what it
prints, standard output and error together, with '.' for an empty line; a last line '[N]' is its exit code if that is not
0. A line that ends in ' (re)' is a regular expression. All else is prose. The commands of a file run one after the other
in a folder of their own, with mhpsim in the path and $ROOT the source folder; where they print these folders, the
transcript has $ROOT and $PWD. --write puts down what the commands print now, except where regular expressions hold.
"""

import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import surroundings


def blocks(text: str):
    """Yields prose as (None, lines) and commands as (command, expected lines)."""
    lines = text.splitlines()
    i = 0
    while i < len(lines):
        if not lines[i].startswith("$ "):
            yield None, [lines[i]]
            i += 1
            continue
        command = lines[i][2:]
        while command.endswith("\\"):
            i += 1
            command += "\n" + lines[i]
        end = i + 1
        while end < len(lines) and lines[end] and not lines[end].startswith("$ "):
            end += 1
        yield command, lines[i + 1:end]
        i = end


def matches(expected: str, line: str) -> bool:
    if expected.endswith(" (re)"):
        return re.fullmatch(expected[:-len(" (re)")], line) is not None
    return expected == line


def merged(expected: list, printed: list) -> list:
    """What is printed, with the regular expressions of the transcript where they match."""
    if len(expected) == len(printed):
        return [e if matches(e, p) else p for e, p in zip(expected, printed)]
    patterns = [e for e in expected if e.endswith(" (re)")]
    return [next((e for e in patterns if matches(e, p)), p) for p in printed]


def main() -> int:
    surroundings.neutral()
    program, root, path = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
    text = path.read_text()
    out = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ROOT": str(root), "PATH": f"{program.parent}:{os.environ['PATH']}"}
        for command, expected in blocks(text):
            if command is None:
                out += expected
                continue
            run = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            printed = run.stdout.replace(str(root), "$ROOT").replace(folder, "$PWD").splitlines()
            printed = [line if line.strip() else "." for line in printed]
            if run.returncode != 0:
                printed.append(f"[{run.returncode}]")
            out += ["$ " + command, *merged(expected, printed)]
    new = "\n".join(out) + "\n"
    if new == text:
        return 0
    if "--write" in sys.argv[4:]:
        path.write_text(new)
        return 0
    sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), new.splitlines(True), str(path), "now"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
