"""Acceptance: a result file opens in xarray with no argument but the group.

usage: test_xarray.py PROGRAM    where PROGRAM DIR writes miniature.h5 and without_operations.h5

xarray shows what it understands and hides the rest, so every group is compared with the full list
of what has to be there: names, axes, types, units, values, coordinates, flag attributes.
"""

import math
import os
import subprocess
import sys
import tempfile
import zlib

try:
    import h5netcdf  # noqa: F401  (the engines, asked for here to fail with a clear message)
    import netCDF4  # noqa: F401
    import numpy
    import xarray
except ImportError as missing:
    sys.exit(f"{sys.executable} cannot import {missing.name}: "
             "apt-get install python3-xarray python3-netcdf4 python3-h5netcdf")

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
TIME = ("time", ["time"], "int64", "ns", [0, 1_000_000_000])
NODE = ("node", ["node"], "int64", "1", [0, 3])
ZONE = ("zone", ["zone"], "text", "1", ["DMA32", "Normal", "Movable"])

# group: (name, axes, type, units, values in row-major order)
EXPECTED = {
    "zones": [
        TIME, NODE, ZONE,
        ("nr_free_pages", ["time", "node", "zone"], "int64", "page", list(range(12))),
        ("present_pages", ["time", "node", "zone"], "int64", "page",
         [INT64_MIN, *range(1, 11), INT64_MAX]),
    ],
    "buddy": [
        TIME, NODE, ZONE, ("order", ["order"], "int64", "1", [0, 9, 10]),
        ("free_blocks", ["time", "node", "zone", "order"], "int64", "1", list(range(36))),
    ],
    "memmap": [
        ("block", ["block"], "int64", "1", [32, 33]),
        ("start_pfn", ["block"], "int64", "page", [1_048_576, 1_081_344]),
        ("placement", ["block"], "uint8", "1", [1, 0]),
        ("init_share", ["block"], "float64", "1", [0.25, math.nan]),
    ],
    "hotplug": [
        ("op", ["op"], "int64", "1", [0, 1]),
        ("kind", ["op"], "uint8", "1", [0, 2]),
        ("started", ["op"], "int64", "ns", [5, 1_000_000_007]),
        ("slowdown", ["op"], "float64", "1", [1.5, -0.0]),
        ("failure_reason", ["op"], "text", "1", ["", "Übergröße: no memory"]),
    ],
    "provenance": [
        ("param", ["param"], "int64", "1", [0, 1]),
        ("resolved_config", [], "text", "1", ["[machine]\nnodes = 4\n"]),
        ("name", ["param"], "text", "1", ["page_size", "struct_page"]),
    ],
}
FLAGS = {
    "placement": "boot-memory hotplugged_range",
    "kind": "add online offline",
}
ROOT = {"Conventions": "CF-1.8", "schema": "mhpsim-run/2", "study": "", "seed": 42,
        "status": "complete"}
ENGINES = [{}, {"engine": "netcdf4"}, {"engine": "h5netcdf"}]

problems = []


def expect(where, what, found, wanted):
    if found != wanted:
        problems.append(f"{where}: {what} is {found!r} and not {wanted!r}")


def comparable(values):
    """NaN equals NaN, and -0.0 differs from 0.0."""
    return [repr(float(v)) if isinstance(v, float) else v for v in values]


def check_variable(where, dataset, name, axes, kind, units, values):
    if name not in dataset.variables:
        problems.append(f"{where}: is not shown")
        return
    variable = dataset[name]
    expect(where, "axes", list(variable.dims), axes)
    expect(where, "units", variable.attrs.get("units"), units)
    expect(where, "has long_name", bool(variable.attrs.get("long_name")), True)
    expect(where, "type", "text" if variable.dtype.kind in "OU" else str(variable.dtype), kind)
    expect(where, "values", comparable(variable.values.ravel().tolist()), comparable(values))
    if axes == [name]:
        expect(where, "is a coordinate", name in dataset.coords, True)
    if name == "placement":
        expect(where, "attributes of its own", [variable.attrs.get("better"), variable.attrs.get("count")], ["lower", 2])
    if name in FLAGS:
        count = len(FLAGS[name].split())
        expect(where, "flag_meanings", variable.attrs.get("flag_meanings"), FLAGS[name])
        flags = variable.attrs.get("flag_values", numpy.array([]))
        expect(where, "flag_values", flags.tolist(), list(range(count)))
        expect(where, "flag_values type", flags.dtype, variable.dtype)


def check_file(path, without_operations):
    for group, expected in EXPECTED.items():
        for engine in ENGINES:
            where = f"{os.path.basename(path)}:/{group} {engine.get('engine', 'default')}"
            with xarray.open_dataset(path, group=group, **engine) as dataset:
                expect(where, "datasets", list(dataset.variables), [row[0] for row in expected])
                for name, axes, kind, units, values in expected:
                    if without_operations and group == "hotplug":
                        values = []
                    check_variable(f"{where} {name}", dataset, name, axes, kind, units, values)
    for engine in ENGINES:
        with xarray.open_dataset(path, **engine) as root:
            expect(f"{path} {engine}", "attributes", dict(root.attrs), ROOT)


def check_selection(path):
    """The sentence a user types first; [time, node=3, zone=Movable] are values 5 and 11."""
    with xarray.open_dataset(path, group="zones") as zones:
        series = zones.nr_free_pages.sel(node=3, zone="Movable")
        expect(path, "selection", series.values.tolist(), [5, 11])


def check_seal(path):
    with open(path, "rb") as file:
        data = file.read()
    expect(path, "seal", data[-22:].decode(), f"mhpsim crc32={zlib.crc32(data[:-22]):08x}\n")


def main():
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([sys.argv[1], directory], check=True)
        for name, without_operations in (("miniature", False), ("without_operations", True)):
            path = os.path.join(directory, f"{name}.h5")
            check_file(path, without_operations)
            check_selection(path)
            check_seal(path)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
