#!/usr/bin/env python3
"""No output of a command takes the place of another, whatever they are called. Arguments: the mhpsim program, the source
folder."""
import os
import subprocess
import sys
import tempfile

import surroundings

surroundings.neutral()
MHPSIM, ROOT = (os.path.abspath(argument) for argument in sys.argv[1:3])
GUEST = [os.path.join(ROOT, "configs/scenarios/small-guest.toml"), "--set", "hotplug.0.size=128MiB", "--set", "settle=1ms"]
USAGE = 2
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def main():
    with tempfile.TemporaryDirectory() as folder:
        def call(*args):
            return subprocess.run([MHPSIM, *args], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        os.mkdir(os.path.join(folder, "a"))
        os.symlink("a", os.path.join(folder, "b"))
        pairs = [(["run", *GUEST, "-o", one, "--timeline", other], other)
                 for one, other in (("x", "x"), ("x", "./x"), ("a/x", "a/../a/x"), ("a/x", "b/x"), ("x", os.path.join(folder, "x")))]
        pairs += [(["compare", *GUEST, "-o", "out", "--timeline", other], other)
                  for other in ("out", "out/compare.json", "./out/boot_memory-r0.h5")]
        pairs.append((["calibrate", "-o", "x", "--machine", "a/../x"], "a/../x"))
        for args, other in pairs:
            for force in ([], ["--force"]):
                result = call(*args, *force)
                what = " ".join(["mhpsim", *args, *force])
                check(result.returncode == USAGE, f"{what}: exit {result.returncode}")
                lines = result.stderr.strip().splitlines()
                check(len(lines) == 1 and lines[0].startswith(other + ": --"), f"{what}: {lines}")
                check(sorted(os.listdir(folder)) == ["a", "b"] and not os.listdir(os.path.join(folder, "a")),
                      f"{what}: {os.listdir(folder)}")
        os.mkdir(os.path.join(folder, "out"))
        result = call("compare", *GUEST, "-o", "out", "--timeline", "out/timeline.json", "--force")
        check(result.returncode == 0 and "timeline.json" in os.listdir(os.path.join(folder, "out")),
              f"a timeline of its own name may lie among the results: {result.stderr}")
    print("all held" if not failures else f"{len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
