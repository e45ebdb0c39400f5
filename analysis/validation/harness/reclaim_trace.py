"""What reclaim and compaction do between two moments: tracepoints aggregated in the guest's kernel, and with them its page
allocations. An event is `[KEYS, times]`, with the sums of its values if it has any."""

import re

import page_allocations

EVENTS = "/sys/kernel/tracing/events/"
WHO = "common_pid.execname"
# event -> (keys, values that are summed up)
WATCHED = {
    "vmscan/mm_vmscan_wakeup_kswapd": ("order", ""),
    "vmscan/mm_vmscan_kswapd_wake": ("order", ""),
    "vmscan/mm_vmscan_direct_reclaim_begin": (f"{WHO},order", ""),
    "vmscan/mm_vmscan_direct_reclaim_end": (WHO, "nr_reclaimed"),
    "vmscan/mm_vmscan_lru_shrink_inactive": (f"{WHO},priority", "nr_scanned,nr_reclaimed"),
    "compaction/mm_compaction_try_to_compact_pages": (f"{WHO},order,prio", ""),
    "compaction/mm_compaction_end": (f"{WHO},status", ""),
    "compaction/mm_compaction_finished": ("order,ret", ""),
    "compaction/mm_compaction_suitable": ("order,ret", ""),
    "compaction/mm_compaction_defer_compaction": ("order", ""),
    "compaction/mm_compaction_deferred": ("order", ""),
    "oom/reclaim_retry_zone": ("order,no_progress_loops,wmark_check", ""),
    "oom/compact_retry": ("order,result,ret", ""),
}
# A failed allocation has a frame of all ones.
SUCCEEDED = " if pfn < 0x1000000000000"
MOST_ROWS = 60
SECONDS = 600


def _trigger(event):
    keys, values = WATCHED[event]
    return f"hist:keys={keys}{f':vals={values}' if values else ''}:size=256"


def begin(guest):
    page_allocations.begin(guest, SUCCEEDED)
    refused = [event for event in WATCHED
               if any(line.startswith("@R rc=-")
                      for line in guest.command(f"w {EVENTS}{event}/trigger {_trigger(event)}", SECONDS)[1])]
    return {"result": {"rejected": refused}}


def end(guest):
    result, events = page_allocations.end(guest, SUCCEEDED), {}
    for event in WATCHED:
        path = f"{EVENTS}{event}/hist"
        rows = histogram(guest.command(f"cat {path}", SECONDS)[0].get(path, ""))
        if rows:
            events[event.split("/")[1]] = rows[:MOST_ROWS]
        guest.command(f"w {EVENTS}{event}/trigger !{_trigger(event)}", SECONDS)
    return result | {"events": events}


def histogram(text):
    """Rows of a histogram, the most frequent first; a task is told by its name."""
    rows = []
    for keys, times, rest in re.findall(r"^\{ (.*?) *\} hitcount:\s*(\d+)(.*)$", text, re.MULTILINE):
        keys = re.sub(r"common_pid: (.+?)\s*\[\s*\d+\]", r"\1", keys)
        keys = ", ".join(re.sub(r":\s*", "=", key.strip(), count=1) if re.match(r"\w+:\s", key.strip()) else key.strip()
                         for key in keys.split(","))
        sums = {name: int(value) for name, value in re.findall(r"(\w+):\s*(-?\d+)", rest)}
        rows.append([keys, int(times), sums] if sums else [keys, int(times)])
    return sorted(rows, key=lambda row: -row[1])
