"""Documents of schema mhpsim-report/1 for tests of the page: small ones in which everything occurs, and one that means harm."""
import copy

SECOND = 10**9
GIB = 2**30
HOSTILE = "</script><script>window.harm = 1</script><img src=x onerror='window.harm = 1'>\"'`${window.harm = 1}\u202eRTL\u0000\u0007 \U0001f600 {{data}}"


def made(config="scenario.toml"):
    return {"program": "0.1.0", "model": "10", "configs": [{"file": config, "text": 'name = "small"\n'}],
            "commands": [f"mhpsim compare {config} -o results", "mhpsim report results -o report.html"],
            "inputs": [{"file": "boot_memory-r0.h5", "crc32": "60d38aa0", "run_id": "0f14c32dd1c4aa01"}], "notes": []}


def metric(name, unit, better, values, diff, headline=False):
    names = ["boot_memory", "hotplugged_range"]
    return {"name": name, "phase": "run", "unit": unit, "better": better, "definition": "what `it` is", "headline": headline,
            "values": {n: v and {"value": v[1], "lo": v[0], "hi": v[2], "n": 3} for n, v in zip(names, values)}, "diff": {names[1]: diff}}


def run(name, of):
    end = 20 * SECOND + of * 9 * SECOND
    head = 8192 * 4 if of else 0
    times = [end * i // 40 for i in range(41)]
    free = [60_000_000 - (40_000 * i if of == 0 else 0) for i in range(41)]
    online = [{"kind": "online", "node": 0, "result": "ok", "count": 2, "block": 16 + 2 * i, "last_block": 17 + 2 * i, "submitted": 2 * SECOND,
               "started": (3 + i) * SECOND, "finished": (4 + i) * SECOND, "busy": SECOND - 9, "longest": [(3 + i) * SECOND, (3 + i) * SECOND + 7]} for i in range(2)]
    return {
        "placement": name, "replicate": 0, "seed": 1, "end": end, "operations_all": 6,
        "operations": [{"kind": "add", "node": 0, "result": "ok", "count": 1, "device": 0, "submitted": 2 * SECOND, "started": 2 * SECOND, "finished": 3 * SECOND,
                        "busy": SECOND, "longest": [2 * SECOND, 3 * SECOND]}, *online,
                       {"kind": "online", "node": 0, "result": "EBUSY", "reason": "isolated pages", "count": 1, "block": 20, "submitted": 6 * SECOND, "started": 6 * SECOND,
                        "finished": 7 * SECOND, "busy": SECOND, "longest": [6 * SECOND, 7 * SECOND]}],
        "memory": [{"node": 0, "zone": zone, "time": times, "free": [f // part for f in free], "min": [900] * 41, "low": [1100] * 41, "high": [1300] * 41,
                    "managed": [61_000_000 // part] * 41} for zone, part in (("Normal", 1), ("Movable", 2))],
        "map": {"page_bytes": 4096, "section_bytes": 2**27, "block_pages": 524288, "runs": [
            {"start_pfn": 0, "pages": 2**23, "node": 0, "kind": "boot", "state": "online", "zone": "Normal", "count": 1, "memmap_pages": 2**17, "memmap_node": 0,
             "memmap_zone": "Normal", "head_pages": 0},
            {"start_pfn": 2**24, "pages": 524288 * 4, "node": 0, "kind": "hot_added", "state": "online", "zone": "Movable", "block": 32, "count": 4, "memmap_pages": 8192 * 4,
             "memmap_node": 0, "memmap_zone": "Movable" if of else "Normal", "head_pages": head, "memmap_owner": "own_head" if of else "boot_memory", "online_at": [3 * SECOND, 5 * SECOND]}]},
        "topology": {"nodes": [{"node": i, "cpus": 8 * (1 - i // 2), "boot_bytes": 32 * GIB, "added_bytes": 8 * GIB * (i == 0), "latency": 85, "bandwidth": 113 * 10**9} for i in range(3)],
                     "links": [{"from": 0, "to": i, "latency": 55, "bandwidth": 41 * 10**9} for i in (1, 2)]},
        "traffic": [{"name": "node0", "kind": "controller", "from": 0, "to": 0, "capacity": 113 * 10**9, "bytes": 900 * GIB, "kernel_bytes": 200 * GIB, "busy": 7 * SECOND},
                    {"name": "link0-1", "kind": "link", "from": 0, "to": 1, "capacity": 41 * 10**9, "bytes": 150 * GIB, "kernel_bytes": 100 * GIB, "busy": 4 * SECOND}],
        "series": {"time": times, "curves": [
            {"name": "pgsteal_kswapd", "unit": "page", "kind": "counter", "definition": "pages reclaimed", "last": [i * 1000 for i in range(41)]},
            {"name": "bandwidth", "of": "node0", "unit": "byte/s", "kind": "rate", "definition": "traffic", "last": [GIB * (i % 7) for i in range(41)], "min": [0] * 41, "max": [GIB * 9] * 41}]},
        "latency": [{"workload": "steady", "lo": [2**i for i in range(8, 16)], "hi": [2**(i + 1) for i in range(8, 16)], "count": [0, 10, 500, 3000, 900, 40, 1, 0]}],
    }


def comparison():
    names = ["boot_memory", "hotplugged_range"]
    totals = [20 * SECOND + 420_000_000, 29 * SECOND + 420_000_000]
    steps = [{"kind": "count", "phase": "online", "name": "contiguity_check", "time": 9_129_000_000, "units_from": 133_694_464, "units_to": 267_388_928, "each_from_ps": 68280, "each_to_ps": 68280},
             {"kind": "price", "phase": "online", "name": "contiguity_check", "time": 1_000_000, "units_from": 1, "units_to": 1, "each_from_ps": 1, "each_to_ps": 2},
             {"kind": "count", "phase": "add", "name": "struct_page_next", "time": -130_000_000, "units_from": 8388608, "units_to": 16376, "each_from_ps": 7015, "each_to_ps": 7015}]
    rows = [("contiguity_check", "fitted", 3), ("struct_page_init", "assumed", 2), ("training", "choice", 1)]
    def part(name, value):
        times = [value // 2, value // 3, value - value // 2 - value // 3]
        return {"placement": name, "metric": "time_to_usable", "value": value, "rows": [
            {"phase": "online", "kind": "work", "name": row, "units": 1000, "time": t, "own": t // 2, "stall": t - t // 2, "contention": 0, "basis": basis} for t, (row, basis, _) in zip(times, rows)]}
    parts = [part(*pair) for pair in zip(names, totals)]
    return {
        "schema": "mhpsim-report/1", "kind": "comparison", "title": "small", "question": "Where should the memmap live?", "page_bytes": 4096, "made": made(),
        "answer": ["hotplugged_range is 9 s later.", "It takes no boot memory."], "headline": "time_to_usable", "baseline": "boot_memory",
        "placements": [{"name": n, "outcome": "ok", "reason": "", "fingerprint": "035f911156075269", "run_id": "0f14c32dd1c4aa01", "replicates": 3, "seed": 1} for n in names],
        "metrics": [metric("time_to_usable", "ns", "lower", [(totals[0] - 5, totals[0], totals[0] + 5), (totals[1] - 5, totals[1], totals[1] + 5)],
                           {"abs": 9 * SECOND, "rel": 0.44, "lo": 9 * SECOND - 9, "hi": 9 * SECOND + 9, "significant": True}, True),
                    metric("time_to_add", "ns", "lower", [(1, 2, 3), (1, 2, 3)], {"abs": 0, "rel": 0, "lo": 0, "hi": 0, "significant": False}),
                    metric("usable_bytes", "byte", "higher", [None, (GIB, GIB, GIB)], None),
                    metric("workload_latency_mean", "ns", "lower", [(1100, 1200, 1300), (1150, 1260, 1370)], {"abs": 60, "rel": 0.05, "lo": -30, "hi": 150, "significant": False}),
                    metric("huge_pages_free", "1", "higher", [(5, 5, 5), (6, 6, 6)], {"abs": 1, "rel": 0.2, "lo": 1, "hi": 1, "significant": True})],
        "metrics_zero": ["oom_kills"], "runs": [run(n, i) for i, n in enumerate(names)],
        "reasons": [{"metric": "time_to_usable", "from": {"placement": names[0], "value": totals[0]}, "to": {"placement": names[1], "value": totals[1]}, "difference": 9 * SECOND, "steps": steps}],
        "parts": parts, "resting": [{"placement": p["placement"], "metric": "time_to_usable", "by_basis": {r["basis"]: r["time"] for r in p["rows"]}} for p in parts],
        "assumptions": [{"name": "costs.rcu_grace_period", "value": "10000000", "unit": "ns", "basis": "assumed", "source": "four ticks", "low": "5000000", "high": "30000000", "data": ["D1"],
                         "share": {names[0]: 0.4, names[1]: 0.0001}}],
    }


def study(sizes, blocks=0):
    """A study of sizes (crossed with block sizes) and two placements, in which one placement fails at the largest size."""
    levels = max(1, blocks)
    dims = [{"name": "size", "size": sizes}] + ([{"name": "memory_block_size", "size": blocks}] if blocks else []) + [{"name": "memmap_placement", "size": 2}]
    axes = [{"name": "size", "dim": 0, "unit": "byte", "numeric": True, "values": [GIB * (i + 1) for i in range(sizes)], "doc": ""}]
    if blocks:
        axes.append({"name": "memory_block_size", "dim": 1, "unit": "byte", "numeric": True, "values": [2**27 << j for j in range(blocks)], "doc": ""})
    axes.append({"name": "memmap_placement", "dim": len(dims) - 1, "unit": "1", "numeric": False, "values": ["boot_memory", "hotplugged_range"], "doc": ""})
    mean, outcome, diff = [], [], []
    for i in range(sizes):
        for j in range(levels):
            pair = [None if i == sizes - 1 else (i + 1) * 10**8 + j * 10**7, (i + 1) * 5 * 10**7 + 2 * 10**8]
            mean += pair
            outcome += ["enomem" if pair[0] is None else "ok", "ok"]
            diff += [None if pair[0] is None else 0, None if pair[0] is None else pair[1] - pair[0]]
    crossings = [{"at": [None, j, None] if blocks else [None, None], "low": 3 * GIB, "high": 4 * GIB, "x": 7 * GIB // 2, "before": "boot_memory", "after": "hotplugged_range", "sure": True} for j in range(levels)]
    return {"schema": "mhpsim-report/1", "kind": "study", "title": "growth", "question": "How far?", "answer": ["So far."], "page_bytes": 4096, "made": made("study.toml"), "headline": "time_to_usable",
            "study": {"status": "complete", "runs": {"complete": len(mean)}, "replicates": 1, "dims": dims, "axes": axes, "outcome": outcome,
                      "metrics": [{"name": "time_to_usable", "phase": "run", "unit": "ns", "better": "lower", "definition": "until usable", "headline": True, "mean": mean},
                                  {"name": "free_pages_min", "phase": "run", "unit": "page", "better": "higher", "definition": "least free", "mean": [7 * n for n in range(len(mean))]}],
                      "constant": [{"name": "oom_kills", "unit": "1", "value": 0}], "left_out": [], "baseline": {"axis": len(axes) - 1, "level": 0},
                      "compare": [{"metric": "time_to_usable", "diff": diff, "significant": [None if d is None else 1 for d in diff]}],
                      "break_even": [{"metric": "time_to_usable", "axis": 0, "level": 1, "crossings": crossings}]}}


def sample(points):
    """A sampled study: two axes vary together."""
    document = study(points)
    document["study"]["axes"].insert(1, {"name": "intensity", "dim": 0, "unit": "1", "numeric": True, "values": [(i * 37) % 100 for i in range(points)], "doc": ""})
    document["study"]["baseline"]["axis"] = 2
    del document["study"]["break_even"]
    return document


def answer():
    document = study(6)
    document["kind"] = "answer"
    points = [{"value": GIB * (i + 1), "verdict": "holds" if i < 4 else "fails", "replicates": 1} for i in range(6)]
    document["plan"] = {"schema": "mhpsim-plan/1", "find": "largest", "key": {"key": "hotplug.0.size", "unit": "byte", "from": GIB, "to": 6 * GIB, "step": GIB}, "objectives": ["outcome == ok"],
                        "budget": 200, "runs": 6, "status": "answered", "answers": [{"at": {"memmap_placement": "boot_memory"}, "status": "answered", "sentence": "the largest is 4GiB", "value": 4 * GIB,
                                                                                    "fails": 5 * GIB, "binding": ["outcome == ok"], "points": points}]}
    return document


def bare():
    """A run whose file holds next to nothing."""
    return {"schema": "mhpsim-report/1", "kind": "run", "title": "bare", "question": "What is there?", "answer": [], "page_bytes": 0, "made": {"program": "0.1.0", "model": "10"},
            "placements": [{"name": "boot_memory", "outcome": "ok", "reason": "", "seed": 1}], "metrics": [], "runs": [{"placement": "boot_memory", "replicate": 0, "seed": 1, "end": 5, "operations": []}]}


def hostile():
    """A comparison whose every text that a user can choose means harm; keys of placements are renamed alike everywhere."""
    document = copy.deepcopy(comparison())
    kept = {"kind", "unit", "better", "basis", "schema", "zone_of", "state"}

    def spoil(value, key=""):
        if isinstance(value, dict):
            return {(HOSTILE + k if k in ("boot_memory", "hotplugged_range") else k): spoil(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [spoil(v, key) for v in value]
        return HOSTILE + value if isinstance(value, str) and key not in kept else value

    return spoil(document)
