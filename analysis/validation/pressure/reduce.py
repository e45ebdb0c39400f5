#!/usr/bin/env python3
"""Reduces recordings of memory pressure to what `mhpsim verify pressure` and a person read.

    python3 reduce.py DESTINATION RECORDING.json ...

Keeps the format: a recording may be given to `mhpsim verify pressure` as it was taken, too. Leaves out boot messages,
the console, free pages by migrate type, page table and slab details, and most histograms of tracepoints.
"""
import json
import os
import re
import sys

HEAD = ["name", "what", "kernel", "kernel_version", "qemu_args", "cmdline", "outcome", "error"]
ZONE = ["node", "zone", "free", "pcp", "min", "low", "high", "present", "managed"]
VMSTAT = re.compile(r"nr_(free_pages|(in)?active_\w+|unevictable|mlock|isolated_\w+|slab_\w+|page_table_pages|kernel_stack|"
                    r"anon_pages|file_pages|mapped|shmem|dirty|writeback|swapcached)$|"
                    r"pg(scan|steal|rotated|activate|deactivate|refill|migrate)\w*$|pswp|compact_|allocstall|pageoutrun|"
                    r"oom_kill|workingset_(refault|activate|restore)|htlb_")
MEMINFO = ["MemTotal", "HugePages_Total", "HugePages_Free", "SwapTotal", "SwapFree"]
EVENTS = ["mm_vmscan_direct_reclaim_begin", "mm_vmscan_direct_reclaim_end"]
MESSAGES = re.compile(r"add_memory failed|alloc failure|oom-killer|Out of memory|panic")


def some(table, keys):
    return {k: table[k] for k in keys if table.get(k) is not None}


def snapshot(s):
    out = {"zones": [some(z, ZONE) for z in s["zones"]],
           "buddy": s.get("buddy", []),
           "meminfo_kB": some(s["meminfo_kB"], MEMINFO),
           "vmstat": {k: v for k, v in s["vmstat"].items() if VMSTAT.match(k)}}
    return out | some(s, ["mono_ns", "kids"])


def step(s):
    out = some(s, ["op", "wall_s", "result", "ost", "dimm", "first_block", "last_block", "kids", "text"])
    if "qsnapshot" in s:
        out["qsnapshot"] = snapshot(s["qsnapshot"])
    if "page_allocs" in s:
        out["page_allocs"] = {"hotplug": s["page_allocs"]["hotplug"]}
    events = some(s.get("events", {}), EVENTS)
    if events:
        out["events"] = events
    if "watch" in s:
        out["watch"] = [some(w, ["block", "kid", "stack"]) for w in s["watch"]]
    return out


def messages(run):
    lines = run.get("key_tail") or []
    kept = [line for line in lines if MESSAGES.search(line)]
    return {"key_tail": kept} if kept else {}


def reduced(d):
    out = some(d, HEAD) | messages(d)
    if "error" in out:
        out["error"] = out["error"].split("\n")[0][:200]
    out["repeats"] = []
    for r in d.get("repeats", []):
        one = some(r, ["outcome", "error"]) | messages(r) | {"steps": [step(s) for s in r["steps"]]}
        if "error" in one:
            one["error"] = one["error"].split("\n")[0][:200]
        out["repeats"].append(one)
    out["steps"] = [step(s) for s in d["steps"]]
    return out


def lines_of(steps, indent):
    return ",\n".join(indent + json.dumps(s, separators=(",", ":")) for s in steps)


def text(d):
    """One line a member, one a step, so that two recordings can be compared line by line."""
    parts = [f' {json.dumps(k)}: {json.dumps(v)}' for k, v in d.items() if k not in ("steps", "repeats")]
    repeats = []
    for r in d["repeats"]:
        members = [f'  {json.dumps(k)}: {json.dumps(v)}' for k, v in r.items() if k != "steps"]
        repeats.append(" {\n" + ",\n".join(members + ['  "steps": [\n' + lines_of(r["steps"], "   ") + "\n  ]"]) + "\n }")
    parts.append(' "steps": [\n' + lines_of(d["steps"], "  ") + "\n ]")
    parts.append(' "repeats": [' + ("\n" + ",\n".join(repeats) + "\n " if repeats else "") + "]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            made = text(reduced(json.load(file)))
        with open(os.path.join(sys.argv[1], os.path.basename(path)), "w", encoding="utf-8") as file:
            file.write(made)


if __name__ == "__main__":
    main()
