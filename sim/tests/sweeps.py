"""What the tests of sweeps have in common: a study, the program, the records of a journal."""
import glob
import os
import struct
import subprocess
import sys
import zlib

import surroundings

surroundings.neutral()
MHPSIM, ROOT = sys.argv[1], sys.argv[2]
GUEST = os.path.join(ROOT, "configs/scenarios/small-guest.toml")
# 5 sizes, 2 placements, 20 replicates under a load: 200 runs of some milliseconds.
STUDY = f"""
name = "test"
scenario = "{GUEST}"
replicates = 20
baseline = "memmap_placement=boot_memory"
[set]
settle = "20ms"
workload.kind = "steady"
workload.resident_percent = 30
workload.interval = "1ms"
workload.batch_pages = 16
workload.batches_held = 8
workload.stream = "1MiB"
[[axis]]
key = "hotplug.0.size"
values = ["1GiB", "2GiB", "4GiB", "12GiB", "15GiB"]
[[axis]]
key = "kernel.memmap_placement"
values = ["boot_memory", "hotplugged_range"]
"""
RUNS = 200
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what, flush=True)
    return condition


def run(*args, **options):
    return subprocess.run([MHPSIM, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def expect(code, *args, **options):
    result = run(*args, **options)
    check(result.returncode == code,
          f"mhpsim {' '.join(args)}: exit {result.returncode}, not {code}: {result.stdout}{result.stderr}")
    return result


def write_study(folder, text=STUDY):
    path = os.path.join(folder, "study.toml")
    with open(path, "w") as file:
        file.write(text)
    return path


def collected(folder):
    """The bytes of the study file of a folder."""
    path = os.path.join(folder, "study.h5")
    expect(0, "collect", folder, "-o", path, "--force")
    with open(path, "rb") as file:
        return file.read()


def uninterrupted(folder, study):
    """The study file of one process that nobody disturbed."""
    expect(0, "sweep", study, "-o", folder)
    return collected(folder)


def journalled(folder):
    """The ids of all whole records of runs in the journals of a folder, repetitions included."""
    ids = []
    for path in sorted(glob.glob(os.path.join(folder, "*.journal"))):
        with open(path, "rb") as file:
            data = file.read()
        at = 0
        while len(data) - at >= 12:
            magic, size, crc = struct.unpack_from("<4sII", data, at)
            body = data[at + 12:at + 12 + size]
            if magic != b"MHPJ" or len(body) < size or zlib.crc32(body) != crc:
                break
            if body[:1] == b"R":
                ids.append(struct.unpack_from("<Q", body, 5)[0])
            at += 12 + size
    return ids


def finish():
    sys.exit(1 if failures else 0)
