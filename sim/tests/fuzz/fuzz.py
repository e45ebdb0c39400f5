#!/usr/bin/env python3
"""Runs the targets of libFuzzer, a line each: executions, executions a second, crashes, memory at its peak.
Arguments: the program fuzz_readers, a folder for what is found, seconds for each target, names of targets (default: all).

What a target finds to be new goes to FOLDER/corpus/TARGET and is where the next run begins; an input that crashes it goes to
FOLDER/crashes/TARGET, with the command that repeats the crash. Exit code 1 if there was any."""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

MOST_BYTES = 65536
SECONDS_FOR_ONE = 20
MEGABYTES = 3000


def environment(target, **more):
    return {**os.environ, "MHP_FUZZ_TARGET": target, **more,
            "ASAN_OPTIONS": "detect_leaks=1:allow_addr2line=1:" + os.environ.get("ASAN_OPTIONS", ""),
            "UBSAN_OPTIONS": "allow_addr2line=1:print_stacktrace=1:halt_on_error=1"}


def names(program):
    without = {k: v for k, v in os.environ.items() if k != "MHP_FUZZ_TARGET"}
    listed = subprocess.run([program], env=without, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    return re.findall(r"^ *(\w+)", listed, re.M)


def statistic(log, name):
    found = re.search(rf"^stat::{name}: +(\d+)", log, re.M)
    return int(found.group(1)) if found else 0


def fuzz(program, folder, seconds, target):
    """What came of one target."""
    corpus, seeds, crashes = (os.path.join(folder, kind, target) for kind in ("corpus", "seeds", "crashes"))
    for path in (corpus, seeds, crashes):
        os.makedirs(path, exist_ok=True)
    subprocess.run([program], env=environment(target, MHP_FUZZ_SEEDS=seeds), stdin=subprocess.DEVNULL, check=True)
    before = set(os.listdir(crashes))
    begun = time.monotonic()
    done = subprocess.run([program, corpus, seeds, f"-max_total_time={seconds}", f"-max_len={MOST_BYTES}",
                           f"-timeout={SECONDS_FOR_ONE}", f"-report_slow_units={SECONDS_FOR_ONE}",
                           f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={crashes}/",
                           "-print_final_stats=1", "-verbosity=1"],
                          env=environment(target), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, errors="replace")
    with open(os.path.join(folder, target + ".log"), "w", encoding="utf-8") as log:
        log.write(done.stderr)
    found = sorted(set(os.listdir(crashes)) - before)
    executions = statistic(done.stderr, "number_of_executed_units") or max(
        (int(n) for n in re.findall(r"^#(\d+)\s", done.stderr, re.M)), default=0)
    return {"target": target, "executions": executions, "seconds": round(time.monotonic() - begun, 1),
            "crashes": [os.path.join(crashes, name) for name in found], "failed": done.returncode != 0,
            "peak_rss_mb": statistic(done.stderr, "peak_rss_mb")}


def main():
    program, folder, seconds, *wanted = sys.argv[1:]
    program = os.path.abspath(program)
    known = names(program)
    for name in wanted:
        if name not in known:
            sys.exit(f"no target '{name}'; known: {', '.join(known)}")
    results = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        for work in concurrent.futures.as_completed([pool.submit(fuzz, program, folder, seconds, t) for t in wanted or known]):
            r = work.result()
            results.append(r)
            print(f"{r['target']:24} {r['executions']:>10} executions {r['executions'] / max(r['seconds'], 0.1):>8.0f}/s "
                  f"{len(r['crashes'])} crashes, peak {r['peak_rss_mb']} MB", flush=True)
            for path in r["crashes"]:
                print(f"  MHP_FUZZ_TARGET={r['target']} {program} {path}")
            if r["failed"] and not r["crashes"]:
                print(f"  ended with an error: {folder}/{r['target']}.log")
    total = sum(r["executions"] for r in results)
    crashes = sum(len(r["crashes"]) for r in results)
    print(f"{total} executions of {len(results)} targets, {crashes} crashes")
    with open(os.path.join(folder, "results.json"), "w", encoding="ascii") as file:
        json.dump(sorted(results, key=lambda r: r["target"]), file, indent=1)
    return 1 if any(r["failed"] for r in results) else 0


sys.exit(main())
