#!/usr/bin/env python3
"""What must hold between runs of related scenarios, whatever their figures are: more bandwidth or less latency makes nothing
later, less free boot memory makes no memmap of boot memory cheaper. Arguments: the mhpsim program, the source folder,
  --cases N   pairs of runs of each relation (default: 6)
  --seed S    of what is drawn: sizes, and the two values that are compared (default: 1)

Times are held to a tolerance. They are sums of integers that are rounded at different places; and with other speeds the lists of
free pages by CPU fill and drain at other moments, which moves single pages between operations."""
import argparse
import json
import os
import random
import subprocess
import sys

import surroundings

surroundings.neutral()
SHARE = 1e-3   # of a time, that is no difference
FLOOR = 1000   # nanoseconds, likewise
TIMES = ("time_to_add", "time_to_online", "time_to_usable")
PLACEMENTS = ("boot_memory", "hotplugged_range")


class Relation:
    """Of two values of a parameter the one that `less` gives first must not make the metrics greater."""

    def __init__(self, name, scenario, key, values, sizes, placements, metrics, rising):
        self.name, self.scenario, self.key, self.values, self.sizes = name, scenario, key, values, sizes
        self.placements, self.metrics, self.rising = placements, metrics, rising

    def draw(self, chance):
        """Placement, settings of both runs, and the value of the run that must not be later, then the other."""
        low, high = sorted(chance.sample(self.values, 2), key=amount)
        favoured, other = (high, low) if self.rising else (low, high)
        size = chance.choice(self.sizes)
        return chance.choice(self.placements), [f"hotplug.0.size={size}"], favoured, other


def amount(text):
    digits = "".join(c for c in text if c.isdigit())
    scale = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "B": 1, "ns": 1, "GB/s": 1}
    return int(digits) * scale[text[len(digits):]]


RELATIONS = [
    Relation("more bandwidth is not later", "small-guest.toml", "machine.node.0.bandwidth",
             [f"{n}GB/s" for n in (2, 5, 10, 20, 40, 80, 160)], ["1GiB", "2GiB", "3GiB"], PLACEMENTS, TIMES, True),
    Relation("less latency is not later", "small-guest.toml", "machine.node.0.latency",
             [f"{n}ns" for n in (1, 2, 50, 82, 100, 200, 500)], ["1GiB", "2GiB", "3GiB"], PLACEMENTS, TIMES, False),
    Relation("more bandwidth of all nodes is not later", "far-expander.toml", "machine.node.*.bandwidth",
             [f"{n}GB/s" for n in (30, 60, 90, 180)], ["16GiB", "32GiB"], PLACEMENTS, TIMES, True),
    Relation("a memmap of scarcer boot memory is not cheaper", "small-guest.toml", "kernel.reserved_memory",
             [f"{n}MiB" for n in (0, 16, 40, 80, 100, 116, 120, 124)], ["2GiB", "4GiB", "8GiB"], ("boot_memory",),
             ("time_to_add",), False),
]


def figures(program, root, relation, placement, settings):
    words = [w for s in (f"kernel.memmap_placement={placement}", *settings) for w in ("--set", s)]
    done = subprocess.run([program, "run", os.path.join(root, "configs/scenarios", relation.scenario), *words, "--json",
                           "--no-progress"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"{relation.name}, {placement}, {settings}: exit {done.returncode}: {done.stderr}")
    out = json.loads(done.stdout)
    return {row["name"]: row["value"] for row in out["metrics"]} | {"outcome": out["outcome"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("root")
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    program, root = os.path.abspath(args.program), os.path.abspath(args.root)
    failures = 0
    for number, relation in enumerate(RELATIONS):
        chance = random.Random(args.seed * 1000 + number)
        compared = differing = 0
        for _ in range(args.cases):
            placement, settings, favoured, other = relation.draw(chance)
            better, worse = (figures(program, root, relation, placement, [*settings, f"{relation.key}={value}"])
                             for value in (favoured, other))
            what = f"{relation.name}: {relation.scenario}, {placement}, {', '.join(settings)}, {relation.key} {other} -> {favoured}"
            if worse["outcome"] == "ok" and better["outcome"] != "ok":
                failures += 1
                print(f"FAILED: {what}: ends with {better['outcome']}")
            for name in relation.metrics:
                a, b = better.get(name), worse.get(name)
                if a is None or b is None:
                    continue
                compared += 1
                differing += a < b * (1 - SHARE) - FLOOR
                if a > b * (1 + SHARE) + FLOOR:
                    failures += 1
                    print(f"FAILED: {what}: {name} {b} -> {a} ns")
        print(f"{relation.name}: {compared} times compared, {differing} of them differ", flush=True)
        if compared == 0:
            failures += 1
            print(f"FAILED: {relation.name}: nothing was compared")
    return 1 if failures else 0


sys.exit(main())
