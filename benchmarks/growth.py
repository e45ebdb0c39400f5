#!/usr/bin/env python3
"""How the time and the memory of a run grow with what there is of one thing, everything else the same.

Runs mhpsim for each of some values of each quantity, takes user time and peak memory, and fits the exponent: the slope of a
line through their logarithms, what a start costs taken off. Exit code 1 if an exponent is above the limit, or above what is
known of it."""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCENARIOS = os.path.join(ROOT, "configs/scenarios")
LIMIT = 1.05
# What is known to grow faster, and about how much; why is in docs/performance.md.
KNOWN = {"nodes": 1.4, "devices": 1.3, "size, blocks of 2 GiB": 1.15}
RANGE = ["--set", "kernel.memmap_placement=hotplugged_range"]


def scenario(name, *settings):
    return [os.path.join(SCENARIOS, name + ".toml"), *(part for s in settings for part in ("--set", s))]


def server(nodes, cpus=8):
    """A server of so many nodes of 64 GiB in a full mesh; each gets 64 GiB."""
    configs = os.path.join(ROOT, "configs")
    text = f'''name = "growth"
settle = "0s"
until = "100s"
costs = "{configs}/costs/xeon.toml"
[kernel]
profile = "{configs}/kernels/linux-6.12.toml"
processes = 100
[machine]
name = "made"
[workload]
kind = "steady"
resident_percent = 50
interval = "10ms"
batch_pages = 256
batches_held = 64
stream = "64MiB"
'''
    text += f'[[machine.node]]\nmemory = "64GiB"\ncpus = {cpus}\n' * nodes
    for a in range(nodes):
        text += "".join(f"[[machine.link]]\nfrom = {a}\nto = {b}\n" for b in range(a + 1, nodes))
    for node in range(nodes):
        text += f'[[hotplug]]\nnode = {node}\nsize = "64GiB"\ndevice = "{configs}/devices/ddr5-board.toml"\n'
    return text


# name, unit, values, arguments of `mhpsim run` for a value or the text of a scenario.
SERIES = [
    ("memory blocks", "blocks of 16 TiB", [8192, 16384, 32768, 65536, 131072],
     lambda n: scenario("memory-node", "hotplug.0.size=16TiB", f"kernel.memory_block_size={(16 << 20) // n}MiB") + RANGE),
    ("size, blocks of 2 GiB", "TiB", [16, 64, 256, 1024],
     lambda n: scenario("memory-node", f"hotplug.0.size={n}TiB", "kernel.memory_block_size=2GiB") + RANGE),
    ("nodes", "nodes that get 64 GiB each, with a workload", [2, 4, 8, 16], server),
    ("devices", "DIMMs of 128 MiB", [1000, 2000, 4000, 8000],
     lambda n: scenario("quickstart", 'workload={kind="idle"}', "hotplug.*.size=128MiB", f"hotplug.0.count={n}",
                        "kernel.memory_block_size=128MiB")),
    ("processors", "processors a node", [16, 64, 256, 1024], lambda n: server(2, n)),
    ("processes", "processes", [1000, 10000, 100000],
     lambda n: scenario("quickstart", f"kernel.processes={n}", "until=200s")),
    ("operations of the workload", "operations a second and node", [50, 100, 200, 400],
     lambda n: scenario("quickstart", f"workload.interval={10**6 // n}us", "until=200s")),
    ("simulated time", "seconds", [200, 400, 800, 1600], lambda n: scenario("quickstart", f"until={n}s")),
]


def measure(arguments):
    """User time in seconds and peak memory in bytes of a program that has to end well."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(arguments)}: {said[1].decode()}")
    return usage.ru_utime, usage.ru_maxrss * 1024


def slope(points):
    """Of the line of least squares through logarithms."""
    x, y = zip(*((math.log(a), math.log(b)) for a, b in points))
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)


def exponent(values, costs, start):
    """Of what is more than a start; nothing where that is too little to be measured."""
    above = [(v, c - start) for v, c in zip(values, costs) if c > 2 * start]
    return slope(above) if len(above) >= 2 else None


def grows(mhpsim, series, rounds, folder):
    name, unit, values, arguments = series
    start_time, start_memory = zip(*(measure([mhpsim, "--version"]) for _ in range(rounds)))
    times, memory = [], []
    for value in values:
        made = arguments(value)
        if isinstance(made, str):
            path = os.path.join(folder, "made.toml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(made)
            made = [path]
        runs = [measure([mhpsim, "run", *made, "--json"]) for _ in range(rounds)]
        times.append(min(t for t, _ in runs))
        memory.append(min(m for _, m in runs))
    return {"quantity": name, "unit": unit, "values": values, "seconds": times, "peak_bytes": memory,
            "time_exponent": exponent(values, times, max(min(start_time), 0.02)),
            "memory_exponent": exponent(values, memory, min(start_memory))}


def row(g):
    def power(e):
        return "none" if e is None else f"{e:.2f}"
    values = f"{g['values'][0]:,} to {g['values'][-1]:,} {g['unit']}"
    seconds = f"{g['seconds'][0]:.2f} to {g['seconds'][-1]:.2f} s"
    memory = f"{g['peak_bytes'][0] / 2**20:.0f} to {g['peak_bytes'][-1] / 2**20:.0f} MiB"
    return (f"| {g['quantity']} | {values} | {seconds} | {power(g['time_exponent'])} | {memory} |"
            f" {power(g['memory_exponent'])} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mhpsim")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each, of which the fastest counts (default: 1)")
    parser.add_argument("--only", metavar="WORD", help="quantities whose name has this word")
    parser.add_argument("--json", metavar="FILE", help="write what was measured")
    options = parser.parse_args()
    chosen = [s for s in SERIES if not options.only or options.only in s[0]]
    print("| what there is more of | values | user time | exponent | peak memory | exponent |\n|---|---|---|---|---|---|")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for series in chosen:
            found.append(grows(options.mhpsim, series, options.rounds, folder))
            print(row(found[-1]), flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump(found, out, indent=1)
    above = [f"{g['quantity']} ({what})" for g in found for what in ("time", "memory")
             if (g[what + "_exponent"] or 0) > KNOWN.get(g["quantity"], LIMIT)]
    if above:
        print(f"faster than it may: {', '.join(above)}", file=sys.stderr)
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
