#!/usr/bin/env python3
"""Writes page events of a recorded session as text of ftrace.

    make_sample.py CAPTURE.json [EVENTS] > TRACE.txt

CAPTURE is a recording of analysis/validation/captures whose steps hold a `trace`: runs of frames of one kind of event,
in the order in which the kernel logged them on the hot-added node. `A` is mm_page_alloc, `F` is mm_page_free; the other
events of the log (lists and drains) are not part of what is replayed. The capture has no times and no GFP flags: events
are 1 us apart, and the flags are those of anonymous memory (movable) or page tables (unmovable), which is what the
recorded process asked for.
"""
import json
import re
import sys

FLAGS = {0: "GFP_KERNEL_ACCOUNT|__GFP_ZERO", 1: "GFP_HIGHUSER_MOVABLE|__GFP_ZERO", 2: "GFP_KERNEL|__GFP_RECLAIMABLE"}


def frames(run):
    start, count, step = (int(x) for x in (run.split(":") + ["1", "1"])[:3])
    return range(start, start + count * step, step)


def events(capture):
    for step in capture["steps"]:
        for entry in step.get("trace", []):
            key, runs = entry.split(" ", 1)
            kind, order, migratetype, cpu = re.match(r"([A-Z])(\d+)(?:m(\d))?[^c]*c(\d+)", key).groups()
            if kind not in "AF":
                continue
            for run in runs.split():
                for pfn in frames(run):
                    yield kind, int(order), int(migratetype or 0), int(cpu), pfn


def main():
    capture = json.load(open(sys.argv[1]))
    most = int(sys.argv[2]) if len(sys.argv) > 2 else sys.maxsize
    print("# tracer: nop")
    print(f"# {capture['name']}: {capture['kernel_version'].split(' (')[0]}, node 1")
    print("#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION")
    for i, (kind, order, migratetype, cpu, pfn) in enumerate(events(capture)):
        if i == most:
            break
        head = f"            init-1       [{cpu:03}] .....  {i // 1000000}.{i % 1000000:06}:"
        if kind == "A":
            flags = FLAGS[migratetype] if order == 0 else "GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO"
            print(f"{head} mm_page_alloc: page=(____ptrval____) pfn={pfn:#x} order={order} "
                  f"migratetype={migratetype} gfp_flags={flags}")
        else:
            print(f"{head} mm_page_free: page=(____ptrval____) pfn={pfn:#x} order={order}")


main()
