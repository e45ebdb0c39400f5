"""What result files must show to whoever opens them: one list, held against every reader that this machine has.

A group has axes (name, unit, type) and variables (name: axes, unit, type). Types: i (whole numbers), f (real numbers), u
(flags), s (texts)."""

TIME, NODE, ZONE = ("time", "ns", "i"), ("node", "1", "i"), ("zone", "1", "s")
ZONES = ("time", "node", "zone")


def table(axis, **columns):
    """Columns along one axis; each is 'type unit'."""
    return {name: ((axis,), *text.split()[::-1]) for name, text in columns.items()}


RUN = {
    "zones": ([TIME, NODE, ZONE],
              {n: (ZONES, "page", "i") for n in ("nr_free_pages", "spanned_pages", "present_pages", "managed_pages",
                                                 "min", "low", "high", "boost", "pcp")}),
    "buddy": ([TIME, NODE, ZONE, ("order", "1", "i")],
              {"free_blocks": ((*ZONES, "order"), "1", "i"),
               **{n: ((*ZONES, "order"), "1", "f") for n in ("fragmentation_index", "unusable_free_index")}}),
    "memmap": ([("block", "1", "i")],
               table("block", start_pfn="i page", pages="i page", memmap_pages="i page", memmap_node="i 1",
                     memmap_zone="u 1", placement="u 1", init_start="i ns", online_at="i ns", unusable_pages="i page")),
    "hotplug": ([("op", "1", "i")],
                table("op", kind="u 1", device="i 1", block="i 1", node="i 1", submitted="i ns", started="i ns",
                      finished="i ns", result="u 1", failure_reason="s 1")),
    "ledger": ([("metric", "1", "s"), ("row", "1", "i")],
               {**table("row", phase="s 1", kind="s 1", name="s 1", memory="i 1", cpu="i 1", own_rests_on="s 1",
                        stall_rests_on="s 1", contention_rests_on="s 1"),
                "units": (("metric", "row"), "1", "i"),
                **{n: (("metric", "row"), "ns", "i") for n in ("time", "own", "stall", "contention")}}),
    "provenance": ([("param", "1", "i"), ("override", "1", "i")],
                   {"overrides": (("override",), "1", "s"),
                    **table("param", name="s 1", value="s 1", unit="s 1", source="s 1", basis="s 1", low="s 1",
                            high="s 1", data="s 1", linux_name="s 1"),
                    "resolved_config": ((), "1", "s"), "source_config": ((), "1", "s")}),
}

# What every run reports, whatever its machine and load.
METRICS = {"time_to_add": "ns", "time_to_online": "ns", "time_to_usable": "ns", "memmap_pages_boot": "page",
           "memmap_pages_range": "page", "page_table_pages": "page", "mem_total_delta": "byte", "mem_free_delta_add": "page",
           "mem_free_delta_run": "page", "usable_bytes": "byte", "contiguity_checks": "1", "free_pages_min": "page",
           "psi_some": "ns", "zone_lock_wait": "ns"}

PAGES = ("pgscan_kswapd", "pgscan_direct", "pgscan_anon", "pgscan_file", "pgsteal_kswapd", "pgsteal_direct", "pgsteal_anon",
         "pgsteal_file", "pgactivate", "pgdeactivate", "pgrefill", "nr_vmscan_write", "pswpin", "pswpout",
         "workingset_refault_anon", "workingset_refault_file", "workingset_activate_anon", "workingset_activate_file",
         "compact_migrate_scanned", "compact_free_scanned", "compact_isolated", "pgmigrate_success", "pgmigrate_fail",
         "pgdemote_kswapd", "pgdemote_direct", "pgpromote_success")
TIMES = ("slabs_scanned", "allocstall", "pageoutrun", "drop_pagecache", "oom_kill", "compact_stall", "compact_success",
         "compact_fail", "compact_daemon_wake", "numa_hint_faults", "thp_fault_alloc", "thp_fault_fallback")


def with_extremes(name, *rest):
    return {name + suffix: rest for suffix in ("", "_min", "_max")}


RECORDING = {
    "series": ([TIME, NODE, ZONE, ("lock", "1", "s"), ("resource", "1", "s"), ("workload", "1", "s")],
               {**with_extremes("nr_free_pages", ZONES, "page", "i"),
                **{n: (ZONES, "page", "i") for n in ("managed_pages", "wmark_min", "wmark_low", "wmark_high")},
                **{n: (("time",), "page", "i") for n in (*PAGES, "nr_memmap_pages")},
                **{n: (("time",), "1", "i") for n in (*TIMES, "sections_added", "blocks_onlined")},
                "psi_some": (("time",), "ns", "i"), "psi_full": (("time",), "ns", "i"),
                **with_extremes("psi_stalled", ("time",), "1", "i"),
                "lock_wait": (("time", "lock"), "ns", "i"), **with_extremes("lock_waiters", ("time", "lock"), "1", "i"),
                "moved": (("time", "resource"), "byte", "f"),
                **with_extremes("bandwidth", ("time", "resource"), "byte/s", "f"),
                "operations": (("time", "workload"), "1", "i"), "latency_sum": (("time", "workload"), "ns", "i")}),
    "latency": ([("workload", "1", "s"), ("bin", "ns", "i")],
                {"bin_end": (("bin",), "ns", "i"), "operations": (("workload", "bin"), "1", "i"),
                 "latency_max": (("workload",), "ns", "i"), "latency_sum": (("workload",), "ns", "i")}),
    "sections": ([("run", "1", "i")],
                 table("run", start_pfn="i page", pages="i page", kind="u 1", state="u 1", node="i 1", block="i 1",
                       zone="u 1", memmap_pages="i page", memmap_pfn="i page", memmap_node="i 1", memmap_zone="u 1",
                       memmap_owner="u 1")),
    "traffic": ([("resource", "1", "s")],
                table("resource", kind="u 1", **{"from": "i 1"}, to="i 1", capacity="i byte/s", moved="f byte",
                      moved_by_kernel="f byte", busy="i ns")),
    "tracks": ([("track", "1", "i"), ("kind_name", "1", "s")],
               {**table("track", kind="u 1", name="s 1", lane="i 1", node="i 1", device="i 1"),
                **table("kind_name", kept="i 1", dropped="i 1", dropped_time="i ns")}),
    "spans": ([("span", "1", "i")],
              table("span", track="i 1", name="u 1", kind="u 1", depth="i 1", begin="i ns", end="i ns", device="i 1",
                    block="i 1", pages="i page", units="i 1", by="i 1", result="u 1")),
}

# mhpsim-run/1 had its metrics in a table.
TABLE_OF_METRICS = ([("metric", "1", "i")], table("metric", name="s 1", phase="s 1", unit="s 1", better="s 1",
                                                  definition="s 1", value="f 1"))


def expected(schema):
    """Groups of a file of a schema, as far as they are the same in each."""
    if schema == "mhpsim-run/1":
        return {**RUN, "metrics": TABLE_OF_METRICS}
    if schema == "mhpsim-run/2":
        return {**RUN, **RECORDING, "metrics": ([], {name: ((), unit, "f") for name, unit in METRICS.items()})}
    raise ValueError(schema)


def expected_study(axes, replicated, baseline, metrics):
    """Groups of a study file; `axes`: its own (name, unit, type); `metrics`: names and units."""
    replicate = ("replicate", "1", "i")
    points, runs = tuple(a[0] for a in axes), (*(a[0] for a in axes), "replicate")
    groups = {
        "runs": ([*axes, replicate], {"run_id": (runs, "1", "i"), "status": (runs, "1", "u"), "outcome": (runs, "1", "u"),
                                      "fingerprint": (runs, "1", "i")}),
        "results": ([*axes, replicate], {m: (runs, unit, "f") for m, unit in metrics.items()}),
        "provenance": ([("metric", "1", "i")],
                       {**table("metric", name="s 1", phase="s 1", unit="s 1", better="s 1", definition="s 1"),
                        "study_config": ((), "1", "s")}),
    }
    if replicated:
        groups["results_ci"] = (axes, {f"{m}{s}": (points, unit if s != "_n" else "1", "f" if s != "_n" else "i")
                                       for m, unit in metrics.items() for s in ("_mean", "_lo", "_hi", "_n")})
    if baseline:
        groups["compare"] = (axes, {f"{m}{s}": (points, "1" if s in ("_p", "_significant") else unit,
                                                "u" if s == "_significant" else "f")
                                    for m, unit in metrics.items() for s in ("_diff", "_lo", "_hi", "_p", "_significant")})
    return groups
