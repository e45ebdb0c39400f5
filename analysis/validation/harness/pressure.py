"""Steps of memory under pressure: a disk with files and swap, processes, and counters that nothing is dropped before. A
step that is a command of the guest is recorded as `["cmd", LINE]`."""

import re

import kernel_files

SECONDS = 900  # that filling memory may take: an emulated guest that swaps is slow
# A block that takes longer than so many looks is not waited for.
LOOKS, LOOK_MS = 8, 1500
MEMORY = "/sys/devices/system/memory"
TOLD = re.compile(r"nr_free_pages|nr_(in)?active_\w+|nr_isolated_\w+|pg(scan|steal)_(direct|kswapd)|pgmigrate_\w+|pageoutrun|"
                  r"allocstall_movable")
FOLDER = "/d"  # where the disk is mounted; files f and g there are holes of 12 GiB


def snapshot(files, lines):
    """The `qsnapshot` of a step: counters that are not 0, of zones that have pages."""
    zones, nodes = kernel_files.zoneinfo(files["/proc/zoneinfo"])
    zones = [zone for zone in zones if zone.get("present")]
    there = {(zone["node"], zone["zone"]) for zone in zones}
    present = lambda rows: [row for row in rows if (row["node"], row["zone"]) in there]
    types = files["/proc/pagetypeinfo"]
    result = {"zones": zones, "node_stat": nodes, "buddy": present(kernel_files.buddyinfo(files["/proc/buddyinfo"])),
              "pagetype": {"blocks": present(kernel_files.pagetypeinfo(types)["blocks"]),
                           "free": kernel_files.free_by_type(types)},
              "meminfo_kB": _not_zero(kernel_files.meminfo(files["/proc/meminfo"], unstable=())),
              "vmstat": _not_zero({name: int(value) for name, value in
                                   (line.split() for line in files["/proc/vmstat"].splitlines())})}
    if "/proc/pressure/memory" in files:
        result["pressure_memory"] = files["/proc/pressure/memory"].strip().split("\n")
    areas = files.get("/proc/swaps", "").splitlines()[1:]
    if areas:
        result["swap_used_kB"] = sum(int(area.split()[3]) for area in areas)
    for line in lines:
        if line.startswith("@R mono_ns="):
            result["mono_ns"] = int(line.split("=")[1])
    told = processes(lines)
    return result | ({"kids": told} if told else {})


def processes(lines):
    return [line[3:] for line in lines if line.startswith("@K ")]


def _not_zero(figures):
    return {name: value for name, value in figures.items() if value}


def qsnap(recorder, words):
    files, lines = recorder.guest.command("qsnap", SECONDS)
    return {"qsnapshot": snapshot(files, lines)}


def kids(recorder, words):
    return {"kids": processes(recorder.guest.command("kids", SECONDS)[1])}


def setup(recorder, answer):
    swap = int(recorder.scenario.swap > 0)
    return {"op": ["setup", swap], "result": answer(recorder.guest.command(f"setup {swap}", SECONDS)[1])}


def command(recorder, line, answer):
    return {"op": ["cmd", line], "result": answer(recorder.guest.command(line, SECONDS)[1])}


def offline_watch(recorder, dimm, answer):
    """The DIMM's blocks go offline from its end, each by a process of its own, which is looked at: its kernel stack, and
    counters. Ends at the first that does not come back: a task that waits in reclaim cannot be interrupted."""
    guest, (first, last), watch = recorder.guest, recorder.blocks_of(dimm), []
    for block in range(last, first - 1, -1):
        started = answer(guest.command(f"bgput {MEMORY}/memory{block}/state offline", SECONDS)[1])
        for _ in range(LOOKS):
            guest.command(f"sleep {LOOK_MS}", SECONDS)
            watch.append(_look(guest, block, started))
            if "done=0" not in watch[-1]["kid"].split():
                break
        else:
            return {"watch": watch, "result": {"ok": _gone(watch), "unfinished": 1}}
    return {"watch": watch, "result": {"ok": _gone(watch), "unfinished": 0}}


def _look(guest, block, started):
    told = processes(guest.command("kids", SECONDS)[1])
    stack = "".join(guest.command(f"cat /proc/{started['pid']}/stack", SECONDS)[0].values())
    counters = dict(line.split() for line in guest.command("cat /proc/vmstat", SECONDS)[0]["/proc/vmstat"].splitlines())
    return {"block": block, "kid": next(line for line in told if line.startswith(f"{started['kid']} ")),
            "stack": [line.split("] ")[-1] for line in stack.splitlines() if line],
            "vmstat": _not_zero({name: int(value) for name, value in counters.items() if TOLD.fullmatch(name)})}


def _gone(watch):
    """Blocks that are offline: the last look at each says so."""
    return sum("done=1" in look["kid"].split() for look in watch)


def multi_generational(recorder, on, answer):
    line = f"w /sys/kernel/mm/lru_gen/enabled {'y' if on else 'n'}"
    return {"result": answer(recorder.guest.command(line, SECONDS)[1])}
