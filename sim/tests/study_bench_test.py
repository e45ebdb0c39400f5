#!/usr/bin/env python3
"""A study as benchmark cases, their JSON as a study file: study_bench_test.py MHPSIM ROOT STUDY_BENCH."""
import json
import os
import subprocess
import sys
import tempfile

import numpy
import xarray

from sweeps import GUEST, check, expect, finish, run

BENCH = sys.argv[3]
STUDY = f"""
name = "bench"
scenario = "{GUEST}"
baseline = "memmap_placement=boot_memory"
[[axis]]
key = "hotplug.0.size"
values = ["1GiB", "15GiB"]
[[axis]]
key = "kernel.memmap_placement"
values = ["boot_memory", "hotplugged_range"]
"""


def timed(study, out, *options):
    return subprocess.run([BENCH, study, f"--benchmark_out={out}", *options], capture_output=True, text=True, check=False)


def round_trip(folder, study):
    out, path = os.path.join(folder, "b.json"), os.path.join(folder, "b.h5")
    check(timed(study, out, "--benchmark_repetitions=2").returncode == 0, "study_bench runs")
    with open(out) as file:
        cases = [b for b in json.load(file)["benchmarks"] if b["run_type"] == "iteration"]
    check(len(cases) == 8, f"2 sizes, 2 placements, 2 repetitions: {len(cases)}")
    expect(0, "collect", "--from-benchmark", out, "-o", path)
    with xarray.open_dataset(path, group="results") as results, xarray.open_dataset(path, group="runs") as runs:
        check(results.real_time.dims == ("size", "memmap_placement", "replicate"), f"axes {results.real_time.dims}")
        check(results.real_time.shape == (2, 2, 2), "repetitions are replicates")
        check(results.real_time.attrs["units"] == "ns", "unit of time")
        for case in cases:      # points in their order, the placement fastest
            at = {"size": int(case["point"]) // 2, "memmap_placement": int(case["point"]) % 2,
                  "replicate": case["repetition_index"]}
            check(results.real_time.isel(at) == round(case["real_time"] * 1e6), f"{case['name']}: milliseconds as ns")
            check(results.events.isel(at) == case["events"], f"{case['name']}: events")
            word = runs.outcome.attrs["flag_meanings"].split(" ")[int(runs.outcome.isel(at))]
            check(word == case["label"], f"{case['name']}: outcome {word}")
        # 15 GiB do not fit with the memmap in boot memory.
        check((runs.outcome.isel(size=1, memmap_placement=0) == 2).all(), "ENOMEM is an outcome of a timed run")
        check((results.simulated_time > 0).all(), "simulated time")
    with xarray.open_dataset(path, group="results_ci") as ci, xarray.open_dataset(path, group="compare") as compare:
        check((ci.real_time_n == 2).all(), "intervals over repetitions")
        check("real_time_diff" in compare, "the baseline is compared with")
    expect(5, "collect", "--from-benchmark", out, "-o", path)


def a_part(folder, study):
    out, path = os.path.join(folder, "p.json"), os.path.join(folder, "p.h5")
    check(timed(study, out, "--only=*size=1GiB*").returncode == 0, "study_bench runs a part")
    expect(7, "collect", "--from-benchmark", out, "-o", path)
    with xarray.open_dataset(path, group="results") as results:
        check(numpy.isnan(results.real_time.isel(size=1)).all(), "what was not timed is NaN")
        check(not numpy.isnan(results.real_time.isel(size=0)).any(), "what was timed is there")


def wrong(folder, study):
    for args in (["collect"], ["collect", folder, "--from-benchmark", study], ["collect", "--from-benchmark", study]):
        check(run(*args).returncode == 2, f"{args}: usage")
    result = run("collect", "--from-benchmark", study, "-o", os.path.join(folder, "w.h5"))
    check(result.returncode == 4 and result.stderr.count("\n") == 1, f"no JSON: {result.stderr}")
    check(not os.path.exists(os.path.join(folder, "w.h5")), "nothing is written")
    check(timed(os.path.join(folder, "none.toml"), os.path.join(folder, "n.json")).returncode == 3, "no study")


def main():
    with tempfile.TemporaryDirectory() as folder:
        study = os.path.join(folder, "study.toml")
        with open(study, "w") as file:
            file.write(STUDY)
        round_trip(folder, study)
        a_part(folder, study)
        wrong(folder, study)
    finish()


if __name__ == "__main__":
    main()
