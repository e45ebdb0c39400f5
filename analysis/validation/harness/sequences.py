"""Steps of allocator sequences: single pages taken and given back in a scripted order, with the frames that came of it."""

import re

import kernel_files

FIRST_OF_NODE_1 = "0x100000"  # 4 GiB: where QEMU puts the first DIMM
ZONE_FIGURES = ("free", "boost", "min", "low", "high", "spanned", "present", "managed", "start_pfn")
CPU_LISTS = re.compile(r"cpu: (\d+)\s+count:\s+(\d+)\s+high:\s+(\d+)\s+batch:\s+(\d+)"
                       r"(?:\s+high_min:\s+(\d+)\s+high_max:\s+(\d+))?")
HUGE = re.compile(r"/sys/devices/system/node/node(\d+)/hugepages/hugepages-2048kB/(\w+)")


def run(recorder, line, answer):
    """A command whose answer may have frames (@P) and a log (@T)."""
    _, lines = recorder.guest.command(line, 600)
    result = {"result": answer(lines)}
    frames = [word for row in lines if row.startswith("@P ") for word in row[3:].split()]
    if frames:
        result["pfns"] = " ".join(frames)
    log = [row[3:] for row in lines if row.startswith("@T ")]
    if log:
        result["trace"] = log
    return result


def with_defaults(words, operation):
    """The words, and the defaults of those left out."""
    return [*words, *(word.default for word in operation.words[len(words):])]


def zones(zoneinfo):
    """The zones of nodes from 1 on that have memory, with the lists of each CPU."""
    found = []
    for text in re.split(r"(?m)^(?=Node \d+, zone)", zoneinfo):
        header = kernel_files.ZONE_HEADER.match(text)
        if not header or header[1] == "0":
            continue
        zone = {"node": int(header[1]), "zone": header[2]}
        for name in ZONE_FIGURES:
            figure = re.search(rf"(?m)^\s+(?:pages )?{name}:?\s+(\d+)$", text)
            if figure:
                zone[name] = int(figure[1])
        if zone.get("present"):
            zone["cpus"] = [_cpu(match) for match in CPU_LISTS.finditer(text)]
            zone["pcp"] = sum(cpu["count"] for cpu in zone["cpus"])
            found.append(zone)
    return found


def _cpu(match):
    names = ("cpu", "count", "high", "batch", "high_min", "high_max")
    return {name: int(value) for name, value in zip(names, match.groups()) if value is not None}


def free_by_type(pagetypeinfo):
    """Free blocks by order of each type that has any; ">100000" stays text."""
    found = []
    for node, zone, kind, counts in re.findall(r"(?m)^Node\s+(\d+), zone\s+(\S+), type\s+(\S+)\s+(.*)$", pagetypeinfo):
        numbers = [int(word) if word.isdigit() else word for word in counts.split()]
        if any(numbers):
            found.append({"node": int(node), "zone": zone, "type": kind, "nr_free": numbers})
    return found


def snapshot(files):
    """The `bsnapshot` of a capture."""
    text = lambda name: files.get("/proc/" + name, "")
    result = {"zones": zones(text("zoneinfo"))}
    places = {(zone["node"], zone["zone"]) for zone in result["zones"]}
    kept = lambda rows: [row for row in rows if (row["node"], row["zone"]) in places]
    result["buddy"] = kept(kernel_files.buddyinfo(text("buddyinfo")))
    result["pagetype"] = {"blocks": kept(kernel_files.pagetypeinfo(text("pagetypeinfo"))["blocks"]),
                          "free": kept(free_by_type(text("pagetypeinfo")))}
    for path, value in files.items():
        match = HUGE.match(path)
        if match and value.strip() != "0":
            result.setdefault("huge2M", {})[f"node{match[1]}.{match[2]}"] = int(value)
    return result
