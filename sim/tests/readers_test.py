#!/usr/bin/env python3
"""Result files open in what people read HDF5 with, and each shows all that is promised: names, axes, units, long_name, types.

Arguments: the mhpsim program, the source folder, and the readers (xarray, h5py, pandas, ncdump, h5dump or rhdf5). One that
this machine does not have is told, and ends the test as skipped. xarray reads by each of its engines that takes HDF5; of
the engines that Debian has, those are netcdf4 and h5netcdf."""
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile

import readers
from sweeps import GUEST, check, expect, finish, write_study

SKIPPED = 77
LOAD = ["--set", "hotplug.0.size=2GiB", "--set", "workload.kind=steady", "--set", "settle=20ms"]
STUDY = f"""
name = "readers"
scenario = "{GUEST}"
replicates = 2
baseline = "memmap_placement=boot_memory"
metrics = ["time_to_online", "usable_bytes", "memmap_pages_*"]
[set]
workload.kind = "steady"
[[axis]]
key = "kernel.memmap_placement"
values = ["boot_memory", "hotplugged_range"]
[[axis]]
key = "hotplug.0.size"
values = ["1GiB", "2GiB"]
"""
STUDY_AXES = [("memmap_placement", "1", "s"), ("size", "byte", "i")]
STUDY_METRICS = {"time_to_online": "ns", "usable_bytes": "byte", "memmap_pages_boot": "page", "memmap_pages_range": "page"}


def type_of(dtype):
    return {"i": "i", "f": "f", "u": "u"}.get(dtype.kind, "s")


# Each reader yields (group, name, axes, unit, type, long_name) of everything that it shows.

def by_xarray(path, groups):
    import xarray
    for engine in ({}, {"engine": "netcdf4"}, {"engine": "h5netcdf"}):
        shown = []
        for group in groups:
            with xarray.open_dataset(path, group=group, **engine) as data:
                shown += [(group, name, tuple(v.dims), v.attrs.get("units"), type_of(v.dtype), v.attrs.get("long_name"))
                          for name, v in data.variables.items()]
        yield f"xarray, {engine.get('engine', 'the default engine')}", shown


def by_h5py(path, groups):
    import h5py
    text = lambda value: value.decode() if isinstance(value, bytes) else value
    shown = []
    with h5py.File(path) as file:
        for group in groups:
            for name, data in file[group].items():
                axes = (name,) if h5py.h5ds.is_scale(data.id) else tuple(dim[0].name.rsplit("/", 1)[1] for dim in data.dims)
                shown.append((group, name, axes, text(data.attrs["units"]), type_of(data.dtype), text(data.attrs["long_name"])))
                check(data[()] is not None, f"h5py reads {group}/{name}")
    yield "h5py", shown


def by_pandas(path, groups):
    """Data frames as xarray makes them; they have no units of their own."""
    import xarray
    shown = []
    for group in groups:
        with xarray.open_dataset(path, group=group) as data:
            for axes in {v.dims for v in data.data_vars.values() if v.dims}:
                names = [n for n, v in data.data_vars.items() if v.dims == axes]
                frame = data[names].to_dataframe()
                check(len(frame) == max(1, data[names[0]].size) or data[names[0]].size == 0, f"pandas: rows of {group}")
                check(set(names) <= set(frame.columns), f"pandas: columns of {group}")
                for name in names:
                    shown.append((group, name, axes, data[name].attrs["units"], type_of(frame[name].dtype), "as xarray has it"))
            scalars = [n for n, v in data.data_vars.items() if not v.dims]
            if scalars:
                series = data[scalars].to_array().to_series()
                shown += [(group, n, (), data[n].attrs["units"], type_of(data[n].dtype), "as xarray has it")
                          for n in series.index]
            shown += [(group, n, (n,), v.attrs["units"], type_of(v.dtype), "as xarray has it") for n, v in data.coords.items()
                      if n in data.dims]
    yield "pandas", shown


def by_ncdump(path, groups):
    cdl = subprocess.run(["ncdump", "-h", path], capture_output=True, text=True, check=True).stdout
    types = {"int64": "i", "double": "f", "ubyte": "u", "string": "s"}
    shown = {}
    group = None
    for line in cdl.splitlines():
        if m := re.match(r"group: (\w+) \{", line.strip()):
            group = m[1]
        elif m := re.match(r"(int64|double|ubyte|string) (\w+)(?:\(([\w, ]+)\))? ;", line.strip()):
            shown[group, m[2]] = [tuple(m[3].split(", ")) if m[3] else (), None, types[m[1]], None]
        elif m := re.match(r"(?:string )?(\w+) ?:(units|long_name) = \"(.*)\" ;", line.strip()):
            shown[group, m[1]][1 if m[2] == "units" else 3] = m[3]
    yield "ncdump", [(g, n, *v) for (g, n), v in shown.items() if g in groups]


def by_h5dump(path, groups):
    """Names, types, units and long names; that axes are references it does not resolve."""
    text = subprocess.run(["h5dump", "-A", path], capture_output=True, text=True, check=True).stdout
    classes = {"H5T_STD_I64LE": "i", "H5T_IEEE_F64LE": "f", "H5T_STD_U8LE": "u", "H5T_STRING": "s"}
    shown, group, name, attribute = {}, None, None, None
    for line in map(str.strip, text.splitlines()):
        if m := re.match(r'GROUP "(\w+)" \{', line):
            group = m[1]
        elif m := re.match(r'DATASET "(\w+)" \{', line):
            name, attribute = m[1], None
            shown[group, name] = [None, None, None, None]
        elif m := re.match(r'ATTRIBUTE "(\w+)" \{', line):
            attribute = m[1]
        elif name and attribute is None and (m := re.match(r"DATATYPE +(\w+)", line)):
            shown[group, name][2] = classes[m[1]]
        elif name and attribute in ("units", "long_name") and (m := re.match(r'\(0\): "(.*)"?$', line)):
            shown[group, name][1 if attribute == "units" else 3] = m[1].rstrip('"')
    yield "h5dump", [(g, n, *v) for (g, n), v in shown.items() if g in groups]


R_SCRIPT = """
suppressPackageStartupMessages(library(rhdf5))
arguments <- commandArgs(trailingOnly = TRUE)
path <- arguments[1]
listed <- h5ls(path)
for (group in arguments[-1]) {
  rows <- listed[listed$group == paste0("/", group), ]
  for (i in seq_len(nrow(rows))) {
    name <- rows$name[i]
    full <- paste0("/", group, "/", name)
    a <- h5readAttributes(path, full)
    # rhdf5 does not read arrays without elements, but lists them.
    text <- if (grepl("\\\\b0\\\\b", rows$dim[i])) rows$dclass[i] == "STRING"
            else is.character(h5read(path, full, bit64conversion = "double"))
    kind <- if (text) "s" else "n"
    cat(group, name, rows$dim[i], a$units, kind, a$long_name, sep = "\\t")
    cat("\\n")
  }
}
"""


def by_rhdf5(path, groups):
    """R reads values; numbers are numbers to it, and axes have no names."""
    with tempfile.NamedTemporaryFile("w", suffix=".R") as script:
        script.write(R_SCRIPT)
        script.flush()
        run = subprocess.run(["Rscript", "--vanilla", script.name, path, *groups], capture_output=True, text=True, check=False)
    check(run.returncode == 0, f"R: {run.stderr}")
    rows = [line.split("\t") for line in run.stdout.splitlines()]
    yield "rhdf5", [(g, n, None, unit, kind, long_name) for g, n, _, unit, kind, long_name in rows]


READERS = {"xarray": by_xarray, "h5py": by_h5py, "pandas": by_pandas, "ncdump": by_ncdump, "h5dump": by_h5dump, "rhdf5": by_rhdf5}


def missing(reader):
    """What a reader needs and this machine lacks, as Debian calls it; empty if it has all."""
    if reader in ("ncdump", "h5dump"):
        return "" if shutil.which(reader) else {"ncdump": "netcdf-bin", "h5dump": "hdf5-tools"}[reader]
    if reader == "rhdf5":
        found = shutil.which("Rscript") and subprocess.run(["Rscript", "--vanilla", "-e", "library(rhdf5)"],
                                                           capture_output=True, check=False).returncode == 0
        return "" if found else "r-bioc-rhdf5"
    for module in {"xarray": ("xarray", "netCDF4", "h5netcdf"), "h5py": ("h5py",), "pandas": ("pandas", "xarray")}[reader]:
        try:
            __import__(module)
        except ImportError:
            return "python3-" + module.lower()
    return ""


def hold(who, shown, groups, path):
    """What is shown against what must be; a group of metrics may have more."""
    where = f"{os.path.basename(path)} by {who}"
    found = {(group, name): rest for group, name, *rest in shown}
    check(len(found) == len(shown), f"{where}: nothing twice")
    for group, (axes, variables) in groups.items():
        wanted = {**{name: ((name,), unit, kind) for name, unit, kind in axes}, **variables}
        names = {n for g, n in found if g == group}
        extra = set() if group == "metrics" else names - set(wanted)
        check(set(wanted) <= names and not extra, f"{where}: {group}: {sorted(set(wanted) - names)} lack, {sorted(extra)} are more")
        for name, (dims, unit, kind) in wanted.items():
            if (group, name) not in found:
                continue
            shown_axes, shown_unit, shown_kind, long_name = found[group, name]
            check(shown_axes in (None, tuple(dims)), f"{where}: {group}/{name} has axes {shown_axes}, not {dims}")
            check(shown_unit == unit, f"{where}: {group}/{name} has unit {shown_unit}, not {unit}")
            check(shown_kind == kind or (shown_kind == "n" and kind != "s"), f"{where}: {group}/{name} is {shown_kind}, not {kind}")
            check(bool(long_name), f"{where}: {group}/{name} has no long_name")


def files(folder):
    """Files as the program writes them now, and one of each schema that it ever wrote."""
    run = os.path.join(folder, "run.h5")
    expect(0, "run", GUEST, *LOAD, "-o", run)
    yield run, readers.expected("mhpsim-run/2")
    failed = os.path.join(folder, "failed.h5")
    expect(0, "run", GUEST, "-o", failed)
    yield failed, readers.expected("mhpsim-run/2")
    study = write_study(folder, STUDY)
    expect(0, "sweep", study, "-o", folder + "/sweep")
    expect(0, "collect", folder + "/sweep", "-o", folder + "/study.h5")
    yield folder + "/study.h5", readers.expected_study(STUDY_AXES, True, True, STUDY_METRICS)
    frozen = os.path.join(os.path.dirname(os.path.abspath(__file__)), "frozen")
    for name, groups in FROZEN.items():
        path = os.path.join(folder, name)
        with gzip.open(os.path.join(frozen, name + ".gz")) as packed, open(path, "wb") as file:
            shutil.copyfileobj(packed, file)
        expect(0, "check", path)
        if name.startswith("run"):
            expect(0, "explain", path)
        yield path, groups


FROZEN = {
    "run-1.h5": readers.expected("mhpsim-run/1"),
    "run-2.h5": readers.expected("mhpsim-run/2"),
    "study-1.h5": readers.expected_study(STUDY_AXES, True, True, STUDY_METRICS),
}


def main():
    wanted = sys.argv[3:]
    lacking = {reader: missing(reader) for reader in wanted if missing(reader)}
    with tempfile.TemporaryDirectory() as folder:
        for path, groups in files(folder):
            for reader in wanted:
                if reader in lacking:
                    continue
                for who, shown in READERS[reader](path, list(groups)):
                    hold(who, shown, groups, path)
    for reader, package in lacking.items():
        print(f"not looked at by {reader}, which this machine lacks: apt-get install {package}")
    if lacking and len(lacking) == len(wanted):
        sys.exit(SKIPPED)
    finish()


if __name__ == "__main__":
    main()
