"""What the pages of studies share: sweeping, the data of a study file, words, tables and figures."""

import os
import pathlib
import re
import subprocess
import sys

import numpy
import xarray

ROOT = pathlib.Path(__file__).resolve().parents[3]
GIB = 2**30
TIB = 2**40
PAGE = 4096
PLACEMENTS = ("boot_memory", "hotplugged_range")
COLOURS = {"boot_memory": "#c44e52", "hotplugged_range": "#4c72b0"}


class Study:
    """A study that was swept and collected: its arrays, words in the place of numbers of words, one replicate dropped."""

    def __init__(self, folder, cost):
        self.folder = pathlib.Path(folder)
        self.cost = cost
        self.runs = self.group("runs")
        self.results = self.group("results")

    def group(self, name):
        with xarray.open_dataset(self.folder / "study.h5", group=name) as data:
            data = data.load()
        for key in data.variables:
            words = data[key].attrs.get("flag_meanings")
            if words:
                data[key] = (data[key].dims, numpy.array(words.split(" "), dtype=object)[data[key].values.astype(int)])
        return data.isel(replicate=0, drop=True) if data.sizes.get("replicate") == 1 else data

    def run_file(self, run_id):
        """The kept result file of a run; study files have the 64 bits of an id as a signed number."""
        return self.folder / "runs" / f"{int(run_id) & (2**64 - 1):016x}.h5"


# Runs a command and prints its CPU seconds and KiB: what a process had before it became another counts in its peak, so that
# the one that is left must be small.
MEASURE = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, used = os.wait4(child, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(1 if status else 0)
"""


def sweep(mhpsim, name, folder, jobs, keep_runs):
    """Sweeps and collects a study; what it cost, or None if the folder held a part of it already."""
    resumed = pathlib.Path(folder).exists()
    command = [mhpsim, "sweep", f"configs/studies/{name}.toml", "-o", str(folder), "-j", str(jobs), "--shard", "1/1", "--no-progress"]
    command += (["--resume"] if resumed else []) + (["--keep-runs", "*"] if keep_runs else [])
    done = subprocess.run([sys.executable, "-S", "-c", MEASURE, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"the sweep of {name} failed")
    seconds, kib = map(float, done.stdout.split())
    subprocess.run([mhpsim, "collect", str(folder), "--force"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return None if resumed else f"{seconds:.0f} s of one core and {kib / 1024:.0f} MiB"


def size(value):
    """Bytes in the largest unit that leaves a number of at least 1."""
    for unit, factor in (("TiB", TIB), ("GiB", GIB), ("MiB", 2**20), ("KiB", 2**10)):
        if abs(value) >= factor:
            return f"{value / factor:.4g} {unit}"
    return f"{value:.0f} B"


def duration(ns):
    for unit, factor in (("h", 3.6e12), ("min", 6e10), ("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if abs(ns) >= factor:
            return f"{ns / factor:.3g} {unit}"
    return f"{ns:.0f} ns"


def table(head, rows):
    """A table of Markdown; the first column is of words, the others are of numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows])


def figure(columns, rows=1, height=3.4):
    """A figure and its axes, set up so that the same data gives the same bytes."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "mhpsim", "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
                                "grid.alpha": 0.3})
    from matplotlib import pyplot
    made, axes = pyplot.subplots(rows, columns, figsize=(3.7 * columns, height * rows), squeeze=False)
    return made, axes


def save(made, path):
    made.tight_layout()
    made.savefig(path, metadata={"Date": None})


def cost_of_page(text):
    """What a page says that its study cost."""
    found = re.search(r"; that takes ([0-9.]+ s of one core and [0-9.]+ MiB)\.", " ".join(text.split()))
    return found[1] if found else "a while"
