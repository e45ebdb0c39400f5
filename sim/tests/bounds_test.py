#!/usr/bin/env python3
"""Every number of a scenario may be set to either end of its range: the program simulates that, or says in a line what is
wrong. Arguments: the mhpsim program, the source folder.

Numbers of the machine, the kernel, the costs and the run are tried on a small guest, those of a device on a scenario that
has that device."""
import concurrent.futures
import json
import os
import subprocess
import sys

import surroundings

surroundings.neutral()
MHPSIM, ROOT = (os.path.abspath(argument) for argument in sys.argv[1:3])
SCENARIOS = os.path.join(ROOT, "configs/scenarios")
GUEST = "small-guest.toml"
DEVICES = ("quickstart.toml", "far-expander.toml", "lpar-growth.toml", "virtio-plug.toml", "grace-gpu-memory.toml")
NUMBERS = ("time", "integer", "size", "bandwidth", "cost")
# A run that lasts years is ended by its `until`; what looks every second in it would not come to an end here.
CALM = ["--set", "kernel.stat_interval=0s", "--set", "until=2s"]
SIMULATED, REFUSED = 0, 3


def params():
    out = subprocess.run([MHPSIM, "list", "params", "--json"], stdout=subprocess.PIPE, check=True, text=True)
    return [p for p in json.loads(out.stdout) if p["type"] in NUMBERS]


def cases():
    for p in params():
        path = p["path"].replace("hotplug.N", "hotplug.0").replace("machine.node.N", "machine.node.0")
        if path.startswith("workload") or ".N" in path or "PRIMITIVE" in path:
            continue
        scenarios = DEVICES if path.startswith("hotplug.0.device.") else (GUEST,)
        for end in p["range"].split(" .. "):
            for scenario in scenarios:
                yield scenario, path, end.replace(" ", "")


def problem(case):
    scenario, path, value = case
    calm = CALM if path not in ("until", "kernel.stat_interval") else CALM[:2]
    command = [MHPSIM, "run", os.path.join(SCENARIOS, scenario), "--set", "hotplug.0.size=1GiB", *calm, "--set",
               f"{path}={value}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=120)
    except subprocess.TimeoutExpired:
        return f"{scenario} {path}={value}: no end after 120 s"
    if done.returncode in (SIMULATED, REFUSED):
        return None
    return f"{scenario} {path}={value}: exit {done.returncode}: {done.stderr}"


def main():
    tried = list(cases())
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [p for p in pool.map(problem, tried) if p]
    for p in problems:
        print("FAILED:", p)
    print(f"{len(tried)} values tried, {len(problems)} failed")
    return 1 if problems or len(tried) < 250 else 0


sys.exit(main())
