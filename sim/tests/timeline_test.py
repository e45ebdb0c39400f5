#!/usr/bin/env python3
"""Timelines are JSON of trace events as the documented subset has them, and say what the run file says. Arguments: the
mhpsim program, the source folder."""
import collections
import json
import os
import subprocess
import sys
import tempfile

import surroundings
import trace_events

surroundings.neutral()
MHPSIM, ROOT = (os.path.abspath(argument) for argument in sys.argv[1:3])
SCENARIOS = os.path.join(ROOT, "configs/scenarios")
# Small forms of scenarios that ship, each with something of its own: udev, ENOMEM, kswapd and pressure, removal,
# virtio-mem, a driver that adds by chunks, a workload of many tasks.
RUNS = {
    "quickstart": ["--set", "hotplug.0.size=8GiB", "--set", "hotplug.1.size=8GiB"],
    "small-guest": [],
    "busy-cache": [],
    "unplug": [],
    "virtio-plug": [],
    "hyper-v": [],
    "lpar-growth": [],
    "pmem-namespaces": [],
    "vm-fleet": ["--set", "until=20s"],
}
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def call(*args):
    return subprocess.run([MHPSIM, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8")


def expect(code, *args):
    result = call(*args)
    check(result.returncode == code, f"mhpsim {' '.join(args)}: exit {result.returncode}, not {code}: {result.stderr}")
    return result


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def valid(text, what):
    wrong = trace_events.problems(text)
    check(not wrong, f"{what}: {len(wrong)} problems: {wrong[:3]}")
    return json.loads(text)["traceEvents"] if not wrong else []


def test_checker():
    """The checker finds what it is there to find."""
    names = [{"ph": "M", "pid": 1, "name": "process_name", "args": {"name": "p"}},
             {"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": "t"}}]
    span = lambda ts, dur: {"ph": "X", "pid": 1, "tid": 1, "ts": ts, "dur": dur, "name": "s", "cat": "c", "args": {}}
    mark = lambda ph, ts, **more: {"ph": ph, "pid": 1, "tid": 1, "ts": ts, "name": "s", **more}
    count = lambda ts, **values: {"ph": "C", "pid": 1, "ts": ts, "name": "n", "args": values}

    def of(*events, named=True):
        text = json.dumps({"displayTimeUnit": "ns", "otherData": {}, "traceEvents": [*(names if named else []), *events]})
        return trace_events.problems(text)

    good = [[span(0, 9), span(0, 5), span(5, 4), span(9, 1)], [span(1.5, 0), span(1.5, 0)], [count(0, a=1), count(2, a=0.5)],
            [mark("B", 0, cat="c"), mark("B", 1, cat="c"), mark("E", 1), mark("E", 2)], [mark("i", 3, s="t")], [span(3, 0), span(3, 2)]]
    for events in good:
        check(of(*events) == [], f"right: {events}: {of(*events)}")
    bad = [[span(0, 5), span(3, 5)], [span(3, 1), span(0, 1)], [span(-1, 1)], [span(0.0001, 1)], [span(0, -1)], [span("0", 1)],
           [mark("E", 1)], [mark("B", 1, cat="c")], [mark("B", 2, cat="c"), mark("E", 1)], [mark("i", 1, s="x")], [mark("i", 1)],
           [count(0, a="1")], [count(0)], [count(2, a=1), count(1, a=1)], [count(0, a=1), count(1, b=1)], [count(0, a=True)],
           [{**span(0, 1), "tid": 7}], [{**span(0, 1), "pid": 2}], [{**span(0, 1), "name": ""}], [{**span(0, 1), "extra": 1}],
           [{**span(0, 1), "ph": "Z"}], [names[0]], [span(0, 1), {**names[1], "tid": 2}], ["X"],
           [{"ph": "M", "pid": 1, "name": "thread_name", "args": {"name": "t"}}],
           [{"ph": "M", "pid": 1, "tid": t, "name": "thread_sort_index", "args": {"sort_index": -t}} for t in (1, 2)]]
    for events in bad:
        check(of(*events) != [], f"not found to be wrong: {events}")
    check(of(span(0, 1), named=False) != [], "names are missing")
    for text in ("", "[]", '{"traceEvents":[]}', '{"displayTimeUnit":"ns","otherData":{},"traceEvents":[NaN]}',
                 '{"displayTimeUnit":"ns","displayTimeUnit":"ns","otherData":{},"traceEvents":[]}'):
        check(trace_events.problems(text) != [], f"not found to be wrong: {text}")


def test_scenarios(folder):
    for name, settings in RUNS.items():
        scenario = os.path.join(SCENARIOS, name + ".toml")
        trace, run_file, again = (os.path.join(folder, name + end) for end in (".json", ".h5", "-again.json"))
        plain = expect(0, "run", scenario, *settings).stdout
        told = expect(0, "run", scenario, *settings, "--timeline", trace, "-o", run_file).stdout
        check(told == plain, f"{name}: recording changes no figure and no fingerprint")
        events = valid(read(trace), name)
        check(expect(0, "timeline", run_file).stdout == read(trace), f"{name}: the run file gives the same bytes on standard output")
        expect(0, "timeline", run_file, "-o", again)
        check(read(again) == read(trace), f"{name}: and in a file")
        alone = os.path.join(folder, name + "-alone.json")
        expect(0, "run", scenario, *settings, "--timeline", alone)
        check(read(alone) == read(trace), f"{name}: with and without a run file")
        agrees_with_file(name, events, run_file)


def agrees_with_file(name, events, run_file):
    import h5py
    with h5py.File(run_file) as file:
        ops = file["hotplug"]
        meanings = ops["kind"].attrs["flag_meanings"]
        kinds = (meanings.decode() if isinstance(meanings, bytes) else meanings).split()
        wanted = collections.Counter(kinds[k] for k in ops["kind"][:])
        failed = int((ops["result"][:] != 0).sum())
        left_out = dict(zip(file["tracks/kind_name"].asstr()[:], file["tracks/dropped"][:]))
        spans = file["spans/begin"].shape[0]
        check(spans == sum(file["tracks/kept"][:]), f"{name}: as many spans as are said to be there")
        check(all(k <= 20000 for k in file["tracks/kept"][:]), f"{name}: bounded")
    there = collections.Counter(e["name"] for e in events if e["ph"] == "X" and e["cat"] == "operation")
    if left_out["device"] == 0:
        check(there == wanted, f"{name}: operations {there}, in the file {wanted}")
    check(sum(e["ph"] == "X" for e in events) == spans, f"{name}: a span of the file is one of the timeline")
    check(sum(e["ph"] == "i" and e["s"] == "t" for e in events) == failed, f"{name}: what failed is marked")
    check(any(e["ph"] == "C" and e["name"].endswith("free pages") for e in events), f"{name}: free pages are counted")
    check(any(e["ph"] == "C" and e["name"].endswith("watermarks") for e in events), f"{name}: watermarks are drawn")
    holds = [e for e in events if e["ph"] == "X" and e["cat"] == "hold"]
    check(holds, f"{name}: somebody holds a lock")


def test_several(folder):
    small = [os.path.join(SCENARIOS, "quickstart.toml"), "--set", "hotplug.0.size=4GiB", "--set", "hotplug.1.size=4GiB"]
    out = os.path.join(folder, "compared")
    trace = os.path.join(folder, "compared.json")
    plain = expect(0, "compare", *small).stdout
    check(expect(0, "compare", *small, "-o", out, "--timeline", trace).stdout == plain, "a comparison is the same with a timeline")
    events = valid(read(trace), "compare")
    titles = [e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "process_name"]
    check(any("(boot_memory)" in t for t in titles) and any("(hotplugged_range)" in t for t in titles), f"a process a placement: {titles}")
    files = [os.path.join(out, f"{p}-r0.h5") for p in ("boot_memory", "hotplugged_range")]
    check(expect(0, "timeline", *files).stdout == read(trace), "two files give what compare gives")


def test_hostile(folder):
    """Whatever a name is, it comes back from the JSON."""
    base = read(os.path.join(SCENARIOS, "quickstart.toml"))
    for i, name in enumerate(['a "quoted" \\ name', "</script><b>&amp;", "tab\\tand\\nnewline", "Gr\u00fc\u00dfe \u2028 \U0001f4be", "\\u0001\\u001f"]):
        path = os.path.join(folder, f"hostile-{i}.toml")
        lines = [line for line in base.splitlines() if not line.startswith("name")]
        text = "\n".join([f'name = "{name}"' if "\\" in name and '"' not in name else "name = " + json.dumps(name, ensure_ascii=False), *lines])
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("machine = \"../", f'machine = "{SCENARIOS}/../').replace("costs = \"../", f'costs = "{SCENARIOS}/../'))
        trace = os.path.join(folder, f"hostile-{i}.json")
        result = call("run", path, "--set", "hotplug.0.size=1GiB", "--set", "hotplug.1.size=1GiB", "--timeline", trace)
        if result.returncode == 3:
            continue  # a name that a scenario may not have
        check(result.returncode == 0, f"{name!r}: {result.stderr}")
        events = valid(read(trace), f"name {name!r}")
        titles = [e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "process_name"]
        wanted = json.loads(f'"{name}"') if "\\" in name and '"' not in name else name
        check(titles[0].startswith(wanted + " ("), f"{wanted!r} became {titles[0]!r}")


def test_refusals(folder):
    run_file = os.path.join(folder, "quickstart.h5")
    trace = os.path.join(folder, "quickstart.json")
    before = read(trace)
    for args in (["timeline", run_file, "-o", trace],
                 ["run", os.path.join(SCENARIOS, "small-guest.toml"), "--timeline", trace],
                 ["timeline", run_file, "-o", os.path.join(folder, "none/x.json")]):
        result = expect(5, *args)
        check(len(result.stderr.strip().splitlines()) == 1, f"one line: {result.stderr}")
    check(read(trace) == before, "what is there stays")
    expect(0, "timeline", run_file, "-o", trace, "--force")
    broken = os.path.join(folder, "broken.h5")
    with open(run_file, "rb") as file:
        content = bytearray(file.read())
    content[len(content) // 2] ^= 1
    with open(broken, "wb") as file:
        file.write(content)
    for path in (broken, os.path.join(SCENARIOS, "quickstart.toml"), os.path.join(folder, "none.h5")):
        result = expect(4, "timeline", path, "-o", os.path.join(folder, "not.json"))
        check(path in result.stderr, f"the file is named: {result.stderr}")
        check(not os.path.exists(os.path.join(folder, "not.json")), "nothing is left")
    study = os.path.join(folder, "made.toml")
    with open(study, "w", encoding="ascii") as file:
        file.write(f'name = "s"\nscenario = "{SCENARIOS}/small-guest.toml"\nreplicates = 1\n[[axis]]\nname = "size"\n'
                   'key = "hotplug.0.size"\nvalues = ["128MiB"]\n')
    expect(0, "sweep", study, "-o", os.path.join(folder, "swept"))
    files = [os.path.join(where, f) for where, _, names in os.walk(os.path.join(folder, "swept")) for f in names if f.endswith(".h5")]
    check("no run file" in expect(4, "timeline", files[0]).stderr, "a file of a sweep is none of a run")
    check([f for f in os.listdir(folder) if "partial" in f] == [], "no unfinished file")


def main():
    test_checker()
    with tempfile.TemporaryDirectory() as folder:
        for test in (test_scenarios, test_several, test_hostile, test_refusals):
            test(folder)
    print("all held" if not failures else f"{len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
