"""The Python package reads what the program writes, and the notebooks find what the pages of their studies say.

Arguments: the mhpsim program, the source folder, package or notebooks. Needs Debian's python3-xarray, python3-netcdf4 and python3-matplotlib."""

import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import surroundings

PROGRAM, ROOT = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()


def mhpsim_json(*arguments):
    return json.loads(subprocess.run([PROGRAM, *map(str, arguments), "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout)


def check(condition, what):
    if not condition:
        raise SystemExit(f"failed: {what}")


def refused(action, kind, words, what):
    try:
        action()
    except kind as e:
        check(words in str(e), f"{what}: the message names '{words}': {e}")
        return
    raise SystemExit(f"failed: {what} is refused")


def check_runs(mhpsim, folder):
    """Every metric of a run, by name, is what the program prints as JSON; a comparison has the program's figures."""
    scenario = ROOT / "configs/scenarios/small-guest.toml"
    subprocess.run([PROGRAM, "compare", str(scenario), "-o", str(folder)], check=True, stdout=subprocess.DEVNULL)
    for placement, runs in mhpsim.open_runs(folder).items():
        run = runs[0]
        printed = mhpsim_json("run", scenario, "--set", f"kernel.memmap_placement={placement}")
        check(run.outcome == printed["outcome"], f"outcome under {placement}")
        names = [m["name"] for m in printed["metrics"]]
        for m in printed["metrics"]:
            name = m["name"] if names.count(m["name"]) == 1 else f"{m['name']}_{m['phase']}"
            value = run.value(name)
            check(math.isnan(value) if m["value"] is None else value == m["value"], f"{name} under {placement}")
        check(run.zones.nr_free_pages.sel(zone="Normal").dims == ("time", "node"), "zones are chosen by their words")
        check(set(run.hotplug.kind.values) <= {"add", "online"}, "kinds of operations are words")
        for draw in (mhpsim.figures.memory, mhpsim.figures.hot_add):
            path = folder / f"{placement}-{draw.__name__}.svg"
            mhpsim.style.save(draw(run), path)
            check(path.read_text().count("<path") > 5, f"{draw.__name__} draws something")
        refused(lambda: run.value("time_to_usble"), KeyError, "time_to_usable", "an unknown metric")
        refused(lambda: run.nowhere, AttributeError, "nowhere", "an unknown group")
    table, printed = mhpsim.compare(folder), mhpsim_json("compare", scenario)
    for m in printed["metrics"]:
        row = table.loc[(m["name"], m["phase"])]
        for placement, value in m["values"].items():
            there = row[placement, "mean"]
            check(there == value["mean"] if value else there is None or math.isnan(there), f"compare: {m['name']} of {placement}")
    refused(lambda: mhpsim.open_runs(folder / "nowhere"), FileNotFoundError, "nowhere", "an empty folder")


def check_words(mhpsim):
    check(mhpsim.quantity("128MiB") == 2**27 and mhpsim.quantity("1.5us") == 1500 and mhpsim.quantity(7) == 7, "quantities")
    refused(lambda: mhpsim.quantity("3G"), ValueError, "3G", "a unit that there is not")
    check((mhpsim.size(2**31), mhpsim.duration(1.5e6)) == ("2 GiB", "1.5 ms"), "words of amounts")


def check_notebook(name, heading, folder):
    """The rows that a notebook prints stand in the table of its study's page, in their order."""
    path = ROOT / f"analysis/python/notebooks/{name}.py"
    done = subprocess.run([sys.executable, str(path), str(folder)], stdout=subprocess.PIPE, text=True)
    check(done.returncode == 0, f"{name} runs to its end")
    printed = re.findall(r"^\| .* \|$", done.stdout, re.MULTILINE)
    page = (ROOT / f"docs/studies/{name.replace('_', '-')}.md").read_text()
    table = page[page.index(heading):].split("\n\n")[1].splitlines()[2:]
    check(len(printed) >= 10 and table, f"{name} prints its rows")
    expand = []             # the page puts kernels with the same figures into one row, "5.13 to 6.6"
    order = [row.split("|")[1].strip() for row in printed]
    for row in table:
        first, _, last = row.split("|")[1].strip().partition(" to ")
        for key in order[order.index(first):order.index(last or first) + 1]:
            cells = "|".join(row.split("|")[2:]).replace("boot memory: ", "")
            expand.append(f"| {key} |{cells}")
    check(printed == expand, f"{name}: the page says\n" + "\n".join(expand) + "\nthe notebook\n" + "\n".join(printed))
    for figure in folder.glob("*.svg"):
        check(figure.read_text().count("<path") > 5, f"{figure.name} draws something")
    check(len(list(folder.glob("*.svg"))) >= 2, f"{name} draws its figures")
    return folder


def main():
    surroundings.neutral()
    os.environ["MHPSIM"] = PROGRAM
    sys.path.insert(0, str(ROOT / "analysis/python"))
    import mhpsim
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        if sys.argv[3] == "package":
            check_words(mhpsim)
            check_runs(mhpsim, folder)
            return
        swept = check_notebook("huge_pages", "Pages of 1 GiB possible", folder / "huge-pages")
        check_notebook("upgrade", "**A server gets 512 GiB.**", folder / "upgrade")
        study = mhpsim.open_study(swept)
        refused(lambda: study.select(memory_block_size="3MiB"), KeyError, "134217728", "a value that the axis has not")
        refused(lambda: study.select(block_size=1), KeyError, "memory_block_size", "an axis that there is not")
        refused(lambda: mhpsim.figures.lines(study, "usable_bytes", "memory_block_size"), ValueError, "zone", "an open axis")


if __name__ == "__main__":
    main()
