#!/usr/bin/env python3
"""A recording as HDF5 opens in xarray with all its events, and its replay is that of the text.

Arguments: the mhpsim program, the source folder. Needs Debian's python3-xarray, python3-netcdf4, python3-h5netcdf."""
import json
import os
import re
import tempfile

import xarray

from sweeps import ROOT, check, expect, finish

TEXT = os.path.join(ROOT, "configs/traces/linux-6.12-huge-pages.txt")
SCENARIO = os.path.join(ROOT, "configs/scenarios/replay.toml")
EVENT = re.compile(r"(\d+)\.(\d{6}): mm_page_(alloc|free): .*pfn=(0x[0-9a-f]+) order=(\d+)(?: migratetype=(\d) gfp_flags=(\S+))?")


def columns():
    rows = [EVENT.search(line) for line in open(TEXT, encoding="ascii")]
    return [row.groups() for row in rows if row]


def test_table(path):
    rows = columns()
    for engine in ({}, {"engine": "netcdf4"}, {"engine": "h5netcdf"}):
        events = xarray.open_dataset(path, group="events", **engine)
        check(events.sizes["event"] == len(rows), "an entry for each event")
        check(events.time.dtype.kind == "i" and events.time.attrs["units"] == "ns", "times are nanoseconds")
        check(list(events.pfn.values) == [int(row[3], 16) for row in rows], "page frames")
        check(list(events.order.values) == [int(row[4]) for row in rows], "orders")
        kinds = events.kind.attrs["flag_meanings"].split()
        check([kinds[k] for k in events.kind.values] == [row[2] for row in rows], "kinds")
        flags = events.gfp_flags.attrs["flag_meanings"].split()
        check([flags[f] for f in events.gfp_flags.values] == [(row[6] or "none").replace("|", "+") for row in rows], "flags")
        check(list(events.migratetype.values) == [int(row[5]) if row[5] else -1 for row in rows], "migrate types")


def workload_figures(file):
    printed = expect(0, "run", SCENARIO, "--set", f'workload.file="{file}"', "--json").stdout
    return [m for m in json.loads(printed)["metrics"] if m["name"].startswith("workload_")]


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace.h5")
        expect(0, "trace", TEXT, "-o", path)
        test_table(path)
        check(workload_figures(path) == workload_figures(TEXT), "the same replay")
        expect(5, "trace", TEXT, "-o", path)
        again = os.path.join(folder, "again.h5")
        expect(0, "trace", path, "-o", again)
        tables = [xarray.open_dataset(p, group="events") for p in (path, again)]
        check(tables[0].identical(tables[1]), "a table of a table")
        expect(4, "trace", folder + "/none", "-o", folder + "/none.h5")
        check(not os.path.exists(folder + "/none.h5"), "nothing is written of nothing")
    finish()


main()
