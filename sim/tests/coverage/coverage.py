#!/usr/bin/env python3
"""Which lines of the sources, and which branches, the tests of a build with --coverage have gone through, room by room.

Branches are those that a source has: what g++ adds for exceptions is left out. Of a line that was compiled several times,
in templates and in files that include it, each time counts together. Arguments: the build folder."""
import argparse
import collections
import concurrent.futures
import datetime
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
GOALS = {"lines": ("sim/", 95), "branches": ("sim/kernel/", 90)}


class Source:
    def __init__(self):
        self.lines = {}     # number: times
        self.branches = {}  # (line, number of the branch): times


def counted(gcda):
    """What gcov says of one object, as JSON; nothing if its notes are not there any more."""
    done = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", gcda],
                          cwd=os.path.dirname(gcda), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def own(path, folder):
    """The path from the root of a source that is measured, else None."""
    relative = os.path.relpath(os.path.join(folder, path), ROOT)
    tested = relative.startswith(("sim/", "workloads/")) and not relative.startswith("sim/tests/")
    return relative if tested and not relative.endswith(("_test.cpp", "_oracle.cpp", "_oracle.hpp")) else None


def add(sources, report):
    for file in report["files"]:
        path = own(file["file"], report["current_working_directory"])
        if path is None:
            continue
        source = sources[path]
        for line in file["lines"]:
            number = line["line_number"]
            source.lines[number] = source.lines.get(number, 0) + line["count"]
            for i, branch in enumerate(b for b in line["branches"] if not b["throw"]):
                source.branches[number, i] = source.branches.get((number, i), 0) + branch["count"]


def measure(build):
    found = [os.path.join(folder, name) for folder, _, names in os.walk(build) for name in names if name.endswith(".gcda")]
    sources = collections.defaultdict(Source)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for reports in pool.map(counted, found):
            for report in reports:
                add(sources, report)
    return sources


def share(sources, prefix, what):
    """(reached, all) of the lines or branches of the sources under a path."""
    counts = [times for path, s in sources.items() if path.startswith(prefix) for times in getattr(s, what).values()]
    return sum(1 for times in counts if times > 0), len(counts)


def percent(reached, of):
    return 100 * reached / of if of else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="folder of a build with --coverage in which tests have run")
    parser.add_argument("--missed", metavar="PATH", help="print the lines of sources under PATH that nothing has reached")
    parser.add_argument("--figures", help="JSON file in which the figures are noted")
    options = parser.parse_args()
    sources = measure(os.path.abspath(options.build))
    if not sources:
        print(f"{options.build}: no test has run, or it was not built with --coverage", file=sys.stderr)
        return 4
    if options.missed:
        for path, source in sorted(sources.items()):
            missed = sorted(n for n, times in source.lines.items() if times == 0)
            if path.startswith(options.missed) and missed:
                print(f"{path}: {', '.join(map(str, missed))}")
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
            "date": datetime.date.today().isoformat(), "how": "./dev coverage"}
        with open(options.figures, "w", encoding="utf-8") as out:
            json.dump(figures, out, indent=2, sort_keys=True)
            out.write("\n")
    for what, (prefix, goal) in GOALS.items():
        print(f"{reached[what]:.1f} % of the {what} of {prefix}, {goal} % are the goal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
