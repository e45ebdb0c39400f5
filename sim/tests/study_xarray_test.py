#!/usr/bin/env python3
"""A collected study opens in xarray with no argument but the group, in every engine, with all that it has.

Arguments: the mhpsim program, the source folder. Needs Debian's python3-xarray, python3-netcdf4, python3-h5netcdf."""
import json
import os
import tempfile
import zlib

import numpy
import xarray

from sweeps import GUEST, STUDY, check, expect, finish, write_study

ENGINES = [{}, {"engine": "netcdf4"}, {"engine": "h5netcdf"}]
def metrics_of_a_run():
    """What a run with a load reports, and the units: names that two phases have get the phase behind them."""
    load = ["workload.kind=steady", "settle=20ms", "hotplug.0.size=1GiB"]
    printed = expect(0, "run", GUEST, *[w for setting in load for w in ("--set", setting)], "--json").stdout
    rows = json.loads(printed)["metrics"]
    names = [row["name"] for row in rows]
    return {row["name"] if names.count(row["name"]) == 1 else f"{row['name']}_{row['phase']}": row["unit"] for row in rows}


METRICS = metrics_of_a_run()
SAMPLED = f"""
name = "sampled"
scenario = "{GUEST}"
samples = 7
[[axis]]
key = "kernel.memmap_placement"
values = ["hotplugged_range", "boot_memory"]
[[axis]]
key = "hotplug.0.size"
design = "latin_hypercube"
from = "1GiB"
to = "7GiB"
multiple_of = "1GiB"
[[axis]]
key = "hotplug.0.online"
design = "latin_hypercube"
values = ["online_kernel", "online_movable"]
"""


def is_of_medians(metric):
    """Quantiles and extremes are summed up by the median of the replicates."""
    return metric.endswith(("_p50", "_p99", "_p999", "_max")) or metric in ("psi_longest", "free_pages_min")


def study_file(folder, name, text):
    target = os.path.join(folder, name)
    os.mkdir(target)
    study = write_study(target, text)
    expect(0, "sweep", study, "-o", target + "/sweep")
    path = target + "/study.h5"
    expect(0, "collect", target + "/sweep", "-o", path)
    with open(path, "rb") as file:
        data = file.read()
    check(data[-22:].decode() == f"mhpsim crc32={zlib.crc32(data[:-22]):08x}\n", f"{name}: the seal")
    return path, target + "/sweep/shard-1-of-1.h5"


def each(path, group):
    for engine in ENGINES:
        with xarray.open_dataset(path, group=group, **engine) as dataset:
            yield f"{os.path.basename(path)}:/{group} {engine.get('engine', 'default')}", dataset


def check_variables(where, dataset, axes, wanted):
    """`wanted`: for each variable besides the axes its unit."""
    check(set(dataset.variables) == set(axes) | set(wanted),
          f"{where}: {sorted(set(dataset.variables) ^ (set(axes) | set(wanted)))} differ")
    for name, unit in wanted.items():
        if name in dataset:
            check(dataset[name].dims == tuple(axes), f"{where}: {name} has axes {dataset[name].dims}")
            check(dataset[name].attrs.get("units") == unit, f"{where}: {name} has unit {dataset[name].attrs.get('units')}")
            check(dataset[name].attrs.get("long_name"), f"{where}: {name} has no long_name")
    for name in axes:
        check(name in dataset.coords, f"{where}: {name} is no coordinate")


def check_groups(path):
    points = ["size", "memmap_placement"]
    runs = points + ["replicate"]
    intervals = {f"{m}_{s}": "1" if s == "n" else u for m, u in METRICS.items() for s in ("mean", "lo", "hi", "n")}
    intervals |= {f"{m}_median": u for m, u in METRICS.items() if is_of_medians(m)}
    compare = {f"{m}_{s}": "1" if s in ("p", "significant") else u
               for m, u in METRICS.items() for s in ("diff", "lo", "hi", "p", "significant")}
    for where, data in each(path, "runs"):
        check_variables(where, data, runs, {"run_id": "1", "status": "1", "outcome": "1", "fingerprint": "1"})
        check(data.status.attrs["flag_meanings"] == "complete missing invalid excluded spared", f"{where}: meanings")
        check((data.status == 0).all(), f"{where}: all complete")
        check(len(numpy.unique(data.run_id)) == data.run_id.size, f"{where}: every run has an id of its own")
    for where, data in each(path, "results"):
        check_variables(where, data, runs, METRICS)
        check(data["size"].attrs["units"] == "byte", f"{where}: unit of the axis")
        # 64 bytes for each page of 4 KiB: the memmap of 4 GiB fills 16384 pages.
        pages = data.memmap_pages_boot.sel(size=4 * 2**30, memmap_placement="boot_memory")
        check((pages == 16384).all() and pages.shape == (20,), f"{where}: memmap pages")
        failed = data.time_to_online.sel(size=15 * 2**30, memmap_placement="boot_memory")
        check(numpy.isnan(failed).all(), f"{where}: what was not reached is NaN")
    for where, data in each(path, "results_ci"):
        check_variables(where, data, points, intervals)
        latency = "workload_latency_mean"
        check((data[latency + "_lo"] < data[latency + "_mean"]).all(), f"{where}: the interval has a width")
        p50 = "workload_latency_p50"
        exact = data[p50 + "_lo"].isnull()      # the same in every replicate
        check((exact | (data[p50 + "_lo"] <= data[p50 + "_median"])).all() and (exact | (data[p50 + "_median"] <= data[p50 + "_hi"])).all(),
              f"{where}: the interval of a quantile holds its median")
        check("of the median" in data[p50 + "_lo"].attrs["long_name"], f"{where}: and says what it is of")
        check((data[latency + "_n"] == 20).all(), f"{where}: replicates")
    for where, data in each(path, "compare"):
        check_variables(where, data, points, compare)
        other = data.sel(memmap_placement="hotplugged_range")
        check((other.memmap_pages_boot_diff.sel(size=4 * 2**30) == -16384), f"{where}: difference")
        check(data.memmap_pages_boot_significant.attrs["flag_meanings"] == "no yes unknown exact", f"{where}: meanings")
        check(data.memmap_pages_boot_significant.sel(memmap_placement="boot_memory", size=4 * 2**30) == 3,
              f"{where}: the baseline differs from itself by nothing, in every replicate")
    for where, data in each(path, "provenance"):
        check(list(data.name.values) == list(METRICS), f"{where}: metrics {list(data.name.values)}")
        check("[[axis]]" in str(data.study_config.values), f"{where}: the study's text")


def check_agreement(path):
    """results_ci is what one would compute of results."""
    with xarray.open_dataset(path, group="results") as results, xarray.open_dataset(path, group="results_ci") as ci:
        for name in METRICS:
            mean = results[name].mean("replicate", skipna=True)
            check(numpy.allclose(mean, ci[name + "_mean"], rtol=1e-12, equal_nan=True), f"mean of {name}")


def check_sample(path, table):
    for where, data in each(path, "results"):
        check(data.usable_bytes.dims == ("memmap_placement", "sample", "replicate"), f"{where}: axes")
        check(sorted(data["size"].values // 2**30) == [1, 2, 3, 4, 5, 6, 7], f"{where}: sizes {data['size'].values}")
        check(data["size"].dims == ("sample",) and data.online.dims == ("sample",), f"{where}: axes along the sample")
        check(data.online.attrs["flag_meanings"] == "online_kernel online_movable", f"{where}: words")
    for where, data in each(table, "runs"):
        check(data.sizes["run"] == 14 and list(data.run.values) == list(range(14)), f"{where}: rows")
        check(data["size"].dims == ("run",), f"{where}: axes as columns")
    for where, data in each(table, "results"):
        check("usable_bytes" in data and data.usable_bytes.dims == ("run",), f"{where}: metrics")


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, _ = study_file(folder, "crossed", STUDY)
        check_groups(path)
        check_agreement(path)
        check_sample(*study_file(folder, "sampled", SAMPLED))
    finish()


if __name__ == "__main__":
    main()
