"""What the pages of studies share: sweeping, the data of a study file, words, tables and figures."""

import pathlib
import re
import subprocess
import sys

from mhpsim import files
from mhpsim.style import COLOURS, PLACEMENTS, bar, figure, line, save
from mhpsim.words import GIB, TIB, duration, size

__all__ = ["COLOURS", "GIB", "PAGE", "PLACEMENTS", "ROOT", "TIB", "Study", "bar", "cost_of_page", "duration", "figure", "line", "save",
           "size", "sweep", "table"]

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = 4096


class Study(files.Study):
    """A study that was swept and collected, and what that cost."""

    def __init__(self, folder, cost):
        super().__init__(pathlib.Path(folder) / "study.h5")
        self.cost = cost


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


def table(head, rows):
    """A table of Markdown; the first column is of words, the others are of numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(c) for c in row) + " |" for row in rows])


def cost_of_page(text):
    """What a page says that its study cost."""
    found = re.search(r"; that takes ([0-9.]+ s of one core and [0-9.]+ MiB)\.", " ".join(text.split()))
    return found[1] if found else "a while"
