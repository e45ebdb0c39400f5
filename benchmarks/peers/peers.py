#!/usr/bin/env python3
"""What an event costs here and on other simulators: the same models, run in turn, so that what else the machine does falls on
all. Drivers are compiled where their simulator is installed; the others are skipped with a word.

Prints a table in which each figure is a median over rounds, and beside it the median of its ratios to ours in the same round;
--json has all rounds. Where times are exact, drivers have to come to the same order of events; elsewhere to about the same
simulated time, where they do the same amount."""
import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# Drivers that the project's build makes.
OURS = [("mhpsim", "peers_ours"), ("std::priority_queue", "peers_priority_queue")]
# name, source, library, what has to be there.
PEERS = [
    ("ns-3", "ns3.cpp", "-lns3-core", "/usr/include/ns3/core-module.h"),
    ("SimGrid", "simgrid.cpp", "-lsimgrid", "/usr/include/simgrid/s4u.hpp"),
    ("SystemC", "systemc.cpp", "-lsystemc", "/usr/include/systemc"),
    ("SimPy 2", "simpy_peer.py", None, "/usr/lib/python3/dist-packages/SimPy"),
]
PACKAGES = {"ns-3": "libns3-dev", "SimGrid": "libsimgrid-dev", "SystemC": "libsystemc-dev", "SimPy 2": "python3-simpy"}

# model, distribution, how many at once, how many are measured (of slow peers a tenth).
CASES = [
    *(("hold", d, n, 2_000_000) for d in ("exp", "mix") for n in (100, 10_000, 1_000_000)),
    *(("process", "exp", n, 1_000_000) for n in (100, 10_000)),
    *(("timeout", "exp", n, 1_000_000) for n in (100, 10_000)),
    ("hot_add", "exp", 1, 2_000),
]
WORDS = {"hold": "events that schedule a successor", "process": "processes that sleep",
         "timeout": "waits for an answer or a time-out", "hot_add": "blocks added under a lock beside 128 writers"}
# Of simulated time between drivers, which round times in their own ways.
NEAR = 0.001
SLOW = ("SimGrid", "SystemC", "SimPy 2")


def drivers(build):
    """Commands by name; those of other simulators are compiled."""
    commands = {name: [os.path.join(build, "benchmarks", program)] for name, program in OURS}
    folder = os.path.join(build, "peers")
    os.makedirs(folder, exist_ok=True)
    for name, source, library, needed in PEERS:
        path = os.path.join(HERE, source)
        if not os.path.exists(needed):
            print(f"{name} is not installed (Debian: {PACKAGES[name]}): skipped", file=sys.stderr)
        elif library is None:
            commands[name] = ["/usr/bin/python3", path]
        else:
            program = os.path.join(folder, source.removesuffix(".cpp"))
            subprocess.run(["g++", "-std=c++17", "-O3", "-DNDEBUG", "-I", ROOT, "-o", program, path, library], check=True)
            commands[name] = [program]
    return commands


def run(command, case, name):
    """Nanoseconds and the check; nothing if the simulator does not have the model."""
    model, distribution, at_once, measured = case
    if name in SLOW:
        if at_once > 10_000:
            return None
        if model != "hot_add":
            measured //= 10
    done = subprocess.run([*command, model, distribution, str(at_once), str(measured)], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "SC_COPYRIGHT_MESSAGE": "DISABLE"})
    if done.returncode == 3:
        return None
    if done.returncode != 0:
        raise SystemExit(f"{name}: {case}: exit code {done.returncode}")
    return {**json.loads(done.stdout), "of": measured}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="the build folder of the project")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", help="one model alone")
    parser.add_argument("--measured", type=int, help="measure so many in each case, however few: to see whether it works")
    parser.add_argument("--json", metavar="FILE", help="write all rounds")
    options = parser.parse_args()
    commands = drivers(options.build)
    cases = [(*c[:3], options.measured or c[3]) for c in CASES if not options.model or c[0] == options.model]
    if options.measured:
        cases = [c for c in cases if c[2] <= c[3]]
    found = []
    for number in range(options.rounds):
        for case in cases:
            checks, ends = {}, {}
            for name, command in commands.items():
                measured = run(command, case, name)
                if measured is None:
                    continue
                found.append({"round": number, "model": case[0], "distribution": case[1], "at_once": case[2], "peer": name,
                              "ns": measured["ns"]})
                if int(measured["check"], 16):
                    checks[name] = measured["check"]
                ends.setdefault(measured["of"], []).append(measured["end"])
            if len(set(checks.values())) > 1:
                raise SystemExit(f"{case}: not the same order of events: {checks}")
            if any(max(e) > min(e) * (1 + NEAR) for e in ends.values()):
                raise SystemExit(f"{case}: not the same simulated time: {ends}")
    print("| model | " + " | ".join(commands) + " |\n|---|" + "---|" * len(commands))
    for case in cases:
        by_peer = {name: [f["ns"] for f in found if f["peer"] == name and
                          (f["model"], f["distribution"], f["at_once"]) == case[:3]] for name in commands}
        cells = []
        for name, ns in by_peer.items():
            if not ns:
                cells.append("")
                continue
            ratio = statistics.median(a / b for a, b in zip(ns, by_peer["mhpsim"]))
            cells.append(f"{statistics.median(ns):,.4g} ns" + ("" if name == "mhpsim" else f" ({ratio:.3g})"))
        which = "" if case[0] == "hot_add" else f", {case[1]}, {case[2]:,} at once"
        print(f"| {WORDS[case[0]]}{which} | " + " | ".join(cells) + " |")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump(found, out, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
