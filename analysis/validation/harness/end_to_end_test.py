#!/usr/bin/env python3
"""One small recording of a real kernel, from the package to the model's verdict.

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


def main():
    program = sys.argv[1]
    for tool, package in (("qemu-system-x86_64", "qemu-system-x86"), ("gcc", "gcc")):
        if not shutil.which(tool):
            skip(f"no {tool} here (Debian: {package}; ./dev setup harness)")
    given = os.environ.get("MHPSIM_HARNESS_KERNEL")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "one-dimm.json")
        run = subprocess.run([sys.executable, "-B", os.path.join(FOLDER, "record.py"),
                              os.path.join(FOLDER, "examples", "one-dimm.toml"), "-o", path,
                              *(["--kernel", given] if given else ["--fetch", SERIES])], stderr=subprocess.PIPE, text=True)
        print(run.stderr)
        if run.returncode == MISSING:
            skip(run.stderr.strip().splitlines()[-1])
        assert run.returncode == 0, f"record.py: exit code {run.returncode}"
        assert os.listdir(folder) == ["one-dimm.json"], "something half-written stays"

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


if __name__ == "__main__":
    main()
