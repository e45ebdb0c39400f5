#!/usr/bin/env python3
"""What must hold of the program's answers whatever they are: sums, schemas, sameness. What it prints word for word is in
transcripts, what it says of the world in verify_test.py. Arguments: see command_line.py.

Runs on Debian's own python3 without further modules, but for checks with xarray, which need python3-xarray and fail without."""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time

from command_line import GUEST, MHPSIM, QUICK, ROOT, check, expect, judge, one_line_error, run

SMALL = ["--set", "hotplug.0.size=32GiB", "--set", "hotplug.1.size=32GiB",
         "--set", "hotplug.0.device.training=0s", "--set", "hotplug.1.device.training=0s"]


def test_compare(folder):
    c = json.loads(expect(0, "compare", GUEST, "--json").stdout)
    check(c["schema"] == "mhpsim-compare/2" and c["baseline"] == "boot_memory", "schema and baseline")
    outcome = {p["name"]: p["outcome"] for p in c["placements"]}
    check(outcome == {"boot_memory": "enomem", "hotplugged_range": "ok"}, f"outcomes: {outcome}")
    metrics = {(m["name"], m["phase"]): m for m in c["metrics"]}
    check(len(metrics) == len(c["metrics"]), "(name, phase) is a key")
    for name, unit, phase in (("time_to_add", "ns", "add"), ("time_to_online", "ns", "online"),
                              ("memmap_pages_boot", "page", "add"), ("memmap_pages_range", "page", "add"),
                              ("page_table_pages", "page", "add"), ("mem_total_delta", "byte", "run"),
                              ("mem_free_delta", "page", "add"), ("mem_free_delta", "page", "run"),
                              ("usable_bytes", "byte", "run"), ("gigantic_pages_possible", "1", "run"),
                              ("contiguity_checks", "1", "online"), ("free_pages_min", "page", "run")):
        m = metrics.get((name, phase))
        check(m is not None and m["unit"] == unit and m["better"] in ("lower", "higher", "none"), f"metric {name} {phase}")
    add = metrics[("time_to_add", "add")]
    check(add["values"]["boot_memory"] is None and add["diff"]["hotplugged_range"] is None, "not reached is null")
    check(add["values"]["hotplugged_range"]["lo"] is None, "no interval with one replicate")
    swapped = json.loads(expect(0, "compare", GUEST, "--json", "--placements", "hotplugged_range,boot_memory").stdout)
    check(swapped["baseline"] == "hotplugged_range", "the first placement is the baseline")
    fingerprint = lambda c: {p["name"]: p["fingerprint"] for p in c["placements"]}
    check(fingerprint(c) == fingerprint(swapped), "a run does not depend on which placement is the baseline")


def test_replicates(folder):
    c = json.loads(expect(0, "compare", QUICK, *SMALL, "--replicates", "5", "--json").stdout)
    metrics = {(m["name"], m["phase"]): m for m in c["metrics"]}
    m = metrics[("workload_latency_mean", "run")]
    v = m["values"]["boot_memory"]
    check(v["lo"] <= v["mean"] <= v["hi"], "the interval holds the mean")
    check(m["diff"]["hotplugged_range"]["significant"] in (True, False), "significance is told")
    p50 = metrics[("workload_latency_p50", "run")]
    v = p50["values"]["boot_memory"]
    check(p50["estimate"] == "median" and ("no_interval" in v or v["lo"] <= v["median"] <= v["hi"]), f"a quantile's median: {v}")
    pages = metrics[("memmap_pages_boot", "add")]["diff"]["hotplugged_range"]
    check(pages["significant"] is None and pages["no_interval"] == "the same in every replicate", f"a count is no chance: {pages}")
    one = expect(0, "compare", QUICK, *SMALL, "--replicates", "5", "--json", "-j", "1").stdout
    check(json.loads(one) == c, "threads change nothing")


LOAD = ["--set", "hotplug.0.size=1GiB", "--set", 'workload={kind="steady",interval="10ms",stream="1MiB"}', "--set", "until=1s"]


def figures(comparison):
    """Values and differences of a comparison by metric and phase, without what only a simulation knows."""
    return {(m["name"], m["phase"]): (m["estimate"], m["values"], m["diff"]) for m in comparison["metrics"]}


def test_compare_results(folder):
    """Files, folders and studies are compared as the simulation itself is."""
    files = {}
    for name, settings in (("a", []), ("b", ["kernel.memmap_placement=hotplugged_range"]), ("c", ["hotplug.0.size=512MiB"])):
        files[name] = f"{folder}/{name}.h5"
        expect(0, "run", GUEST, *LOAD, *[w for s in settings for w in ("--set", s)], "-o", files[name])
    both = json.loads(expect(0, "compare", files["a"], files["b"], "--json").stdout)
    simulated = json.loads(expect(0, "compare", GUEST, *LOAD, "--json").stdout)
    check(figures(both) == figures(simulated) and both["scenario"] == "small guest" and both["seed"] == 1, "two files say what the simulation says")
    check([p["fingerprint"] for p in both["placements"]] == [p["fingerprint"] for p in simulated["placements"]], "and who ran")
    same = json.loads(expect(0, "compare", files["c"], files["a"], "--json").stdout)
    check([(p["name"], p["placement"]) for p in same["placements"]] == [("c", "boot_memory"), ("a", "boot_memory")], "names tell files of one placement apart")
    three = json.loads(expect(0, "compare", *files.values(), "--json").stdout)
    check([p["name"] for p in three["placements"]] == ["a", "b", "c"] and three["baseline"] == "a", "three files")
    names = {}
    for name, size in (("before", "1GiB"), ("after", "768MiB")):
        names[name] = f"{folder}/{name}"
        expect(0, "compare", GUEST, *LOAD, "--set", f"hotplug.0.size={size}", "--replicates", "5", "-o", names[name])
    one = json.loads(expect(0, "compare", names["before"], "--json").stdout)
    check(figures(one) == figures(json.load(open(names["before"] + "/compare.json"))) and one["replicates"] == 5, "a folder says what its comparison said")
    two = json.loads(expect(0, "compare", names["before"], names["after"], "--json").stdout)
    check([c["of"] for c in two["comparisons"]] == [{"placement": "boot_memory"}, {"placement": "hotplugged_range"}], "a comparison for each placement")
    check([p["name"] for p in two["comparisons"][0]["placements"]] == ["before", "after"], "of both folders")
    pages = next(m for m in two["comparisons"][0]["metrics"] if m["name"] == "memmap_pages_boot")
    check(pages["diff"]["after"]["abs"] == -1024, f"a quarter of a GiB needs 1024 pages less: {pages['diff']}")
    for args, what in ((("a.h5",), "one run"), (("a.h5", "before"), "a file and a folder"), (("a.h5", "none.h5"), "a file that is not there")):
        result = expect(4, "compare", *[f"{folder}/{a}" for a in args])
        check(len(result.stderr.strip().splitlines()) == 1 and not result.stdout, f"{what}: {result.stderr}")
    one_line_error(expect(2, "compare", files["a"], files["b"], "--set", "seed=2"), "--set: is for a scenario", "--set with files")
    text = open(files["b"], "rb").read()
    open(folder + "/cut.h5", "wb").write(text[:len(text) // 2])
    one_line_error(expect(4, "compare", files["a"], folder + "/cut.h5"), "cut.h5", "a file that was cut")
    study = folder + "/study.toml"
    open(study, "w").write(f'name = "guests"\nscenario = "{GUEST}"\nbaseline = "memmap_placement=boot_memory"\n'
                           '[[axis]]\nkey = "kernel.memmap_placement"\nvalues = ["hotplugged_range", "boot_memory"]\n'
                           '[[axis]]\nkey = "hotplug.0.size"\nvalues = ["1GiB", "512MiB"]\n')
    expect(0, "sweep", study, "-o", folder + "/sweep")
    expect(0, "collect", folder + "/sweep", "-o", folder + "/study.h5")
    points = json.loads(expect(0, "compare", folder + "/study.h5", "--json").stdout)["comparisons"]
    check([(p["of"], p["baseline"]) for p in points] == [({"size": "1 GiB"}, "boot_memory"), ({"size": "512 MiB"}, "boot_memory")], "a comparison for each point")
    alone = json.loads(expect(0, "compare", GUEST, "--set", "hotplug.0.size=512MiB", "--json").stdout)
    check(figures(points[1]) == figures(alone), "which says what a simulation of it says")
    check(points[1]["placements"][1]["fingerprint"] == alone["placements"][1]["fingerprint"], "and is the same run")
    again = json.loads(expect(0, "compare", folder + "/study.h5", folder + "/study.h5", "--json").stdout)["comparisons"]
    check(len(again) == 4 and all(d is None or d["abs"] == 0 for c in again for m in c["metrics"] for d in m["diff"].values()), "a study does not differ from itself")


def test_compare_formats(folder):
    import csv
    import io
    args = ("compare", GUEST, *LOAD, "--replicates", "5")
    c = json.loads(expect(0, *args, "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(expect(0, *args, "--csv").stdout)))
    check(len(rows) == 2 * len(c["metrics"]), "a line for each metric and column")
    for row in rows:
        estimate, values, diff = figures(c)[(row["metric"], row["phase"])]
        value = values[row["column"]]
        check(row["estimate"] == estimate and row["value"] == ("" if value is None else str(value[estimate])), f"{row}")
        check(row["lo"] == ("" if value is None or value["lo"] is None else json.dumps(value["lo"])), f"{row}")
        there = diff.get(row["column"])
        check(row["difference"] == ("" if there is None else json.dumps(there["abs"])), f"{row}")
        check(row["significant"] == ("" if there is None else {True: "yes", False: "no", None: ""}[there["significant"]]), f"{row}")
    table = [line for line in expect(0, *args, "--markdown").stdout.splitlines() if line.startswith("|")]
    check(len(table) > 20 and {line.count("|") for line in table} == {6}, "a Markdown table")
    check(set(table[1]) <= set("|-:"), "with a line below its head")
    one = expect(0, *args, "--csv", "--metric", "time_to_add").stdout
    check({row["metric"] for row in csv.DictReader(io.StringIO(one))} == {"time_to_add"}, "one metric alone")
    expect(2, *args, "--json", "--csv")


def test_fail_if(folder):
    """Exit 1 and a line for each condition that is met; 2 and the place for what is none."""
    def lines(code, *conditions, args=(GUEST, *LOAD)):
        result = expect(code, "compare", *args, *[w for c in conditions for w in ("--fail-if", c)])
        check(result.stdout or code == 2, "the comparison is printed all the same")
        return result.stderr.strip().splitlines()
    check(lines(0, "memmap_pages_boot > +0", "outcome != ok") == [], "nothing is met")
    check(lines(1, "memmap_pages_boot > 1000", "memmap_pages_boot < -50%") == [
        "--fail-if memmap_pages_boot > 1000: boot_memory: 4,096 pages",
        "--fail-if memmap_pages_boot < -50%: hotplugged_range: 0 pages, difference -4,096 (-100.0 %)"], "a line each")
    failed = lines(1, "time_to_online > +5%", "outcome != ok", args=(GUEST,))
    check(failed[0] == "--fail-if time_to_online > +5%: hotplugged_range: not reached by boot_memory", f"{failed}")
    check(failed[1].startswith("--fail-if outcome != ok: boot_memory: enomem ("), f"{failed}")
    check(lines(2, "time_to_onlin > +5%") == ["--fail-if:1:1: no run here has a metric 'time_to_onlin'; did you mean time_to_online?"], "an unknown metric")
    check(lines(2, "time_to_add > 1s", "time_to_add > 5%", "database_latency_p99 > 1ms")[0].startswith("--fail-if:2:15: '5%' has no sign"), "the place is named")
    met = json.loads(expect(1, "compare", GUEST, *LOAD, "--json", "--fail-if", "memmap_pages_boot > 1000").stdout)["conditions_met"]
    check(met == [{"condition": "memmap_pages_boot > 1000", "comparison": 0, "column": "boot_memory", "why": "holds"}], f"{met}")


def test_xarray(folder):
    import xarray
    path = folder + "/xarray.h5"
    expect(0, "run", QUICK, *SMALL, "-o", path)
    zones = xarray.open_dataset(path, group="zones")
    check(set(zones.data_vars) == {"nr_free_pages", "spanned_pages", "present_pages", "managed_pages", "min", "low", "high", "boost", "pcp"}, f"{zones}")
    added = zones.managed_pages.sel(zone="Normal").isel(time=-1) - zones.managed_pages.sel(zone="Normal").isel(time=0)
    check(added.values.tolist() == [8388608, 8388608], f"32 GiB became managed on each node: {added.values}")
    buddy = xarray.open_dataset(path, group="buddy")
    pages = (buddy.free_blocks * 2 ** buddy.order).sum("order")
    check(bool((pages + zones.pcp == zones.nr_free_pages).all()), "buddy and zones agree at every sample")
    memmap = xarray.open_dataset(path, group="memmap")
    check(memmap.sizes["block"] == 32 and int(memmap.memmap_pages.sum()) == 262144, "memmap of every block")
    hotplug = xarray.open_dataset(path, group="hotplug")
    check(hotplug.sizes["op"] == 2 + 32, "two adds and 32 onlinings")
    ledger = xarray.open_dataset(path, group="ledger")
    metrics = xarray.open_dataset(path, group="metrics")
    usable = float(metrics.time_to_usable)
    check(metrics.time_to_usable.units == "ns" and metrics.time_to_usable.long_name, "a metric is labelled")
    printed = json.loads(expect(0, "run", QUICK, *SMALL, "--json").stdout)["metrics"]
    check(len(metrics.data_vars) == len(printed), "every metric is a variable")
    for m in printed:
        v = metrics[m["name"] if m["name"] in metrics else f"{m['name']}_{m['phase']}"]
        check((v.units, v.phase, v.better) == (m["unit"], m["phase"], m["better"]), f"labels of {m['name']}")
        check(float(v) == m["value"] if m["value"] is not None else bool(v.isnull()), f"value of {m['name']}")
    check(int(ledger.time.sel(metric="time_to_usable").sum()) == usable, "the ledger's rows add up to the metric")
    check(bool((ledger.time == ledger.own + ledger.stall + ledger.contention).all()), "and its parts to the rows")
    provenance = xarray.open_dataset(path, group="provenance")
    check("fitted" in provenance.basis.values and "" != provenance.low.values.max(), "basis and range are in the file")
    check("costs.struct_page_init.cpu" in provenance.name.values, "constants are in the file")
    failed = folder + "/failed.h5"
    expect(0, "run", GUEST, "-o", failed)
    for group in ("zones", "buddy", "memmap", "hotplug", "provenance", "metrics", "ledger", "series", "latency", "sections",
                  "traffic"):
        xarray.open_dataset(failed, group=group)
    check(xarray.open_dataset(failed, group="memmap").sizes["block"] == 0, "a failed add has no blocks")


def test_explain(folder):
    """Explanations add up to the metric that run and compare report."""
    path = folder + "/explain.h5"
    expect(0, "run", QUICK, *SMALL, "-o", path)
    reported = {m["name"]: m for m in json.loads(expect(0, "run", QUICK, *SMALL, "--json").stdout)["metrics"]}
    e = json.loads(expect(0, "explain", path, "--json").stdout)
    check(e["schema"] == "mhpsim-explain/1" and len(e["metrics"]) == 4, "all metrics of time are explained")
    constants = {c["name"]: c for c in e["constants"]}
    for m in e["metrics"]:
        check(m["value"] == reported[m["name"]]["value"] == sum(p["time"] for p in m["parts"]), f"the parts of {m['name']} add up")
        check(all(p["time"] == p["own"] + p["stall"] + p["contention"] for p in m["parts"]), "and so do theirs")
        check(sum(m["rests_on"].values()) == m["value"], f"all of {m['name']} rests on something")
        check(abs(sum(reported[m["name"]]["rests_on"].values()) - 1) < 1e-9, "run --json says so too")
        check(all(c in constants for p in m["parts"] for c in p["constants"]), "every constant has its value and source")
    check(constants["costs.block_state_fixed.cpu"]["basis"] == "fitted" and constants["costs.rcu_grace_period"]["low"] == 5_000_000, "basis and range")
    check(expect(0, "explain", QUICK, *SMALL, "--json").stdout == expect(0, "explain", path, "--json").stdout,
          "a scenario is explained as its run file is")
    sampled = ("--uncertainty", "12", "--json")
    wide = json.loads(expect(0, "explain", path, *sampled, "-j", "2").stdout)
    check(wide == json.loads(expect(0, "explain", QUICK, *SMALL, *sampled, "-j", "1").stdout), "a run file is sampled as its scenario")
    u = json.loads(expect(0, "run", QUICK, *SMALL, "--uncertainty", "12", "--json").stdout)["uncertainty"]["metrics"]
    for m in wide["metrics"]:
        one = [x for x in u if x["name"] == m["name"]][0]
        values, drivers = one["values"]["boot_memory"], one["drivers"]["boot_memory"]
        check(m["interval"] == [values["low"], values["high"]], f"the interval of {m['name']} is that of run --uncertainty")
        check(m["widened_by"] == ({"constant": drivers[0]["name"], "rank_correlation": drivers[0]["rank_correlation"]} if drivers else None),
              f"what widens {m['name']} most: {m['widened_by']}")
    check(any(m["widened_by"] for m in wide["metrics"]), "something stands out")
    text = expect(0, "explain", path, "--uncertainty", "2").stdout
    check(text.count("90 % of 2 samples") == 4 and text.count("what widens that most: none") == 4, "two samples tell nothing from chance")
    expect(2, "explain", path, path, "--uncertainty", "12")
    results = folder + "/explained"
    expect(0, "compare", QUICK, *SMALL, "-o", results)
    compared = {m["name"]: m for m in json.load(open(results + "/compare.json"))["metrics"]}
    for metric in ("time_to_add", "time_to_online", "time_to_usable"):
        d = json.loads(expect(0, "explain", results, "--metric", metric, "--json").stdout)
        check(d["schema"] == "mhpsim-explain-difference/1", "the schema is named")
        check(d["difference"] == sum(m["time"] for m in d["mechanisms"]) == compared[metric]["diff"]["hotplugged_range"]["abs"], f"the mechanisms of {metric} add up")
    walks = [m for m in d["mechanisms"] if (m["kind"], m["name"]) == ("count", "contiguity_check")]
    check(len(walks) == 1 and walks[0]["units_b"] == 2 * walks[0]["units_a"], "the zone is walked twice as often")


def test_uncertainty(folder):
    args = ("compare", GUEST, "--set", "hotplug.0.size=8GiB", "--uncertainty", "9")
    c = json.loads(expect(0, *args, "--json", "-j", "2").stdout)
    check(json.loads(expect(0, *args, "--json", "-j", "1").stdout) == c, "threads change nothing")
    u = c["uncertainty"]
    check(u["samples"] == 9 and "costs.block_state_fixed.cpu" in u["constants"], "samples and constants are told")
    times = {m["name"] for m in c["metrics"] if m["unit"] == "ns"}
    check({m["name"] for m in u["metrics"]} == times, "every time has an interval")
    for m in u["metrics"]:
        for v in list(m["values"].values()) + list(m["diff"].values()):
            check(v["low"] <= v["median"] <= v["high"], f"{m['name']}: {v}")
    usable = next(m for m in u["metrics"] if m["name"] == "time_to_usable")
    check(usable["values"]["boot_memory"]["low"] < usable["values"]["boot_memory"]["high"], "and it has a width")
    text = expect(0, *args).stdout
    check("9 samples of" in text and "hang on most" in text, text)
    plain = expect(0, *args[:-2]).stdout
    check(text.startswith(plain), "the figures of the scenario itself stay")
    one = json.loads(expect(0, "run", GUEST, "--set", "hotplug.0.size=8GiB", "--uncertainty", "9", "--json").stdout)["uncertainty"]
    same = next(m for m in one["metrics"] if m["name"] == "time_to_usable")["values"]
    check(same["boot_memory"] == usable["values"]["boot_memory"], "run draws the same samples")
    other = json.loads(expect(0, *args, "--seed", "2", "--json").stdout)["uncertainty"]
    check(other != u, "another seed draws others")
    expect(2, *args[:-1], "1")
    bad = ("run", GUEST, "--set", 'costs.rcu_grace_period_range=["11ms", "30ms"]')
    one_line_error(expect(3, *bad), "outside its range 11 ms .. 30 ms", "a range that does not hold its value")
    bad = ("run", GUEST, "--set", "costs.rcu_grace_period_basis=guessed")
    one_line_error(expect(3, *bad), "one of: choice, published", "an unknown basis")


def commands():
    """Every command of the program, those of verify apart."""
    names = lambda *of: re.findall(r"^  (\w+) ", expect(0, *of, "--help").stdout.split("Subcommands:")[1].split("\n\n")[0], re.M)
    return {(name,) for name in names() if name != "verify"} | {("verify", name) for name in names("verify")}


def test_kernel_notes(folder):
    """A kernel without a profile: every command that reads one says whose rules hold, in its JSON too."""
    said = "kernel 6.9 has no profile: the rules of 6.8 hold"
    kernel = ["--set", "kernel.profile=6.9"]
    scenario, study, question, target = (f"{folder}/{n}.toml" for n in ("scenario", "study", "question", "target"))
    absolute = lambda path: re.sub(r'"((?:\.\./)+[^"]*)"', lambda m: '"' + os.path.normpath(os.path.join(os.path.dirname(path), m[1])) + '"',
                                   open(path).read())
    guest = absolute(GUEST)
    open(scenario, "w").write(re.sub(r'^profile = .*$', 'profile = "6.9"', guest, flags=re.M))
    kata = os.path.join(ROOT, "configs/questions/kata-bracket.toml")
    open(study, "w").write(f'name = "notes"\nscenario = "{scenario}"\nmetrics = ["outcome"]\n[[axis]]\nkey = "hotplug.0.size"\nvalues = ["1GiB"]\n')
    published = absolute(os.path.join(ROOT, "analysis/validation/published/targets/v11.toml"))
    open(target, "w").write(re.sub(r'^kernel = .*$', 'kernel = "6.9"', published, flags=re.M))
    expect(0, "run", scenario, "-o", folder + "/run.h5")
    expect(0, "sweep", study, "-o", folder + "/sweep")
    for name, shipped, of in (("kernels", "configs/kernels", "linux-6.1.toml"),
                              ("counts", "analysis/validation/growth/counts", "i-612-16G-mom0-kernel.json"),
                              ("captures", "analysis/validation/captures/recordings", "p-612-batches-512M-mom0.json")):
        os.mkdir(f"{folder}/{name}")
        shutil.copy(os.path.join(ROOT, shipped, of), f"{folder}/{name}")
    recorded = open(os.path.join(ROOT, "analysis/validation/pressure/recordings/q-612-1G-cache-16G-mom1.json")).read()
    open(folder + "/pressure.json", "w").write(
        recorded.replace('"kernel": "6.12"', '"kernel": "6.9"').replace("Linux version 6.12.117", "Linux version 6.9.1"))
    older = ["--kernels", folder + "/kernels"]
    of_61 = "kernel 6.12 has no profile: the rules of 6.1 hold"
    brief = ["--scenario", scenario, "--uncertainty", "2", "--seconds", "0", "--memory", "32MiB", "--free-memory", "1GiB"]
    zones = os.path.join(ROOT, "sim/observed/fixtures/kvm-guest-5.15-zoneinfo.txt")
    # What each reads a kernel from, and what is said; None: it reads none.
    reads = {("run",): ([GUEST, *kernel], said), ("compare",): ([GUEST, *kernel], said), ("check",): ([GUEST, *kernel], said),
             ("debate",): ([GUEST, *kernel, "--placements", "boot_memory"], said), ("calibrate",): (brief, said),
             ("explain",): ([folder + "/run.h5"], said), ("timeline",): ([folder + "/run.h5"], said),
             ("report",): ([folder + "/run.h5"], said), ("plan",): ([kata, *kernel], said),
             ("sweep",): ([study, "--dry-run"], said), ("collect",): ([folder + "/sweep"], said),
             ("list",): (["kernels", "--diff", "6.9", "6.12"], said),
             ("verify", "published"): ([target, "--samples", "0"], said),
             ("verify", "growth"): ([folder + "/counts", *older], of_61),
             ("verify", "captures"): ([folder + "/captures", *older], of_61),
             ("verify", "pressure"): ([folder + "/pressure.json"], said),
             ("verify", "zoneinfo"): ([zones, zones, "--scenario", scenario, *kernel], said),
             ("verify", "host"): None, ("snapshot",): None, ("trace",): None, ("machine",): None, ("completion",): None, ("man",): None}
    check(commands() == set(reads), f"commands that nobody has asked for a note: {commands() ^ set(reads)}")
    for command, asked in reads.items():
        if asked is None:
            continue
        args, note = asked
        name = "mhpsim " + " ".join(command)
        # A list has no place for it.
        json_too = "--json" in run(*command, "--help").stdout and command != ("list",)
        result = run(*command, *args, *(["--json"] if json_too else []))
        check(result.stderr.count("note: " + note) == 1, f"{name} says so, once: {result.stderr}")
        if json_too:
            check(json.loads(result.stdout or "{}").get("kernel_note") == note, f"{name} --json says so")
    # Of files, and of two.
    both = run("explain", folder + "/run.h5", folder + "/run.h5", "--json")
    check(both.stderr.count(said) == 1 and json.loads(both.stdout)["a"]["kernel_note"] == said, f"explain of two files: {both.stderr}")
    own = expect(0, "run", GUEST, "--set", "kernel.profile=6.8", "--json")
    other = expect(0, "run", GUEST, *kernel, "--json")
    check("kernel_note" not in json.loads(own.stdout) and own.stderr == "", "a kernel with a profile has no note")
    check(json.loads(own.stdout)["fingerprint"] == json.loads(other.stdout)["fingerprint"], "and runs as the one that stands for it")
    for file in ("run.h5", "sweep/study.h5"):
        dumped = subprocess.run(["h5dump", "-a", "/kernel_note", f"{folder}/{file}"], capture_output=True, text=True)
        check(said in dumped.stdout, f"{file} says so")


def test_study(folder):
    import xarray
    guest = os.path.join(ROOT, "configs/studies/guest-growth.toml")
    first = expect(0, "sweep", guest, "--dry-run").stdout.split("\n\n")[1].split()[0]
    sweep = folder + "/sweep"
    expect(0, "sweep", guest, "-o", sweep, "--keep-runs", first)
    expect(0, "collect", sweep)
    # Any run of a study reproduces alone, and is the same run by its id and by what happened.
    alone = folder + "/alone.h5"
    expect(0, "run", GUEST, "--set", "hotplug.0.size=1GiB", "-o", alone)
    check(os.listdir(sweep + "/runs") == [first + ".h5"], "the named run is kept")
    runs = [xarray.open_dataset(path) for path in (f"{sweep}/runs/{first}.h5", alone)]
    for name in ("run_id", "fingerprint", "replicate", "placement"):
        check(runs[0].attrs[name] == runs[1].attrs[name], f"{name}: {[r.attrs[name] for r in runs]}")
    check(runs[0].attrs["run_id"] == first, "the id of the dry run")
    outcome = xarray.open_dataset(sweep + "/study.h5", group="runs").outcome.sel(memmap_placement="boot_memory")
    check(outcome.values.ravel().tolist() == [0] * 13 + [2] * 2, f"13 GiB just fit: {outcome.values.ravel()}")
    usable = xarray.open_dataset(sweep + "/study.h5", group="results").usable_bytes
    check(usable.attrs["units"] == "byte" and usable.attrs["better"] == "higher", "an array says its unit and which direction is better")
    check(usable.attrs["definition"].startswith("`mem_total_delta` less the pages of"), "and what it is")
    text = open(guest).read().replace('"../', f'"{ROOT}/configs/')
    proposed = folder + "/proposed.toml"
    open(proposed, "w").write(text.replace("boot_memory", "altmap_unit"))
    expect(0, "sweep", proposed, "-o", folder + "/proposed", "--only", "size=1GiB,*")
    expect(7, "collect", folder + "/proposed")
    note = xarray.open_dataset(folder + "/proposed/study.h5").attrs.get("placement_note", "")
    check(note.startswith("no kernel has altmap_unit: proposed by"), f"a study of a placement that no kernel has says so: {note}")
    # No place for the journal: what there is stays, and the sweep goes on with more.
    fine = folder + "/fine.toml"
    open(fine, "w").write(text.replace('step = "1GiB"', 'step = "128MiB"'))
    full = ["bash", "-c", 'ulimit -f 32; exec "$@"', "bash", MHPSIM, "sweep", fine, "-o", folder + "/full"]
    limited = subprocess.run(full, capture_output=True, text=True)
    check(limited.returncode == 5 and "shard-1-of-1.journal: cannot be written on after" in limited.stderr, limited.stderr)
    check("this goes on:" in limited.stderr, "the command that resumes is printed")
    resumed = expect(0, "sweep", fine, "-o", folder + "/full", "--resume")
    check(re.match(r"\d+ runs simulated, [1-9]\d+ were there, 0 failed", resumed.stdout), resumed.stdout)
    expect(0, "sweep", fine, "-o", folder + "/room")
    studies = []
    for name in ("full", "room"):
        expect(0, "collect", f"{folder}/{name}")
        studies.append(open(f"{folder}/{name}/study.h5", "rb").read())
    check(studies[0] == studies[1], "and ends with the same file")


def test_plan(folder):
    questions = os.path.join(ROOT, "configs/questions")
    kata = os.path.join(questions, "kata-bracket.toml")
    plan = json.loads(expect(0, "plan", kata, "--json", "-o", folder + "/plan").stdout)
    check(plan["schema"] == "mhpsim-plan/1" and plan["status"] == "answered", "plan --json")
    boot, ranged = plan["answers"]
    check((boot["value"], boot["fails"], boot["binding"]) == (13 << 30, (13 << 30) + (128 << 20), ["outcome == ok"]), boot)
    check((ranged["value"], ranged["fails"], ranged["binding"]) == (16 << 30, None, []), ranged)
    check(plan["runs"] == sum(len(p["runs"]) for a in plan["answers"] for p in a["points"]), "every run is named")
    # The runs are those of a study, and each is the run of that id alone.
    import xarray
    runs = xarray.open_dataset(folder + "/plan/study.h5", group="runs").sel(memmap_placement="boot_memory")
    for point in boot["points"]:
        kept = int(runs.run_id.sel(size=point["value"]).values[0]) & (2**64 - 1)
        check([f"{kept:016x}"] == point["runs"], point)
    alone = folder + "/plan-alone.h5"
    expect(0, "run", GUEST, "--set", "hotplug.0.size=13GiB", "-o", alone)
    there = [p for p in boot["points"] if p["value"] == 13 << 30]
    check([xarray.open_dataset(alone).attrs["run_id"]] == there[0]["runs"], "a run of an answer reproduces alone")
    # Interrupted, it goes on from its journal.
    busy = os.path.join(questions, "break-even.toml")
    stopped = subprocess.Popen([MHPSIM, "plan", busy, "-j", "1", "-o", folder + "/stopped"], stderr=subprocess.PIPE, text=True)
    journal = folder + "/stopped/shard-1-of-1.journal"
    while stopped.poll() is None and not (os.path.exists(journal) and os.path.getsize(journal) > 0):
        time.sleep(0.01)
    stopped.send_signal(signal.SIGINT)
    message = stopped.communicate()[1]
    check(stopped.returncode == 130 and f"mhpsim plan {shlex.quote(busy)} -o {shlex.quote(folder + '/stopped')} --resume" in message, message)
    check(sorted(os.listdir(folder + "/stopped")) == ["runs", "shard-1-of-1.journal", "sweep.lock"], "no half answer is left")
    check(expect(0, "plan", busy, "-o", folder + "/stopped", "--resume", "--json").stdout == expect(0, "plan", busy, "--json").stdout,
          "and the answer is the same")


def test_debate(folder):
    answer = json.loads(expect(0, "debate", "--json").stdout)
    check(answer["schema"] == "mhpsim-debate/1" and answer["scenario"] == "debate", "schema and scenario")
    names = [p["name"] for p in answer["placements"]]
    known = {p["name"]: p for p in json.loads(expect(0, "list", "placements", "--json").stdout)}
    check(sorted(names) == sorted(known), "all placements have a column")
    check(names[0] == "boot_memory" and names.index("marked_vmemmap") < names.index("altmap_unit"), "by position")
    for p in answer["placements"]:
        check(p["kernels"] == known[p["name"]]["kernels"] and p["position"], f"{p['name']}: position and kernels")
        check((p["kernels"] == "none") == known[p["name"]]["doc"].endswith("no kernel has it"), f"{p['name']} says so")
    check([o["id"] for o in answer["objections"]] == [f"O{n}" for n in range(1, 21)], "twenty objections")
    for o in answer["objections"] + answer["more"]:
        check(o["title"] and o["unit"] and o["argued"] and o["better"] in ("lower", "higher", "none"), f"{o['id']}: said")
        check(set(o["values"]) == set(names), f"{o['id']}: a value for each placement")
    two = ["hotplugged_range", "early_kernel_zone"]
    text = expect(0, "debate", "--placements", ",".join(two)).stdout
    row = next(line for line in text.splitlines() if line.startswith("O1 "))
    check(re.search(r"65,536 +0\+$", row), f"better than the first column: {row}")
    # Any scenario, and the same whatever the threads.
    one = expect(0, "debate", GUEST, "--placements", ",".join(two), "-j1", "--json").stdout
    check(one == expect(0, "debate", GUEST, "--placements", ",".join(two), "-j2", "--json").stdout, "threads do not matter")
    table = [line for line in expect(0, "debate", "--markdown").stdout.splitlines() if line.startswith("|")]
    check({line.count("|") for line in table} == {len(names) + 3}, "a Markdown table")
    one_line_error(expect(2, "debate", "--placements", "attic"), "unknown placement 'attic'", "debate --placements attic")
    one_line_error(expect(3, "debate", "--set", "kernel.memmap_per_block=[\"boot_memory\",\"hole\"]"),
                   "'boot_memory' does not say of how many blocks", "a map that is none")


judge(globals())
