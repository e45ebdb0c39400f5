#!/usr/bin/env python3
"""A machine's own snapshot as the beginning of a run. Arguments: the mhpsim program and the source folder.

Trees of /proc and /sys are rebuilt from recordings of real kernels: the run that begins with the snapshot before a DIMM
came must leave the zones, memory blocks, page tables and memmap that the snapshot behind it has."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import capture_tree
import surroundings

surroundings.neutral()
MHPSIM, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
RECORDINGS = ROOT / "analysis/validation/captures/recordings"
# Recordings that add one DIMM and bring all of it online at once, and the kernel's number of its node.
RECORDED = {"a-612-1G-mom0-kernel": 0, "a-612-1G-mom1-movable": 0, "a-612-4G-mom1-kernel": 0,
            "a-612-16G-momforce-kernel": 0, "a-612-64G-mom0-kernel": 0, "a-73-1G-mom1-movable": 0,
            "b-61-1G-mom0-movable": 0, "c-612-n1-4G-mom0-kernel": 1, "c-612-n1-16G-mom1-movable": 1}
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def run(*args, **more):
    return subprocess.run([MHPSIM, *map(str, args)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=600, **more)


def snapshot_of(capture, name, folder):
    """A snapshot file of a tree that is rebuilt from a recording's snapshot."""
    tree = folder / name
    capture_tree.write_tree(tree, capture, capture_tree.snapshots(capture)[name])
    file = folder / f"{name}.snapshot"
    taken = run("snapshot", "--root", tree, "-o", file)
    check(taken.returncode == 0, f"snapshot {capture['name']} {name}: {taken.stderr}")
    return file


def settings_of(capture, node):
    """What was done: the DIMM's size, where it went, and how it came online."""
    steps = [step["op"] for step in capture["steps"]]
    add = next(op for op in steps if op[0] == "add")
    online = next(op for op in steps if op[0] == "online")
    return ["--set", f"hotplug.0.size={add[2]}B", "--set", f"hotplug.0.node={node}",
            "--set", f"hotplug.0.online={online[2]}"]


def recordings(folder):
    for name, node in RECORDED.items():
        capture = capture_tree.load(RECORDINGS / f"{name}.json")
        mine = folder / name
        mine.mkdir()
        before, after = (snapshot_of(capture, snap, mine) for snap in ("boot", "online"))
        settings = settings_of(capture, node)
        said = run("verify", "zoneinfo", before, after, *settings, "--json")
        check(said.returncode == 0, f"verify zoneinfo {name}: {said.returncode} {said.stderr}{said.stdout}")
        if said.returncode == 0:
            report = json.loads(said.stdout)
            check(report["by_class"]["exact"]["checks"] > 20, f"{name}: too few checks")
            check(not any("zone" in what for what in report["not_compared"]), f"{name}: a zone is not compared")
        # Half of it is another change.
        size = settings[1].removeprefix("hotplug.0.size=").removesuffix("B")
        half = ["--set", f"hotplug.0.size={int(size) // 2}B", *settings[2:]]
        wrong = run("verify", "zoneinfo", before, after, *half)
        check(wrong.returncode == 1 and "differs" in wrong.stdout, f"{name}: half of the DIMM does not differ")


def same_run(folder):
    """The machine is named in a scenario file, by --machine, and in a result file: one run."""
    capture = capture_tree.load(RECORDINGS / "a-612-1G-mom0-kernel.json")
    box = snapshot_of(capture, "boot", folder)
    own = (ROOT / "configs/scenarios/own-machine.toml").read_text().replace('"../', f'"{ROOT}/configs/')
    scenario = folder / "own.toml"
    scenario.write_text(own.replace(f'"{ROOT}/configs/snapshots/example-guest.snapshot"', f'"{box}"'))
    prints = set()
    result = folder / "own.h5"
    for args in (["--machine", box], [scenario], [scenario, "-o", result]):
        said = run("run", *args, "--set", "hotplug.0.size=1GiB", "--json")
        check(said.returncode == 0, f"run {args}: {said.stderr}")
        if said.returncode == 0:
            figures = json.loads(said.stdout)
            prints.add(figures["fingerprint"])
            check(figures["machine"]["file"] == "boot.snapshot" and figures["machine"]["found"], "what was found is not said")
    check(len(prints) == 1, f"one machine, several runs: {prints}")
    check(run("explain", result).returncode == 0, "explain of a result that began with a snapshot")
    study = folder / "study.toml"
    study.write_text(f'name = "own"\ndoc = "how much may come?"\nscenario = "{scenario}"\n'
                     '[[axis]]\nkey = "kernel.memmap_placement"\nvalues = ["boot_memory", "hotplugged_range"]\n'
                     '[[axis]]\nkey = "hotplug.0.size"\nvalues = ["1GiB", "2GiB"]\n')
    swept = run("sweep", study, "-o", folder / "swept", "-j", "1")
    check(swept.returncode == 0, f"sweep: {swept.stderr}")


def at_hand(folder):
    """This machine, as root and as nobody, if it has files of its own to read."""
    if not os.access("/proc/zoneinfo", os.R_OK):
        return
    users = [[]]
    if os.geteuid() == 0 and shutil.which("setpriv"):
        users.append(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    for number, user in enumerate(users):
        taken = subprocess.run([*user, MHPSIM, "snapshot"], capture_output=True, text=True)
        check(taken.returncode == 0 and taken.stdout.startswith("mhpsim snapshot 1\n"), f"snapshot {user}: {taken.stderr}")
        box = folder / f"here-{number}.snapshot"
        box.write_text(taken.stdout)
        host = os.uname().nodename
        check(len(host) < 6 or host not in taken.stdout, "the name of the host is in it")
        said = run("run", "--machine", box, "--set", "hotplug.0.size=64GiB", "--json")
        check(said.returncode == 0, f"run --machine as {user}: {said.stderr}")


def mistakes(folder):
    for args, code in ((["--machine", folder / "none.snapshot"], 4), (["--machine", ROOT / "README.md"], 3), ([], 2)):
        said = run("run", *args)
        check(said.returncode == code and len(said.stderr.splitlines()) <= 4, f"run {args}: {said.returncode} {said.stderr}")
    check(run("snapshot", "--root", folder / "none").returncode == 4, "snapshot of a folder that is not there")


with tempfile.TemporaryDirectory() as scratch:
    for part in (mistakes, same_run, recordings, at_hand):
        place = pathlib.Path(scratch) / part.__name__
        place.mkdir()
        part(place)
print(f"{len(failures)} failed")
sys.exit(1 if failures else 0)
