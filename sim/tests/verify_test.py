#!/usr/bin/env python3
"""What must hold of `mhpsim verify`, of the machine at hand and of the kernels that are known: every recording is read, what
misses is told and has a reason. Arguments: see command_line.py."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from command_line import GUEST, QUICK, ROOT, check, expect, judge, one_line_error, run


def test_verify(folder):
    captures = os.path.join(ROOT, "analysis/validation/captures/recordings")
    four = [os.path.join(captures, n + ".json") for n in ("a-612-16G-mom0-movable", "a-612-64G-mom1-movable",
                                                          "c-612-n1-16G-mom1-kernel", "c-612-4nodes-cpus-mom0")]
    result = expect(0, "verify", "captures", *four)
    check(", 0 mismatches" in result.stdout, result.stdout)
    verdict = json.loads(expect(0, "verify", "captures", "--json", *four).stdout)
    alone, together = (expect(0, "verify", "captures", "-j", jobs, *four).stdout for jobs in ("1", "3"))
    check(alone == together, "threads leave no trace")
    check(verdict["schema"] == "mhpsim-verify/1" and verdict["captures"] == verdict["exact"] == 4, "verify --json")
    check(verdict["checks"] == verdict["passed"] and verdict["by_class"]["noise"]["worst"] <= verdict["by_class"]["noise"]["bound"], "all pass")
    wrong = folder + "/wrong.json"
    text = open(four[0]).read()
    recorded = '"MemTotal":18'
    check(recorded in text, "the capture holds a MemTotal after onlining")
    open(wrong, "w").write(text.replace(recorded, '"MemTotal":19', 1))
    one = json.loads(expect(1, "verify", "captures", wrong, "--json").stdout)
    check([m["quantity"] for m in one["mismatches"]] == ["meminfo/MemTotal"], "a wrong figure is found by its path")
    malformed = json.loads(text)
    malformed["steps"][0]["snapshot"]["zones"][0]["node"] = "zero"
    json.dump(malformed, open(wrong, "w"))
    check('wrong.json: step 0 (snap "boot"): snapshot.zones[0].node: "zero" is not a whole number' in
          expect(4, "verify", "captures", wrong).stderr, "a malformed capture is named, with the step and the field")
    both = json.loads(expect(4, "verify", "captures", wrong, four[0], "--json").stdout)
    check(both["broken"] == both["exact"] == 1, "one broken capture does not stop the others")
    sequence = json.load(open(os.path.join(captures, "p-612-batches-512M-mom0.json")))
    next(s for s in sequence["steps"] if s["op"][0] == "rtouch")["op"][1] = 7
    json.dump(sequence, open(wrong, "w"))
    check("it does not fit what went before" in expect(4, "verify", "captures", wrong).stderr, "a region that is not mapped is named")
    sequence["boot_dmesg"] = []
    json.dump(sequence, open(wrong, "w"))
    check("wrong.json: the boot messages" in expect(4, "verify", "captures", wrong).stderr, "a sequence needs its boot messages")
    whole = json.loads(expect(0, "verify", "captures", "--json").stdout)
    check(whole["as_expected"] and whole["exact"] > 150, "without arguments all that ship are replayed, and none misses unexpectedly")
    check(whole["captures"] == whole["exact"] + whole["partly"] + whole["missed"] == len([f for f in os.listdir(captures) if f.endswith(".json")]),
          "every file is read")
    unlisted = [c for c in whole["not_exact"] if not c["known"] or not c["reason"]]
    check(not unlisted and len(whole["not_exact"]) == whole["partly"] + whole["missed"], "each that misses has its reason")
    check(sum(u["count"] for u in whole["unmodelled"]) > 0 and whole["chance"] == len(whole["chance_outcomes"]), "told, not scored")


def test_pressure(folder):
    recordings = os.path.join(ROOT, "analysis/validation/pressure/recordings")
    names = sorted(n[:-len(".json")] for n in os.listdir(recordings) if n.endswith(".json"))
    whole = json.loads(expect(0, "verify", "pressure", "--json").stdout)
    check(list(whole) == ["schema", "captures", "inside", "quantities", "unmodelled"] and whole["schema"] == "mhpsim-pressure/1", "schema")
    check(whole["captures"] == len(names) and {q["capture"] for q in whole["quantities"]} == set(names), "every recording is compared")
    outside = {q["capture"] for q in whole["quantities"] if not q["inside"]}
    check(whole["inside"] == len(names) - len(outside), "recordings without a miss are counted")
    for q in whole["quantities"]:
        check(list(q) == ["capture", "quantity", "real", "model", "inside", "note"] and q["real"] and q["note"], f"members: {q}")
        check(q["inside"] == (";" not in q["note"]), f"what misses, and nothing else, has a reason: {q}")
    check(all(u["capture"] and u["quantity"] and u["reason"] and u["count"] > 0 for u in whole["unmodelled"]) and whole["unmodelled"], "counted")
    check(whole == json.loads(expect(0, "verify", "pressure", "-j1", "--json").stdout), "threads do not matter")
    # One alone has the bands that it has among all.
    one = os.path.join(recordings, "q-612-1G-cache-16G-mom1.json")
    alone = json.loads(expect(0, "verify", "pressure", one, "--json").stdout)
    check(alone["quantities"] == [q for q in whole["quantities"] if q["capture"] == "q-612-1G-cache-16G-mom1"], "and alone the same")
    table = expect(0, "verify", "pressure", one, "--all").stdout
    check(len([line for line in table.splitlines() if line.startswith("q-612")]) == len(alone["quantities"]), "a line a quantity")
    # What is made of a recording is a scenario.
    for name in names:
        open(folder + "/made.toml", "w").write(expect(0, "verify", "pressure", "--scenario", name).stdout)
        expect(0, "check", folder + "/made.toml")
    expect(0, "run", folder + "/made.toml")
    one_line_error(expect(4, "verify", "pressure", "--scenario", "none"), "there is no recording none", "a name that is none")
    # Misses that are not named, named and inside, of nothing, and of no recording.
    recorded = json.load(open(one))
    shutil.copy(one, folder)
    listed = lambda *quantities: open(folder + "/known-misses.toml", "w").write(
        "".join(f'[[miss]]\ncapture = "q-612-1G-cache-16G-mom1"\nquantities = ["{q}"]\nreason = "because"\n' for q in quantities))
    missed = [q["quantity"] for q in alone["quantities"] if not q["inside"]]
    listed(*missed, "d0 added")
    check("'d0 added' is named as outside its band, and is inside" in expect(1, "verify", "pressure", folder).stderr, "no miss any more")
    listed(*missed, "d7 added")
    check("'d7 added' is named as outside its band, and there is none" in expect(1, "verify", "pressure", folder).stderr, "of nothing")
    listed(*missed)
    expect(0, "verify", "pressure", folder)
    open(folder + "/known-misses.toml", "a").write('[[miss]]\ncapture = "gone"\nquantities = ["x"]\nreason = "y"\n')
    check("there is no recording gone" in expect(1, "verify", "pressure", folder).stderr, "of no recording")
    os.unlink(folder + "/known-misses.toml")
    changed = folder + "/q-612-1G-cache-16G-mom1.json"
    recorded["key_tail"] = ["[ 1.0] acpi PNP0C80:00: add_memory failed"]
    json.dump(recorded, open(changed, "w"))
    check("'d0 added' is outside its band and not named as known to be" in expect(1, "verify", "pressure", changed).stderr, "a new miss")
    recorded["steps"][2]["op"][1] = "file /d/f 0 lots r"
    json.dump(recorded, open(changed, "w"))
    check("steps[2].op[1]: 'lots' is not a whole number" in expect(4, "verify", "pressure", changed).stderr, "a malformed one, with the place")
    one_line_error(expect(4, "verify", "pressure", folder + "/none.json"), "cannot be read: .*give the path of a recording", "no file")


def test_kernels(folder):
    recordings = os.path.join(ROOT, "analysis/validation/captures/recordings")
    whole = json.loads(expect(0, "verify", "captures", "--json").stdout)
    missed = {c["capture"] for c in whole["not_exact"]}
    exact = [name for name in os.listdir(recordings) if name.endswith(".json") and name[:-5] not in missed]
    versions = [json.load(open(os.path.join(recordings, name)))["kernel"] for name in exact]
    listed = json.loads(expect(0, "list", "kernels", "--json").stdout)
    check(all(list(k) == ["version", "verified_captures", "basis"] for k in listed), f"the members: {listed[0]}")
    for k in listed:
        check(k["verified_captures"] == sum(re.fullmatch(re.escape(k["version"]) + r"(\.\d+)?", v) is not None for v in versions),
              f"{k['version']}: its recordings are counted, not {k['verified_captures']}")
    check(sum(k["verified_captures"] for k in listed) == len(versions), "every recording that is exact has a profile")
    names = [k["version"] for k in listed]
    check(names == sorted(names, key=lambda n: [int(x) for x in re.findall(r"\d+", n)[:2]]), f"the oldest first: {names}")
    profiles = os.path.join(ROOT, "configs/kernels")
    check({f"linux-{n}.toml" for n in names} == set(os.listdir(profiles)), "every profile is listed")
    rules = lambda *pair: {d["rule"] for d in json.loads(expect(0, "list", "kernels", "--diff", *pair, "--json").stdout)}
    check(rules("6.12", "6.12") == set(), "a kernel does not differ from itself")
    check(rules("6.12", "7.3") == rules("7.3", "6.12"), "differences go both ways")
    check("node_threads" in rules("6.12", "6.17") and "pcp_drain" not in rules("6.12", "6.17"), "6.17: rules of 6.14, not of 6.19")
    check(rules("7.3", "7.4") == {"contiguity_walk", "failed_add_rolls_back"}, f"7.4 is 7.3 with what is queued: {rules('7.3', '7.4')}")
    one_line_error(expect(4, "list", "kernels", "--diff", "6.12", "six"), "'six' is no kernel series", "no series")


def predicted(*options):
    """What `verify published` says, which the docs' page says, too: its headline, its cases, those that are predictions."""
    verdict = json.loads(expect(0, "verify", "published", "--json", *options).stdout)
    page = subprocess.run([sys.executable, os.path.join(ROOT, "analysis/python/published_page.py"), "--check"],
                          input=json.dumps(verdict), capture_output=True, text=True)
    check(page.returncode == 0, page.stdout + page.stderr)
    cases = [c for t in verdict["targets"] for c in t["cases"]]
    predictions = [c for c in cases if c["class"] == "prediction" and c["published"]]
    check(verdict["headline"]["predictions"] == len(predictions) > 0, "the headline counts the predictions")
    return verdict, cases, predictions


def test_published_intervals(folder):
    """The docs' page of published measurements, intervals too."""
    verdict, cases, predictions = predicted()
    headline = verdict["headline"]
    inside = [c for c in predictions if c["interval"] and
              c["interval"][0] <= sum(c["published"]) / len(c["published"]) <= c["interval"][1]]
    check(abs(headline["inside_interval"] - len(inside) / len(predictions)) < 1e-12, "the coverage is that of the cases")
    check(all(c["interval"][0] <= c["predicted"] <= c["interval"][1] for c in cases if c["interval"]), "intervals hold the value")


def test_published(folder):
    """The docs' page of published measurements is what the program predicts; a target that must hold and fails is told."""
    targets = os.path.join(ROOT, "analysis/validation/published/targets")
    verdict, cases, _ = predicted("--samples", "0")
    check({c["class"] for c in cases} == {"prediction", "consistency", "arithmetic"}, "every case has a class")
    check(not any(c["interval"] for c in cases), "without samples there are no intervals")
    check(verdict["schema"] == "mhpsim-published/1", "the schema is named")
    check(len(verdict["targets"]) == len(os.listdir(targets)), "every target is run")
    keys = {"id", "quantity", "published", "predicted", "criterion", "pass", "must", "note"}
    check(all(keys <= set(t) for t in verdict["targets"]), "every target has its fields")
    with tempfile.TemporaryDirectory() as folder:
        strict = folder + "/strict.toml"
        text = open(targets + "/v13.toml").read().replace("../../../..", ROOT).replace("fitted =", "must = true\nfitted =")
        open(strict, "w").write(text.replace('max = "1.7"', 'max = "1.31"'))
        check("FAIL V13" in expect(1, "verify", "published", strict).stdout, "a target that must hold and fails is told")
        open(strict, "w").write(text.replace("memory_node = 1", "memory_node = 7"))
        one_line_error(expect(4, "verify", "published", strict), "a node that the machine does not have", "a bad target")


def host_memory():
    """How much memory calibrate would work in, on machines that hwloc's environment describes."""
    for topology, free, memory, note in (
            ("[numa(memory=24GiB)] l3:1(size=480MiB) core:2 pu:1", "23GiB", "caches 480 MiB, 23 GiB free: 3.75 GiB", None),
            ("[numa(memory=24GiB)] l3:1(size=512MiB) core:2 pu:1", "4GiB", "caches 512 MiB, 4 GiB free: 1 GiB", "they may hold 50 %"),
            ("[numa(memory=24GiB)] l3:1(size=480MiB) core:2 pu:1", "80MiB", "caches 480 MiB, 80 MiB free: 32 MiB", "less than 512 MiB to work in"),
            ("[numa(memory=8GiB)] l2:2(size=1MiB) core:1 pu:1", "8GiB", "caches 2 MiB, 8 GiB free: 512 MiB", None),
            ("[numa(memory=8GiB)] core:2 pu:1", "8GiB", "caches 0 B, 8 GiB free: 512 MiB", "its caches are not told")):
        for command in (("calibrate",), ("verify", "host")):
            out = expect(0, *command, "--dry-run", "--free-memory", free, env={"HWLOC_SYNTHETIC": topology}).stdout.splitlines()
            check(out[0] == f"node 0: 2 cores, {memory} to work in", f"{topology}: {out}")
            check((len(out) > 1) == (note is not None) and (note or "") in out[-1], f"{topology}: {out}")
    plan = json.loads(expect(0, "calibrate", "--dry-run", "--json", "--memory", "64MiB", "--free-memory", "1GiB",
                             env={"HWLOC_SYNTHETIC": "pack:2 [numa(memory=1GiB)] l3:1(size=16MiB) core:4 pu:2"}).stdout)
    check([(n["node"], n["cores"], n["memory"], n["cached"]) for n in plan["nodes"]] == [(0, 4, 64 << 20, 0.25), (1, 4, 64 << 20, 0.25)], plan)


def test_host(folder):
    """The machine at hand: what is wrong is told before anything is measured; a short run writes files that scenarios take."""
    for command in (("calibrate",), ("verify", "host")):
        check("Example" in expect(0, *command, "--help").stdout, f"{command} --help has examples")
        one_line_error(expect(2, *command, "--memory", "8G"), r"--memory: .*GiB", "a size without its unit")
    expect(2, "calibrate", "--seconds", "-1")
    one_line_error(expect(2, "calibrate", "--memory", "1MiB"), r"--memory: 1 MiB is too little.*at least 32 MiB", "too little memory")
    one_line_error(expect(2, "verify", "host", "--costs", QUICK), r"belong together", "one file of two")
    costs, machine = folder + "/costs.toml", folder + "/machine.toml"
    open(costs, "w").write("kept")
    # What is given is checked before the machine is looked at, here one without memory.
    nothing = {"env": {"HWLOC_SYNTHETIC": "[numa(memory=8GiB)] l3:1(size=1GiB) core:2 pu:1"}}
    none = ["--free-memory", "1MiB"]
    for command in (("calibrate",), ("verify", "host")):
        one_line_error(expect(4, *command, *none, "--base", folder + "/none.toml", **nothing), r"none\.toml", "missing base profile")
        one_line_error(expect(3, *command, *none, "--base", costs, **nothing), r"costs\.toml:1:", "a base that is none")
        one_line_error(expect(4, *command, *none, **nothing), r"node 0 has 1 MiB free", "no memory to work in")
    one_line_error(expect(4, "verify", "host", *none, "--costs", QUICK, "--machine", folder + "/none.toml", **nothing),
                   r"none\.toml", "missing machine")
    one_line_error(expect(4, "calibrate", *none, "--scenario", folder + "/none.toml", **nothing), r"none\.toml", "missing scenario")
    one_line_error(expect(5, "calibrate", *none, "-o", costs, **nothing), r"costs\.toml: .*exists.*--force", "existing costs")
    check(open(costs).read() == "kept", "a refused target is untouched")
    host_memory()
    short = ["--seconds", "0", "--memory", "32MiB", "--free-memory", "1GiB"]
    few = ["--scenario", GUEST, "--uncertainty", "3"]
    found = json.loads(expect(0, "calibrate", "-o", costs, "--machine", machine, "--force", "--json", *few, *short).stdout)
    narrowing = found["narrowing"]
    changed = {c["name"]: c for c in narrowing["constants"]}
    check("costs.struct_page_init.cpu" in changed and "costs.rcu_grace_period" not in changed,
          f"what was measured is told, and no more: {sorted(changed)}")
    check(changed["costs.struct_page_init.cpu"]["before"]["high"] == 6394, "with the range of the base profile")
    check([t["name"] for t in narrowing["times"]][:2] == ["time_to_add", "time_to_online"], "times before and after")
    check(found["schema"] == "mhpsim-calibrate/1" and found["memory"] == 32 << 20, "calibrate --json")
    check(all(m["repetitions"] and m["least"] > 0 for m in found["measured"].values()), "every measurement has its figures")
    check(all(c["low"] <= c["high"] and c["basis"] and c["source"] for c in found["constants"].values()), "every constant its source")
    expect(0, "check", GUEST, "--set", "costs=" + costs, "--set", "machine=" + machine)
    result = run("verify", "host", "--costs", costs, "--machine", machine, "--json", *short)
    compared = json.loads(result.stdout)
    check(compared["schema"] == "mhpsim-verify-host/1" and len(compared["experiments"]) >= 5, "verify host --json")
    check(result.returncode == (0 if all(e["pass"] for e in compared["experiments"]) else 1), "the exit code is the verdict")
    check(result.returncode == (0 if compared["pass"] else 1), "and so is 'pass'")
    check("unknown key" in expect(3, "verify", "host", "--costs", costs, "--machine", costs, *short).stderr, "costs are no machine")


judge(globals())
