#!/usr/bin/env python3
"""No output of a command takes the place of another, or of what the command reads, whatever they are called. Arguments: the
mhpsim program, the source folder."""
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
        # What is read and made into something else is not replaced, whatever way leads to it; each is the first argument.
        text = open(GUEST[0], encoding="utf-8").read().replace('"../', '"' + os.path.join(ROOT, "configs") + "/")
        open(os.path.join(folder, "given.toml"), "w", encoding="utf-8").write(text)
        given = ["given.toml", *GUEST[1:]]
        check(call("run", *given, "-o", "given.h5").returncode == 0, "a run")
        with open(os.path.join(folder, "given.csv"), "w", encoding="ascii") as file:
            file.write("time_ns,event,pfn,order,migratetype,gfp_flags\n0,alloc,4096,0,1,GFP_KERNEL\n")
        with open(os.path.join(folder, "given.json"), "w", encoding="ascii") as file:
            file.write("{}")
        os.symlink("given.toml", os.path.join(folder, "link.toml"))
        for args, output in ((["run", *given, "-o"], "./given.toml"), (["run", "link.toml", *GUEST[1:], "-o"], "given.toml"),
                             (["run", *given, "--timeline"], "given.toml"), (["compare", *given, "--timeline"], "a/../given.toml"),
                             (["timeline", "given.h5", "-o"], "given.h5"), (["report", "given.h5", "-o"], "b/../given.h5"),
                             (["trace", "given.csv", "-o"], "given.csv"),
                             (["collect", "--from-benchmark", "given.json", "-o"], "given.json")):
            source = os.path.join(folder, output)
            before = open(source, "rb").read()
            result = call(*args, output, "--force")
            what = " ".join(["mhpsim", *args, output, "--force"])
            check(result.returncode == USAGE and "would replace what is read from" in result.stderr, f"{what}: {result.stderr}")
            check(len(result.stderr.strip().splitlines()) == 1, f"{what}: one line")
            check(open(source, "rb").read() == before, f"{what}: the input is as it was")
        os.mkdir(os.path.join(folder, "out"))
        result = call("compare", *GUEST, "-o", "out", "--timeline", "out/timeline.json", "--force")
        check(result.returncode == 0 and "timeline.json" in os.listdir(os.path.join(folder, "out")),
              f"a timeline of its own name may lie among the results: {result.stderr}")
    print("all held" if not failures else f"{len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
