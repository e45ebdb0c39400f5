#!/usr/bin/env python3
"""Two small recordings of a real kernel: one from the package to the model's verdict, one of a guest under pressure.

  end_to_end_test.py MHPSIM

The kernel is MHPSIM_HARNESS_KERNEL (a package or an image) or the newest 6.12 that apt can fetch. Exit code 77: skipped,
for what is needed cannot be had here; the message says what."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
SERIES = "6.12"
SKIPPED, MISSING = 77, 3


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def verify(program, path):
    run = subprocess.run([program, "verify", "captures", path, "--json"], capture_output=True, text=True)
    report = json.loads(run.stdout)
    return report["checks"], report["mismatches"]


def record(scenario, path, kernel):
    run = subprocess.run([sys.executable, "-B", os.path.join(FOLDER, "record.py"), os.path.join(FOLDER, "examples", scenario),
                          "-o", path, *(["--kernel", kernel] if kernel else ["--fetch", SERIES])],
                         stderr=subprocess.PIPE, text=True)
    print(run.stderr)
    if run.returncode == MISSING:
        skip(run.stderr.strip().splitlines()[-1])
    assert run.returncode == 0, f"record.py: exit code {run.returncode}"
    assert os.path.basename(path) in os.listdir(os.path.dirname(path))
    assert not any(name.endswith(".partial") for name in os.listdir(os.path.dirname(path))), "something half-written stays"


def pressure(path, kernel):
    """8 GiB need 32,768 pages of memmap, which a full guest has to give up."""
    record("pressure.toml", path, kernel)
    with open(path) as file:
        steps = json.load(file)["steps"]
    taken = {step["op"][1]: step["qsnapshot"] for step in steps if step["op"][0] == "qsnap"}
    results = {step["op"][1]: step["result"] for step in steps if step["op"][0] == "cmd"}
    assert [step["result"] for step in steps if step["op"][0] == "setup"] == [{"mount": 0, "swapon": 0}], steps[1]
    assert taken["boot"]["meminfo_kB"].get("SwapTotal", 0) == 0 and taken["filled"]["meminfo_kB"]["SwapTotal"] > 1000000
    assert results["hold 150 4 1 0"]["done"] == 150 and results["hold 150 4 1 0"]["alive"] == 1
    filled, settled = taken["filled"], taken["settled"]
    assert filled["node_stat"]["0"]["nr_anon_pages"] > 150 * 256
    assert filled["node_stat"]["0"]["nr_inactive_file"] > 20000  # one page in four of the file at least
    reclaimed = settled["vmstat"].get("pgsteal_kswapd", 0) + settled["vmstat"].get("pgsteal_direct", 0)
    assert reclaimed > filled["vmstat"].get("pgsteal_kswapd", 0) + 15000, settled["vmstat"]
    traced = [step for step in steps if step["op"] == ["htrace", 0]][0]
    assert sum(row["count"] << row["order"] for row in traced["page_allocs"]["hotplug"]) >= 32768, traced["page_allocs"]
    assert "mm_vmscan_kswapd_wake" in traced["events"], traced["events"].keys()
    left = results["resid /d/f 0 400"]
    assert left["of"] == 102400 and left["resident"] < left["of"], left


def main():
    program = sys.argv[1]
    for tool, package in (("qemu-system-x86_64", "qemu-system-x86"), ("gcc", "gcc")):
        if not shutil.which(tool):
            skip(f"no {tool} here (Debian: {package}; ./dev setup harness)")
    given = os.environ.get("MHPSIM_HARNESS_KERNEL")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "one-dimm.json")
        record("one-dimm.toml", path, given)
        checks, misses = verify(program, path)
        print(f"{checks} checks, {len(misses)} misses")
        assert checks > 300 and not misses, misses

        # The verdict hangs on the recording: one page more in a zone must be seen.
        with open(path) as file:
            capture = json.load(file)
        snapshot = [step["snapshot"] for step in capture["steps"] if step["op"] == ["snap", "online"]][0]
        zone = next(zone for zone in snapshot["zones"] if zone["node"] == 1 and zone["zone"] == "Movable")
        assert zone["managed"] == 4 * (32768 - 512), zone  # four blocks, each with its memmap inside
        zone["managed"] += 1
        with open(path, "w") as file:
            json.dump(capture, file)
        _, misses = verify(program, path)
        assert [miss["quantity"] for miss in misses] == ["zone/1/Movable/managed"], misses

        pressure(os.path.join(folder, "pressure.json"), given)


if __name__ == "__main__":
    main()
