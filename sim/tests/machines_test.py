#!/usr/bin/env python3
"""Texts of other people's machines (sim/observed/fixtures) are read as they were when their JSON was looked over.

Arguments: the mhpsim program, the source folder; --update: writes the JSON anew, to be looked over."""
import glob
import json
import os
import subprocess
import sys
import tempfile

from surroundings import neutral

neutral()
MHPSIM, ROOT = sys.argv[1], sys.argv[2]
FIXTURES = os.path.join(ROOT, "sim/observed/fixtures")
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)


def run(code, *arguments, **options):
    done = subprocess.run([MHPSIM, *arguments], capture_output=True, text=True, **options)
    check(done.returncode == code, f"{' '.join(arguments)}: exit {done.returncode}, not {code}: {done.stderr}")
    return done


fixtures = sorted(glob.glob(FIXTURES + "/*.txt"))
check(len(fixtures) >= 10, f"{len(fixtures)} machines")
with tempfile.TemporaryDirectory() as folder:
    for path in fixtures:
        name = os.path.basename(path)
        golden = path.removesuffix(".txt") + ".json"
        shown = run(0, "machine", "show", path, "--json").stdout
        if "--update" in sys.argv:
            open(golden, "w").write(shown)
        check(os.path.exists(golden) and open(golden).read() == shown, f"{name}: not as {os.path.basename(golden)} has it")
        # A machine file of it says the same, and standard input too.
        joint = os.path.join(folder, name)
        run(0, "machine", "import", path, "-o", joint)
        check(run(0, "machine", "show", joint, "--json").stdout == shown, f"{name}: import says something else")
        check(run(0, "machine", "show", "-", "--json", stdin=open(path)).stdout == shown, f"{name}: another by standard input")
        # The table and the graph name all nodes.
        nodes = [n["node"] for n in json.loads(shown)["nodes"]]
        table, dot = (run(0, "machine", "show", path, *form).stdout for form in ([], ["--dot"]))
        check(all(f"\n{n} " in table for n in nodes), f"{name}: the table lacks a node")
        check(all(f"n{n} [label=" in dot for n in nodes) and dot.startswith("graph machine {"), f"{name}: the graph lacks a node")
        if "Mem-Info" in open(path).read():
            why = json.loads(run(0, "machine", "why", path, "--json").stdout)
            check(why["why"] and why["range_placement"], f"{name}: no reason")
    # Real kernels that had no memory for the memmap of a DIMM, and what became of the same guest with the memmap in it.
    recordings = os.path.join(ROOT, "analysis/validation/captures/recordings")
    told = set()
    for path in sorted(glob.glob(recordings + "/*.json")):
        text = open(path).read()
        if "vmemmap alloc failure" not in text:
            continue
        recording = json.loads(text)
        for step in recording["steps"]:
            console = "\n".join(step.get("console") or [])
            if "vmemmap alloc failure" not in console or "Mem-Info" not in console:
                continue
            log = os.path.join(folder, "console.txt")
            open(log, "w").write(console + "\n")
            why = json.loads(run(0, "machine", "why", log, "--json").stdout)
            newer = tuple(map(int, why["kernel_release"].split(".")[:2])) < (6, 8)
            check(why["range_placement"] == ("by a newer kernel" if newer else "yes"), f"{path}: {why['range_placement']}")
            check(all(z["verdict"] != "would serve" for z in why["zones"]) or why["order"] == 0, f"{path}: {why['zones']}")
            told.add(os.path.basename(path))
    check({"d-61-low512M-64G-mom1.json", "d-612-low512M-64G-mom0.json"} <= told, f"recordings: {told}")
    onlined = lambda name: next(s["result"]["ok"] for s in json.load(open(f"{recordings}/{name}.json"))["steps"] if s["op"][0] == "online")
    check(onlined("d-612-low512M-64G-mom0") == 0 and onlined("d-612-low512M-64G-mom1") == 512, "the range placement saved it")
    check(onlined("d-61-low512M-64G-mom1") == 0, "6.1 does not place it there")
    # Bad input: one line, nothing on standard output, nothing written.
    wrong = os.path.join(folder, "wrong.txt")
    open(wrong, "w").write("node 0 cpus: 0\nnode 0 size: many MB\n")
    target = os.path.join(folder, "out.txt")
    for arguments in (("show", wrong), ("import", wrong, "-o", target), ("why", wrong), ("show", folder), ("show", folder + "/none")):
        done = run(4, "machine", *arguments)
        check(done.stdout == "" and done.stderr.count("\n") == 1, f"machine {arguments}: {done.stdout} {done.stderr}")
    check(not os.path.exists(target), "a machine file of a text that is wrong")
    open(target, "w").write("mine")
    run(5, "machine", "import", fixtures[0], "-o", target)
    check(open(target).read() == "mine", "an existing file was replaced")
    run(2, "machine", "why", os.path.join(FIXTURES, "mlocked-desktop.txt"), "--report", "2")

for failure in failures:
    print(failure)
print(f"{len(fixtures)} machines, {len(failures)} failures")
sys.exit(bool(failures))
