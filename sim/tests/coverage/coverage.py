#!/usr/bin/env python3
"""Which lines of the sources, and which branches, the tests of a build of the preset coverage have gone through, room by room.

A branch is one of the two outcomes of a condition of the source, or of a part of it that && and || join. What templates make
several times of one line counts together. Not counted: the conditions of MHP_INVARIANT, of which one outcome is a bug,
conditions that the compiler knows, and that a switch has no case for a value: the compiler refuses those of enumerations.
Arguments: the build folder."""
import argparse
import collections
import datetime
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
GOALS = {"lines": ("sim/", 95), "branches": ("sim/kernel/", 90)}
INVARIANT = "sim/core/invariant.hpp"  # where clang counts the conditions of MHP_INVARIANT, whoever states them


class Source:
    def __init__(self):
        self.lines = {}     # number: times
        self.branches = {}  # (line, column, end line, end column, outcome): times


def own(path):
    """The path from the root of a source that is measured, else None."""
    relative = os.path.relpath(path, ROOT)
    tested = relative.startswith(("sim/", "workloads/")) and not relative.startswith("sim/tests/")
    return relative if tested and not relative.endswith(("_test.cpp", "_oracle.cpp", "_oracle.hpp")) else None


def line_counts(segments):
    """How often each line ran, by the segments of a file: the most that one of the regions did that lie on it.

    A segment is where a count begins to hold: line, column, count, whether it has one, whether a region begins there, and
    whether that is a gap between statements."""
    counts = {}
    for i, (line, _, count, counted, _, gap) in enumerate(segments):
        until = segments[i + 1][0] if i + 1 < len(segments) else line
        if not counted:
            continue
        if not gap:
            counts[line] = max(counts.get(line, 0), count)
        for within in range(line + 1, until):
            counts[within] = max(counts.get(within, 0), count)
    return counts


def counted_in(build):
    """What llvm-cov says of all programs and libraries of the build that have run."""
    profile = os.path.join(build, "counts", "all.profdata")
    raw = glob.glob(os.path.join(build, "counts", "*.profraw"))
    if not raw:
        return None
    subprocess.run(["llvm-profdata-14", "merge", "-sparse", *raw, "-o", profile], check=True)
    objects = [path for path in (os.path.join(folder, name) for folder, _, names in os.walk(build) for name in names)
               if counts(path)]
    command = ["llvm-cov-14", "export", "-format=text", f"-instr-profile={profile}", objects[0]]
    command += [f"-object={path}" for path in objects[1:]]
    # On standard error it says which functions of headers a program has and does not use: others do, and count them.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout)["data"][0]


def counts(path):
    """Whether the file is a program or shared library that counts."""
    if os.path.islink(path) or path.endswith((".o", ".a")) or os.path.getsize(path) < 64:
        return False
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return False
    sections = subprocess.run(["llvm-readelf-14", "-S", path], stdout=subprocess.PIPE, check=True).stdout
    return b"__llvm_covmap" in sections


def read_lines(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read().split("\n")


def measure(build):
    data = counted_in(build)
    if data is None:
        return {}
    sources = collections.defaultdict(Source)
    for file in data["files"]:
        path = own(file["filename"])
        if path is not None:
            sources[path].lines = line_counts(file["segments"])
    texts = {path: read_lines(path) for path in sources}
    for function in data["functions"]:
        for line, column, end, end_column, yes, no, name, *_ in function["branches"]:
            path = own(function["filenames"][name])
            if path is None or path == INVARIANT or texts[path][line - 1][:column - 1].endswith("switch ("):
                continue
            for outcome, times in ((True, yes), (False, no)):
                where = line, column, end, end_column, outcome
                sources[path].branches[where] = sources[path].branches.get(where, 0) + times
    return sources


def share(sources, prefix, what):
    """(reached, all) of the lines or branches of the sources under a path."""
    counted = [times for path, s in sources.items() if path.startswith(prefix) for times in getattr(s, what).values()]
    return sum(1 for times in counted if times > 0), len(counted)


def percent(reached, of):
    return 100 * reached / of if of else 0.0


def print_missed(sources, prefix, what):
    """What nothing has reached, a file a line; of branches, the outcome that has not occurred."""
    for path, source in sorted(sources.items()):
        if not path.startswith(prefix):
            continue
        if what == "lines":
            missed = [str(n) for n, times in sorted(source.lines.items()) if times == 0]
        else:
            missed = [f"{line}:{column} {'true' if outcome else 'false'}"
                      for (line, column, _, _, outcome), times in sorted(source.branches.items()) if times == 0]
        if missed:
            print(f"{path}: {', '.join(missed)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="folder of a build of the preset coverage in which tests have run")
    parser.add_argument("--missed", metavar="PATH", help="print the lines of sources under PATH that nothing has reached")
    parser.add_argument("--missed-branches", metavar="PATH", help="print the branches")
    parser.add_argument("--figures", help="JSON file in which the figures are noted")
    options = parser.parse_args()
    sources = measure(os.path.abspath(options.build))
    if not sources:
        print(f"{options.build}: no test has run, or it is not a build of the preset coverage", file=sys.stderr)
        return 4
    if options.missed is not None:
        print_missed(sources, options.missed, "lines")
    if options.missed_branches is not None:
        print_missed(sources, options.missed_branches, "branches")
    if options.missed is not None or options.missed_branches is not None:
        return 0
    rooms = sorted({"/".join(path.split("/")[:2 if path.startswith("sim/") else 1]) + "/" for path in sources})
    print(f"{'room':24}{'lines':>10}{'%':>8}{'branches':>10}{'%':>8}")
    for room in rooms + ["sim/"]:
        lines, branches = share(sources, room, "lines"), share(sources, room, "branches")
        print(f"{room:24}{lines[1]:10}{percent(*lines):8.1f}{branches[1]:10}{percent(*branches):8.1f}")
    reached = {what: percent(*share(sources, prefix, what)) for what, (prefix, _) in GOALS.items()}
    if options.figures:
        with open(options.figures, encoding="utf-8") as source:
            figures = json.load(source)
        figures["coverage"] = {
            "value": f"{reached['lines']:.1f} % of the lines of sim/, {reached['branches']:.1f} % of the branches of sim/kernel",
            "date": datetime.date.today().isoformat(), "how": "`./dev coverage`"}
        with open(options.figures, "w", encoding="utf-8") as out:
            json.dump(figures, out, indent=2, sort_keys=True)
            out.write("\n")
    for what, (prefix, goal) in GOALS.items():
        print(f"{reached[what]:.1f} % of the {what} of {prefix}, {goal} % are the goal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
