"""What the program answers: comparisons with its statistics, differences by mechanism."""

import json
import os
import pathlib
import shutil
import subprocess

import pandas

TREE = pathlib.Path(__file__).resolve().parents[3]


def program():
    """Path of mhpsim: the variable MHPSIM, a build in the tree that this file lies in, or PATH."""
    built = TREE / "build/release/sim/cli/mhpsim"
    found = os.environ.get("MHPSIM") or (str(built) if built.exists() else shutil.which("mhpsim"))
    if not found:
        raise FileNotFoundError("no mhpsim: build it (./dev build), install it, or name it in the variable MHPSIM")
    return found


def answer(*arguments):
    """The JSON that the program prints with these arguments and --json."""
    done = subprocess.run([program(), *map(str, arguments), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"mhpsim {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def compare(*paths):
    """Placements side by side: a scenario, result files, or a folder of `mhpsim compare -o`.

    A row for each metric (index: metric, phase); the columns are (placement, "mean" | "median" | "lo" | "hi") in the metric's
    unit (column "unit") and, for all but the first, (placement, "diff" | "rel" | "significant"). None or NaN where there is
    none; quantiles and extremes have their interval around the median, all else around the mean.
    """
    if len(paths) == 1 and (pathlib.Path(paths[0]) / "compare.json").is_file():
        found = json.loads((pathlib.Path(paths[0]) / "compare.json").read_text(encoding="utf-8"))
    else:
        found = answer("compare", *paths)
    rows = {}
    for metric in found["metrics"]:
        row = {("unit", ""): metric["unit"]}
        for placement, value in metric["values"].items():
            row.update({(placement, key): (value or {}).get(key) for key in ("mean", "median", "lo", "hi")})
        for placement, diff in metric["diff"].items():
            row.update({(placement, name): (diff or {}).get(key)
                        for name, key in (("diff", "abs"), ("rel", "rel"), ("significant", "significant"))})
        rows[metric["name"], metric["phase"]] = row
    table = pandas.DataFrame.from_dict(rows, orient="index")
    table.index = pandas.MultiIndex.from_tuples(table.index, names=("metric", "phase"))
    table.columns = pandas.MultiIndex.from_tuples(table.columns)
    return table


def explain(*files, metric="time_to_usable"):
    """Where the time of a run went, or why two differ: a row for each part or mechanism; the column "time" (ns) adds up."""
    found = answer("explain", *files, "--metric", metric)
    return pandas.DataFrame(found["mechanisms"] if len(files) == 2 else found["metrics"][0]["parts"])
